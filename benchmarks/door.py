"""Publishes through the front door each second, beside a raw echo in the same run.

`python -m benchmarks.door [messages] [rounds]`: MQTT 3.1.1, QoS 1, 64 in flight a connection, an
intake that stores nothing. The door runs in this process, the load in another.
"""

import asyncio
import multiprocessing
import statistics
import sys
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from typing import NamedTuple, cast
from uuid import UUID

import uvloop

from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.door import Door
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connect, Publish, Version
from hub.store.mqtt_packets import Confirmed, Release
from hub.store.mqtt_sessions import Closing, Opened, Opening

V311 = Version.V311
GATEWAY = Principal(UUID(int=1), UUID(int=2), "zorg", "gw1", frozenset({"native"}))
PAYLOAD = b'{"event":"pressed","boot":4711,"seq":12345,"battery":87,"at":"2026-01-05T20:00:00Z"}'
WINDOW = 64
ECHO = encode(Publish("in/zorg/gw1/native/p1", PAYLOAD, 1, 1), V311)


class Echo(asyncio.Protocol):
    """Answers every piece with four bytes for each message in it: the least a server can do."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.rest = cast(asyncio.Transport, transport), 0

    def data_received(self, data: bytes) -> None:
        whole, self.rest = divmod(self.rest + len(data), len(ECHO))
        self.transport.write(b"\x40\x02\0\1" * whole)


async def load(port: int, number: int, messages: int, greets: bool) -> None:
    """Keep a window of messages in flight over one connection until all are answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if greets:
        connect = Connect(V311, f"c{number}", user_name="zorg/gw1", password=b"x")
        writer.write(encode(connect, V311))
        await reader.readexactly(4)
    sent = answered = 0
    while answered < messages:
        burst = min(messages, answered + WINDOW) - sent
        ids = range(sent, sent + burst)
        packets = [ECHO[:25] + (1 + one % 65535).to_bytes(2, "big") + ECHO[27:] for one in ids]
        writer.write(b"".join(packets))
        sent += burst
        answered += len(await reader.readexactly(4 * (1 + (sent - answered) // 2))) // 4
    writer.close()


class Order(NamedTuple):
    """A load to put on a port, which expects a CONNECT or does not."""

    port: int
    connections: int
    messages: int
    greets: bool


async def put_on(order: Order) -> float:
    """Put the load on over all connections at once and say how many seconds it took."""
    began = time.perf_counter()
    each = order.messages // order.connections
    callers = (load(order.port, n, each, order.greets) for n in range(order.connections))
    await asyncio.gather(*callers)
    return time.perf_counter() - began


def drive(pipe: Pipe) -> None:
    """Carry out orders in a process of its own until there is None."""
    while (order := pipe.recv()) is not None:
        pipe.send(uvloop.run(put_on(order)))


async def seconds(pipe: Pipe, order: Order) -> float:
    """Have an order carried out without holding up the server that runs here."""
    pipe.send(order)
    return float(await asyncio.to_thread(pipe.recv))


async def at_once(_arrival: Arrival) -> Receipt:
    """An intake that costs nothing."""
    return Receipt.STORED


async def known(_user_name: str, _password: bytes) -> Principal | None:
    """Everybody is the same gateway."""
    return GATEWAY


class Sessions:
    """A keeper that keeps nothing."""

    async def open(self, _opening: Opening) -> Opened:
        """A session like any other."""
        return Opened(UUID(int=3), 1, resumed=False)

    async def release(self, _release: Release) -> bool:
        """Known."""
        return True

    def close(self, closing: Closing, confirmed: Confirmed | None) -> None:
        """Gone."""


async def measure(pipe: Pipe, messages: int, rounds: int) -> None:
    """Print medians of the door and the echo, for one and for sixteen connections."""
    loop = asyncio.get_running_loop()
    door = Door(known, at_once, Sessions(), lambda: datetime.now(UTC))
    door_port = await door.open("127.0.0.1", 0)
    echo = await loop.create_server(Echo, "127.0.0.1", 0)
    echo_port = echo.sockets[0].getsockname()[1]
    for connections in (1, 16):
        through = Order(door_port, connections, messages, greets=True)
        past = Order(echo_port, connections, messages, greets=False)
        took = [(await seconds(pipe, through), await seconds(pipe, past)) for _ in range(rounds)]
        doors, echoes = (messages / statistics.median(column) for column in zip(*took, strict=True))
        print(
            f"{connections:3} connection(s): door {doors:9,.0f}/s, raw echo {echoes:9,.0f}/s,"
            f" ratio {doors / echoes:.2f}"
        )
    print(door.counters)
    await door.close()
    echo.close()


def main(messages: int = 50_000, rounds: int = 5) -> None:
    """Start the load's process and measure."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=drive, args=(there,))
    process.start()
    there.close()
    try:
        uvloop.run(measure(here, messages, rounds))
    finally:
        here.send(None)
        process.join()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
