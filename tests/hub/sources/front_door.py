"""A front door with an intake held in the hand, and a client that shows every packet."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.door import Door
from hub.sources.door_terms import Limits, Refusal
from hub.sources.mqtt.decode import decode, next_frame
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Version,
)
from tests.hub.sources.desk import Desk

EVENING = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)
GATEWAY = Principal(UUID(int=1), UUID(int=2), "zorg", "gw1", frozenset({"native"}))
NEIGHBOUR = Principal(UUID(int=3), UUID(int=2), "zorg", "gw2", frozenset({"native"}))
PASSWORDS = {("zorg/gw1", b"secret"): GATEWAY, ("zorg/gw2", b"secret"): NEIGHBOUR}
TOPIC = "in/zorg/gw1/native/p1"
HASTY = Limits(
    connect_within=timedelta(seconds=5),
    farewell=timedelta(milliseconds=200),
    first_retry=timedelta(milliseconds=1),
    slowest_retry=timedelta(milliseconds=5),
    shutdown=timedelta(seconds=5),
)
PATIENCE = 10.0


async def authenticate(user_name: str, password: bytes) -> Principal | None:
    return PASSWORDS.get((user_name, password))


@dataclass
class Intake:
    """Takes in at once; `withhold` keeps the "yes" back until `commit`."""

    arrivals: list[Arrival] = field(default_factory=list)
    calls: asyncio.Queue[Arrival] = field(default_factory=asyncio.Queue)
    waiting: list[tuple[Arrival, asyncio.Future[None]]] = field(default_factory=list)
    withheld: bool = False
    away: Exception | None = None
    broken: bytes | None = None  # the one payload that cannot be taken in
    in_use: set[int] = field(default_factory=set)  # packet ids of QoS 2, until their release

    async def __call__(self, arrival: Arrival) -> Receipt:
        self.arrivals.append(arrival)
        self.calls.put_nowait(arrival)
        if self.withheld:
            committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiting.append((arrival, committed))
            await committed
        if self.away is not None:
            raise self.away
        if arrival.payload == self.broken:
            raise LookupError
        if arrival.qos == 2 and arrival.packet_id is not None:
            self.in_use.add(arrival.packet_id)
        own = arrival.topic.startswith(arrival.principal.prefix)
        return Receipt.STORED if own else Receipt.REFUSED

    async def called(self, times: int = 1) -> list[bytes]:
        """The payloads of the next calls."""
        async with asyncio.timeout(PATIENCE):
            return [(await self.calls.get()).payload for _ in range(times)]

    def commit(self, which: slice = slice(None)) -> None:
        for _, committed in self.waiting[which]:
            committed.set_result(None)
        del self.waiting[which]


@dataclass
class House:
    """The door, open on `port`."""

    door: Door
    port: int
    intake: Intake
    refused: list[tuple[Principal, Refusal]]
    callers: "list[Caller]" = field(default_factory=list)
    tls_port: int = 0
    desk: Desk = field(default_factory=Desk)

    async def close(self) -> None:
        self.intake.withheld, self.intake.away = False, None
        self.intake.commit()
        await self.door.close()
        for caller in self.callers:
            caller.writer.close()
            with suppress(OSError):
                await caller.writer.wait_closed()


async def open_house(
    limits: Limits = HASTY,
    asking: Callable[[str, bytes], Awaitable[Principal | None]] = authenticate,
) -> House:
    intake, refused = Intake(), list[tuple[Principal, Refusal]]()

    def report(principal: Principal, why: Refusal) -> None:
        refused.append((principal, why))

    desk = Desk(in_use=intake.in_use)
    door = Door(asking, intake, desk, lambda: EVENING, limits, report)
    return House(door, await door.open("127.0.0.1", 0), intake, refused, desk=desk)


@dataclass
class Caller:
    """One connection to the door; every packet that comes is shown in order."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    version: Version
    buffer: bytearray = field(default_factory=bytearray)

    @classmethod
    async def dial(cls, house: House, version: Version, tls: ssl.SSLContext | None = None) -> Self:
        port = house.port if tls is None else house.tls_port
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        caller = cls(reader, writer, version)
        house.callers.append(caller)
        return caller

    @classmethod
    async def inside(cls, house: House, version: Version, client_id: str = "c1") -> Self:
        caller = await cls.dial(house, version)
        assert (await caller.introduce(client_id=client_id)).reason == 0
        return caller

    async def introduce(
        self, connect: Connect | None = None, *, client_id: str = "c1", password: bytes = b"secret"
    ) -> Connack:
        plain = Connect(self.version, client_id, user_name="zorg/gw1", password=password)
        self.send(connect or plain)
        answer = await self.receive()
        assert isinstance(answer, Connack)
        return answer

    def send(self, *packets: Packet) -> None:
        self.write(b"".join(encode(packet, self.version) for packet in packets))

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def receive(self) -> Packet | None:
        """The next packet, or None once the door has hung up."""
        async with asyncio.timeout(PATIENCE):
            while (frame := next_frame(self.buffer, 0, 1 << 20)) is None:
                try:
                    data = await self.reader.read(65536)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self.buffer += data
        body = bytes(self.buffer[frame.start : frame.end])
        del self.buffer[: frame.end]
        return decode(frame.first, body, self.version)

    async def receive_all(self, count: int) -> list[Packet | None]:
        return [await self.receive() for _ in range(count)]

    async def has_heard_nothing(self) -> bool:
        """Whether nothing came before the answer to a ping sent now."""
        self.send(Pingreq())
        return await self.receive() == Pingresp()

    async def hung_up_on(self) -> Disconnect | None:
        """The door's last words, if it had any, once it has hung up."""
        last = await self.receive()
        if last is None:
            return None
        assert isinstance(last, Disconnect)
        assert await self.receive() is None
        return last


def press(number: int, payload: bytes = b"", *, qos: int = 1, topic: str = TOPIC) -> Publish:
    return Publish(topic, payload or b"%d" % number, qos, number if qos else None)


def yes(number: int) -> Puback:
    return Puback(number)


def limits(**changes: int | timedelta) -> Limits:
    return replace(HASTY, **changes)  # type: ignore[arg-type]
