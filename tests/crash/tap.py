"""Sits between a hub and an outside broker, sees every message and every "yes", and can go deaf."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CONNACK, PUBLISH, PUBACK = 2, 3, 4
Frame = tuple[int, bytes, bytes]  # first byte, whole frame, what comes after its length


@dataclass
class Tap:
    """What passed: `given` by the broker, `answered` by a hub, as (connection, nonce).

    While it is `deaf`, a hub's answers go nowhere.
    """

    to_port: int
    newest: bool
    port: int = 0
    deaf: bool = False
    connections: int = 0
    open: set[int] = field(default_factory=set)
    given: list[tuple[int, str]] = field(default_factory=list)
    answered: list[tuple[int, str]] = field(default_factory=list)
    ids: dict[tuple[int, int], str] = field(default_factory=dict)

    def saw(self, nonce: str) -> bool:
        return any(one == nonce for _, one in tuple(self.given))

    def told(self) -> set[str]:
        """What the broker was told that it is stored."""
        return {nonce for _, nonce in tuple(self.answered)}

    async def serve(self, hub: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        with suppress(OSError):
            broker, on = await asyncio.open_connection("127.0.0.1", self.to_port)
            await asyncio.gather(
                _pass(broker, back, lambda frame: self._gives(number, frame)),
                _pass(hub, on, lambda frame: self._answers(number, frame)),
            )
        self.open.discard(number)
        back.close()

    def _gives(self, number: int, frame: Frame) -> bool:
        first, _, body = frame
        if first >> 4 == CONNACK and not body[1]:
            self.open.add(number)
        if first >> 4 == PUBLISH and first & 0b0110:
            length = int.from_bytes(body[:2], "big")
            packet_id = int.from_bytes(body[2 + length : 4 + length], "big")
            rest = body[4 + length :]
            if self.newest:
                size, used = _number(rest)
                rest = rest[used + size :]
            nonce = json.loads(rest)["nonce"]
            self.ids[number, packet_id] = nonce
            self.given.append((number, nonce))
        return True

    def _answers(self, number: int, frame: Frame) -> bool:
        first, _, body = frame
        if first >> 4 != PUBACK:
            return True
        if self.deaf:
            return False
        self.answered.append((number, self.ids[number, int.from_bytes(body[:2], "big")]))
        return True


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wanted: Callable[[Frame], bool]
) -> None:
    """Pass on what is wanted, frame by frame, until either side is gone."""
    held = bytearray()
    with suppress(OSError):
        while data := await reader.read(65536):
            held += data
            while (frame := _next(held)) is not None:
                if wanted(frame):
                    writer.write(frame[1])
            await writer.drain()
    writer.close()


def _next(held: bytearray) -> Frame | None:
    if len(held) < 2 or (all(one & 0x80 for one in held[1:5]) and len(held) < 5):
        return None
    length, used = _number(bytes(held[1:5]))
    end = 1 + used + length
    if len(held) < end:
        return None
    whole = bytes(held[:end])
    del held[:end]
    return whole[0], whole, whole[1 + used :]


def _number(data: bytes) -> tuple[int, int]:
    """A length as MQTT writes it, and how many bytes that takes."""
    value = 0
    for place, one in enumerate(data):
        value |= (one & 0x7F) << (7 * place)
        if not one & 0x80:
            return value, place + 1
    raise ValueError("no end to a length")


@contextmanager
def tapped(port: int, *, newest: bool) -> Iterator[Tap]:
    """A tap before the broker at this port, for as long as the block lasts."""
    tap, ready, loop = Tap(port, newest), threading.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server = await asyncio.start_server(tap.serve, "127.0.0.1", 0)
        tap.port = server.sockets[0].getsockname()[1]
        ready.set()
        with suppress(asyncio.CancelledError):
            await server.serve_forever()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(running)
        left = asyncio.all_tasks(loop)
        for one in left:
            one.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    running = loop.create_task(run())
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield tap
    finally:
        loop.call_soon_threadsafe(running.cancel)
        thread.join(10)
