"""Connections that begin and never go on, at the front door: what they hold, and what others feel.

The long form: `python -m tests.hub.sources.half_open 1000`, so many of each sort.
"""

import asyncio
import gc
import resource
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connect, Version
from tests.hub.sources.front_door import Caller, limits, press, yes
from tests.hub.sources.tls_place import Place, opening

SOON = timedelta(milliseconds=300)
TERMS = limits(handshakes=100, handshake_grace=SOON, handshake_within=SOON, connect_within=SOON)
HELLO = encode(Connect(Version.V311, "c", user_name="zorg/gw2", password=b"secret"), Version.V311)
AT_ONCE = 20
ENDS_WITHIN, LOOK_EVERY = 30.0, 0.02
Begin = Callable[[Place], socket.socket]


def silent(place: Place) -> socket.socket:
    """A connection, and then nothing."""
    return _dial(place.house.port)


def half_introduced(place: Place) -> socket.socket:
    """Half of a CONNECT."""
    connected = _dial(place.house.port)
    connected.send(HELLO[: len(HELLO) // 2])
    return connected


def silent_in_tls(place: Place) -> socket.socket:
    """A connection where TLS is spoken, and then nothing."""
    return _dial(place.house.tls_port)


def half_shaken(place: Place) -> socket.socket:
    """The first flight of a handshake, and nothing after it."""
    connected, outgoing = _dial(place.house.tls_port), ssl.MemoryBIO()
    handshake = place.client().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1")
    with suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    connected.send(outgoing.read())
    return connected


def _dial(port: int) -> socket.socket:
    connected = socket.create_connection(("127.0.0.1", port))
    connected.setblocking(False)
    return connected


SORTS: Mapping[str, Begin] = {
    "silent": silent,
    "half introduced": half_introduced,
    "silent, in TLS": silent_in_tls,
    "half shaken": half_shaken,
}


@dataclass
class Siege:
    """One door under siege; `waits` are how long somebody else's presses took, in seconds."""

    place: Place
    waits: list[float] = field(default_factory=list)
    most_files: int = 0

    async def suffers(self, begin: Begin, count: int) -> None:
        """So many begin, each waits until it is hung up on; somebody else presses meanwhile."""
        witness = await Caller.inside(self.place.house, Version.V311, "witness")
        begun: list[socket.socket] = []
        for number in range(count):
            begun.append(begin(self.place))
            if number % AT_ONCE == 0:
                await self._press(witness)
        self.most_files = max(self.most_files, files())
        await self._end(begun, witness)
        witness.writer.close()
        await witness.writer.wait_closed()
        self.place.house.callers.remove(witness)

    async def _press(self, witness: Caller) -> None:
        began = time.perf_counter()
        witness.send(press(1))
        assert await witness.receive() == yes(1)
        self.waits.append(time.perf_counter() - began)

    async def _end(self, begun: Sequence[socket.socket], witness: Caller) -> None:
        ending = [asyncio.create_task(_hung_up_on(one)) for one in begun]
        async with asyncio.timeout(ENDS_WITHIN):
            while not all(one.done() for one in ending):
                await self._press(witness)
        for one in begun:
            one.close()

    async def has_forgotten_them(self, as_before: tuple[int, int]) -> bool:
        """Whether the door counts nobody any more and holds no more than that, before long."""
        for _ in range(round(ENDS_WITHIN / LOOK_EVERY)):
            counted = self.place.house.door.counters.connections
            if not counted and files() <= as_before[0] and tasks() <= as_before[1]:
                return True
            await asyncio.sleep(LOOK_EVERY)
        return False


async def _hung_up_on(one: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while await loop.sock_recv(one, 65536):
            pass


def files() -> int:
    """The open files of this process."""
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def tasks() -> int:
    """The tasks of this loop."""
    return len(asyncio.all_tasks())


async def besieged(place: Place) -> Siege:
    """Open the door without TLS as well, and let one of each sort pass, as a beginning."""
    place.house.port = await place.house.door.open("127.0.0.1", 0)
    siege = Siege(place)
    for begin in SORTS.values():
        await siege.suffers(begin, 1)
    return siege


async def main(count: int) -> None:
    """Run the long form and say what came of it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        async with opening(Path(folder)) as open_place:
            siege = await besieged(await open_place(TERMS))
            before = files(), tasks()
            for sort, begin in SORTS.items():
                siege.waits.clear()
                await siege.suffers(begin, count)
                forgotten = await siege.has_forgotten_them(before)
                waits = sorted(siege.waits)
                p99 = waits[int(len(waits) * 0.99)] * 1000
                print(f"{count} {sort}: others' p99 {p99:.1f} ms of {len(waits)};", end=" ")
                print(f"forgotten: {forgotten}; at most {siege.most_files} files", flush=True)
    print(f"kilobytes at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
