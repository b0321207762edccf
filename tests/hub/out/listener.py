"""A front door that tells integrators, and one connection of a program that listens there."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

import pytest

from hub.access.gateways import Entrance
from hub.feed import Feed
from hub.out.streaming import DatabaseStreams
from hub.sources.arrival import Arrival, Receipt
from hub.sources.door import Door
from hub.sources.door_terms import Limits
from hub.sources.mqtt.decode import decode, next_frame
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import (
    Connack,
    Connect,
    Packet,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
)
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason
from hub.sources.sessions import Sessions
from tests.hub.house import House
from tests.hub.out.conftest import URL
from tests.hub.out.stream import number, read

PEPPER = b"a pepper for tests, 32 bytes long"
EVERYTHING = "out/zorg/#"
PATIENCE = 5.0
HOUR = {Property.SESSION_EXPIRY_INTERVAL: 3600}


@dataclass
class Hub:
    """A front door on the house's database."""

    house: House
    door: Door
    streams: DatabaseStreams
    port: int
    clients: "list[Client]" = field(default_factory=list)

    async def tells(self, pendant: str = "pendant-1") -> list[dict[str, Any]]:
        """Something happens, and is numbered; the events it became."""
        before = await read(self.house)
        await self.house.press(pendant)
        await number(self.house)
        self.streams.feed.changed("out")
        return (await read(self.house))[len(before) :]


@dataclass
class Client:
    """One connection of a program, packet by packet."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    version: Version
    buffer: bytearray = field(default_factory=bytearray)

    @classmethod
    async def inside(
        cls, hub: Hub, version: Version, user: str = "zorg/record", *, stored: bool = False,
        receive_maximum: int = 0, client_id: str = "c1",
    ) -> Self:  # fmt: skip
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        client = cls(reader, writer, version)
        hub.clients.append(client)
        said: dict[Property, int | str | bytes] = {}
        if version is Version.V5:
            said = dict(HOUR) if stored else {}
            if receive_maximum:
                said[Property.RECEIVE_MAXIMUM] = receive_maximum
        client.send(
            Connect(
                version,
                client_id,
                clean_start=not stored,
                user_name=user,
                password=b"secret",
                properties=Properties(said),
            )
        )
        answer = await client.receive()
        assert isinstance(answer, Connack)
        assert answer.reason == 0
        client.resumed = answer.session_present
        return client

    resumed: bool = False

    async def subscribes(
        self, topic_filter: str = EVERYTHING, qos: int = 1, numbered: int = 0
    ) -> Reason:
        number = Properties(subscriptions=(numbered,) if numbered else ())
        self.send(Subscribe(7, (Subscription(topic_filter, qos),), number))
        answer = await self.receive()
        assert isinstance(answer, Suback), answer
        (reason,) = answer.reasons
        return reason

    def send(self, packet: Packet) -> None:
        self.writer.write(encode(packet, self.version))

    async def receive(self) -> Packet:
        async with asyncio.timeout(PATIENCE):
            while (frame := next_frame(self.buffer, 0, 100_000)) is None:
                data = await self.reader.read(65536)
                assert data, "the connection was closed"
                self.buffer += data
        packet = decode(frame.first, bytes(self.buffer[frame.start : frame.end]), self.version)
        del self.buffer[: frame.end]
        return packet

    async def told(self, *, yes: bool = True) -> Publish:
        """The next message; answered, unless said otherwise."""
        packet = await self.receive()
        assert isinstance(packet, Publish), packet
        if yes and packet.packet_id is not None:
            self.send(Puback(packet.packet_id))
        return packet

    async def hears_nothing(self, within: float = 0.3) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(within):
                await self.receive()

    async def hangs_up(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def open_hub(house: House, database_url: str) -> Hub:
    async def take_in(_: Arrival) -> Receipt:
        return Receipt.REFUSED

    streams = DatabaseStreams(house.store, Feed(database_url), lambda: house.now, URL)
    door = Door(
        Entrance(house.store, PEPPER).authenticate,
        take_in,
        Sessions(house.store, lambda: house.now, uuid4()),
        lambda: house.now,
        Limits(farewell=timedelta(milliseconds=100)),
        streams=streams,
    )
    return Hub(house, door, streams, await door.open("127.0.0.1", 0))


async def close(hub: Hub) -> None:
    await hub.door.close()
    await hub.streams.finish()
    for client in hub.clients:
        await client.hangs_up()
