"""Front doors of real hubs on one real database: sessions, packets in flight, wills."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.incoming.intake import Intake
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.door import Door
from hub.sources.mqtt.packets import Connack, Connect, Disconnect, Packet, Publish, Version, Will
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.rounds import Rounds
from hub.sources.sessions import Sessions
from hub.sources.wills import Wills
from hub.store import tables as t
from hub.store.unit_of_work import Store
from tests.hub.house import PRINCIPAL, House, open_house
from tests.hub.sources.front_door import HASTY, PATIENCE, Caller

PENDANT = "in/zorg/gw1/native/pendant-1"
PRESS = json.dumps({"kind": "alarm.button"}).encode()


@dataclass
class Hub:
    """One hub's front door with its intake; `withheld` keeps its intake from beginning."""

    house: House
    store: Store
    door: Door
    port: int
    rounds: Rounds
    wills: Wills
    intake: Intake
    callers: list[Caller] = field(default_factory=list)
    withheld: asyncio.Event = field(default_factory=asyncio.Event)

    async def goes_round(self) -> None:
        """What its workers do each second."""
        await self.rounds.step(self.house.now)
        await self.wills.step(self.house.now)

    async def has_let_go(self) -> None:
        """Until the door has noticed that all its clients are gone, and stored it."""
        async with asyncio.timeout(PATIENCE):
            while self.door.mine():  # noqa: ASYNC110 - TCP rings no bell
                await asyncio.sleep(0)
        await self.rounds.sessions.flush()

    async def has_been_read(self) -> None:
        """Until the kernel knows that a client's machine has its "yes"."""
        async with asyncio.timeout(PATIENCE):
            while not self.door.confirmed():  # noqa: ASYNC110 - TCP rings no bell
                await asyncio.sleep(0)

    async def lets_in(
        self, client_id: str = "c1", version: Version = Version.V5, **how: Any
    ) -> tuple[Caller, Connack]:
        """A client comes in."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        caller = Caller(reader, writer, version)
        self.callers.append(caller)
        return caller, await caller.introduce(hello(client_id, version, **how))


def hello(
    client_id: str = "c1",
    version: Version = Version.V5,
    *,
    clean: bool = False,
    expiry: int = 3600,
    will: Will | None = None,
) -> Connect:
    """An introduction; in 3.1.1 `expiry` is not said."""
    said = Properties({Property.SESSION_EXPIRY_INTERVAL: expiry})
    properties = said if version is Version.V5 and expiry else Properties()
    return Connect(version, client_id, clean, timedelta(), "zorg/gw1", b"secret", will, properties)


@asynccontextmanager
async def a_hub(house: House, url: str, gateway: Principal = PRINCIPAL) -> AsyncIterator[Hub]:
    """A hub on the database of this house, with the house's clock; all who come are `gateway`."""
    async with asyncio.TaskGroup() as running:
        store = open_house(url)
        hub = await _opened(house, store, gateway)
        working = running.create_task(hub.intake.run())
        yield hub
        hub.withheld.set()
        await hub.door.close()
        await hub.rounds.end()
        for caller in hub.callers:
            caller.writer.close()
            with suppress(ConnectionError):
                await caller.writer.wait_closed()
        working.cancel()
    await store.close()


async def _opened(house: House, store: Store, gateway: Principal) -> Hub:
    intake = Intake(store, store, house.reader)
    sessions = Sessions(store, lambda: house.now, uuid4(), HASTY.will_grace)
    hub: Hub

    async def anybody(_user_name: str, _password: bytes) -> Principal | None:
        return gateway

    async def take_in(arrival: Arrival) -> Receipt:
        await hub.withheld.wait()
        return await intake.take_in(arrival)

    door = Door(anybody, take_in, sessions, lambda: house.now, HASTY)
    rounds = Rounds(store, sessions, door)
    await rounds.begin()
    port = await door.open("127.0.0.1", 0)
    hub = Hub(house, store, door, port, rounds, Wills(store, intake.take_in), intake)
    hub.withheld.set()
    return hub


def a_press(packet_id: int, qos: int = 2, *, duplicate: bool = False, **said: Any) -> Publish:
    """Somebody presses; without anything `said` every press has the same bytes."""
    payload = json.dumps({"kind": "alarm.button", **said}).encode()
    return Publish(PENDANT, payload, qos, packet_id, duplicate)


def again(publish: Publish) -> Publish:
    """The same packet, sent again."""
    return replace(publish, duplicate=True)


async def stored(house: House) -> list[tuple[str, bytes]]:
    """Source and payload of every message kept, in order."""
    rows = await house.rows(sa.select(t.messages).order_by(t.messages.c.received_at))
    return [(row.source, bytes(row.payload)) for row in rows]


async def sessions(house: House) -> list[Any]:
    """The rows of all sessions."""
    return list(await house.rows(sa.select(t.mqtt_sessions)))


async def says_goodbye(caller: Caller, packet: Packet | None = None) -> None:
    """A client leaves, and has seen the door hang up."""
    caller.send(packet or Disconnect())
    assert await caller.receive() is None


async def breaks_off(caller: Caller) -> None:
    """The network is gone."""
    caller.writer.transport.abort()


def later(house: House, **length: float) -> datetime:
    """Time passes."""
    house.now += timedelta(**length)
    return house.now
