"""Mutated packets and random bytes against the codec and the door.

The long form: `python -m tests.hub.sources.fuzz 1000000 [seed]`.
"""

import asyncio
import logging
import random
import socket
import sys
from collections.abc import Iterator
from uuid import UUID

from hub.sources.arrival import Arrival, Receipt
from hub.sources.door_connection import Connection
from hub.sources.door_room import Room
from hub.sources.door_shared import Shared
from hub.sources.introduction import Guesses
from hub.sources.mqtt.decode import decode, next_frame
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connect, Version
from hub.sources.mqtt.reasons import Malformed
from tests.hub.sources.desk import Desk
from tests.hub.sources.front_door import EVENING, HASTY, authenticate, press
from tests.hub.sources.golden import GOLDEN

MOST_KEPT = HASTY.packet_bytes + 2 * 64 * 1024
LENGTHS = (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0", b"\x7f", b"\x80\xa0\x06")
SEEDS = [bytes.fromhex(written) for written, _, _ in GOLDEN] + [
    encode(press(number, b"x" * size), version)
    for version in Version
    for number, size in ((1, 5), (2, 300), (70, 20_000))
]


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """`count` byte strings, a tenth of them noise, the others packets gone wrong."""
    luck = random.Random(seed)
    for _ in range(count):
        if luck.random() < 0.1:
            yield luck.randbytes(luck.randrange(1, 60))
        else:
            packet = bytearray(luck.choice(SEEDS))
            for _ in range(luck.choice((0, 1, 1, 2, 4))):
                _harm(packet, luck)
            yield bytes(packet)


def _harm(packet: bytearray, luck: random.Random) -> None:
    at = luck.randrange(len(packet) + 1)
    upto = min(len(packet), at + luck.randrange(1, 9))
    match luck.randrange(6):
        case 0 if at < len(packet):
            packet[at] ^= 1 << luck.randrange(8)
        case 1:
            del packet[at:upto]
        case 2:
            packet[at:at] = luck.randbytes(luck.randrange(1, 9))
        case 3:
            packet[at:at] = packet[at:upto]
        case 4:
            packet[1:2] = luck.choice(LENGTHS)
        case _:
            packet += luck.choice(SEEDS)


def read_everything(data: bytes) -> int:
    """Decode what is there as both versions; how many packets were good."""
    good = 0
    for version in Version:
        at = 0
        try:
            while (frame := next_frame(data, at, 1 << 17)) is not None:
                decode(frame.first, data[frame.start : frame.end], version)
                at, good = frame.end, good + 1
        except Malformed:
            continue
    return good


class Line(asyncio.Transport):
    """A transport in memory: what is hung up stays so."""

    def __init__(self, connection: Connection, plug: socket.socket) -> None:
        super().__init__({"socket": plug})
        self.wire, self.paused, self.closed = connection.wire, False, False
        self.answered = asyncio.Event()
        self.wire.connection_made(self)

    def feed(self, data: bytes) -> None:
        while data and not self.paused and not self.closed:
            room = self.wire.get_buffer(-1)
            count = min(len(room), len(data))
            room[:count] = data[:count]
            self.wire.buffer_updated(count)
            data = data[count:]
        assert len(self.wire.buffer) <= MOST_KEPT

    def write(self, _data: bytes | bytearray | memoryview) -> None:
        self.answered.set()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.wire.connection_lost, None)

    abort = close


class Victim:
    """A door without a port, whose every unexpected exception is kept."""

    def __init__(self, seed: int) -> None:
        self.luck = random.Random(seed)
        self.escaped: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: self.escaped.append(what))
        scratch = memoryview(bytearray(64 * 1024))
        guesses = Guesses(HASTY)
        self.desk = Desk()
        self.shared = Shared(
            authenticate,
            self.take_in,
            self.desk,
            lambda: EVENING,
            HASTY,
            None,
            self.new_id,
            scratch,
            guesses,
            Room(HASTY),
        )
        self.plug = socket.socket()

    def new_id(self) -> UUID:
        return UUID(int=self.luck.getrandbits(128))

    async def take_in(self, _arrival: Arrival) -> Receipt:
        if self.luck.random() < 0.05:
            raise ConnectionError
        return self.luck.choice(list(Receipt))

    def stranger(self) -> Line:
        return Line(Connection(self.shared), self.plug)

    async def guest(self, version: Version) -> Line:
        line = self.stranger()
        line.feed(encode(Connect(version, "c", user_name="zorg/gw1", password=b"secret"), version))
        await line.answered.wait()
        return line

    async def close(self) -> None:
        everybody = self.shared.everybody
        for connection in everybody:
            connection.wire.cut()
        await asyncio.gather(*(connection.left for connection in everybody))
        if self.shared.taking:
            await asyncio.wait(self.shared.taking)
        self.plug.close()


async def attack(count: int, seed: int) -> Victim:
    """Send mutants to strangers and to authenticated connections, which live until hung up on."""
    victim = Victim(seed)
    guests = {version: await victim.guest(version) for version in Version}
    for number, data in enumerate(mutants(count, seed)):
        victim.stranger().feed(data)
        version = victim.luck.choice(list(Version))
        if guests[version].closed:
            guests[version] = await victim.guest(version)
        guests[version].feed(data)
        if number % 50 == 0:
            await asyncio.sleep(0)
            victim.desk.closed.clear()  # it writes down all it is told
            victim.desk.released.clear()
            for connection in victim.shared.everybody:
                if connection.wire not in {guest.wire for guest in guests.values()}:
                    connection.wire.cut()
    await victim.close()
    return victim


def main(count: int, seed: int) -> None:
    """Run the long form and say what came of it."""
    logging.disable()  # it would say a million times that bytes were refused
    good = sum(read_everything(data) for data in mutants(count, seed))
    victim = asyncio.run(attack(count, seed + 1))
    if victim.escaped:
        raise SystemExit(f"escaped: {victim.escaped[:3]}")
    print(f"{count} mutants, {good} packets good after all; {victim.shared.counters}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
