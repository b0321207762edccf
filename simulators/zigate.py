"""A ZiGate coordinator on a TCP port, for programs that insist on a radio before they start.

Speaks the ZiGate's serial protocol (https://zigate.fr/documentation/commandes-zigate/) as far as
zigbee-herdsman, which is Zigbee2MQTT's driver, asks of it: a frame is 0x01, then escaped the code,
the length, an exclusive-or of all else, the content and the signal strength, then 0x03.
"""

import asyncio
import struct
from collections.abc import Iterator
from functools import reduce
from operator import xor

START, ESCAPE, STOP = 0x01, 0x02, 0x03
STATUS, HEARD, NOT_NEW = 0x8000, 0x8002, 0x8006
NETWORK, VERSIONS, JOINED = 0x8009, 0x8010, 0x8024
GET_NETWORK, GET_VERSION, RESET, START_NETWORK = 0x0009, 0x0010, 0x0011, 0x0024
VERSION = struct.pack(">BBH", 3, 0, 0x0321)
SUCCESS = b"\0"
HOME_AUTOMATION = 0x0104
BY_SHORT_ADDRESS = 2
SIGNAL = 120


def frame(code: int, content: bytes) -> bytes:
    """What the radio sends: with the signal strength, which its length counts along."""
    counted = struct.pack(">HH", code, len(content) + 1)
    rest = content + bytes((SIGNAL,))
    body = counted + bytes((reduce(xor, counted + rest),)) + rest
    return bytes((START, *_escaped(body), STOP))


def _escaped(body: bytes) -> Iterator[int]:
    for one in body:
        if one < 0x10:
            yield from (ESCAPE, one ^ 0x10)
        else:
            yield one


def read(said: bytes) -> int:
    """What a whole frame from the program asks for: its code."""
    plain, escaped = bytearray(), False
    for one in said[said.index(START) + 1 : -1]:
        if one == ESCAPE:
            escaped = True
        else:
            plain.append(one ^ 0x10 if escaped else one)
            escaped = False
    return int.from_bytes(plain[:2])


def heard(sender: int, cluster: int, said: bytes) -> bytes:
    """What the radio tells of a message (ZCL) from the first endpoint of a short address."""
    return (
        struct.pack(
            ">BHHBBBHBH",
            0,
            HOME_AUTOMATION,
            cluster,
            1,
            1,
            BY_SHORT_ADDRESS,
            sender,
            BY_SHORT_ADDRESS,
            0,
        )
        + said
    )


class Radio:
    """The coordinator `address` of a network on `channel`, whose devices joined it long ago."""

    def __init__(self, address: int = 0x00158D0001020304, channel: int = 11) -> None:
        self.address, self.channel = address, channel
        self._programs: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        """Wait for a program on a free port of this machine; which."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Hang up."""
        for program in self._programs:
            program.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def hears(self, sender: int, cluster: int, said: bytes) -> None:
        """A device with this short address says something (ZCL)."""
        self._tell(HEARD, heard(sender, cluster, said))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._programs.add(writer)
        try:
            while True:
                self._answer(read(await reader.readuntil(bytes((STOP,)))))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._programs.discard(writer)
            writer.close()

    def _answer(self, code: int) -> None:
        if code == RESET:
            self._tell(NOT_NEW, SUCCESS)
            return
        self._tell(STATUS, struct.pack(">BBH", 0, 1, code))
        if code == GET_NETWORK:
            network = struct.pack(">HQHQB", 0, self.address, 0x1A62, 0xDD, self.channel)
            self._tell(NETWORK, network)
        elif code == GET_VERSION:
            self._tell(VERSIONS, VERSION)
        elif code == START_NETWORK:
            self._tell(JOINED, struct.pack(">BHQB", 0, 0, self.address, self.channel))

    def _tell(self, code: int, content: bytes) -> None:
        for program in self._programs:
            program.write(frame(code, content))
