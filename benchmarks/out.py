"""How fast events are numbered, and how soon a subscriber hears of a commit.

    python -m benchmarks.out            # about ten seconds, on an embedded server of its own

Numbering is counted over a backlog; the delay is from the commit of a journal line to its PUBLISH
at an MQTT subscriber over a socket, through the feed, one line at a time.
"""

import asyncio
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import sqlalchemy as sa

from hub import workers
from hub.access.gateways import Entrance
from hub.access.secrets import Purpose, keyed_hash
from hub.clock import system_clock
from hub.feed import Feed
from hub.out.numbering import Numbering
from hub.out.streaming import DatabaseStreams
from hub.sources.arrival import Arrival, Receipt
from hub.sources.door import Door
from hub.sources.mqtt.packets import Version
from hub.sources.sessions import Sessions
from hub.store import tables as t
from hub.store.embedded import running
from hub.store.journal import Line
from hub.store.migrating import migrate
from hub.store.unit_of_work import Store
from tests.hub.house import House, furnish, known, open_house
from tests.hub.out.listener import PEPPER, Client, Hub

BACKLOG, SINGLES = 5000, 200
URL = "https://hub.test"


async def _take_in(_: Arrival) -> Receipt:
    return Receipt.REFUSED


async def _write(store: Store, alert_id: UUID, count: int) -> None:
    async with store.transaction() as uow:
        lines = [Line("stuck")] * count
        await uow.journal.write(known("zorg"), alert_id, lines, system_clock())
        uow.touched.add("board")


async def _numbering(house: House, alert_id: UUID) -> None:
    await _write(house.store, alert_id, BACKLOG)
    began = perf_counter()
    await Numbering(house.store, URL).step(system_clock())
    print(f"numbering: {BACKLOG / (perf_counter() - began):,.0f} events/s over {BACKLOG}")


async def _delay(house: House, url: str, alert_id: UUID) -> None:
    feed = Feed(url)
    house.store.told = feed.changed
    streams = DatabaseStreams(house.store, feed, system_clock, URL)
    sessions = Sessions(house.store, system_clock, uuid4())
    entrance = Entrance(house.store, PEPPER)
    door = Door(entrance.authenticate, _take_in, sessions, system_clock, streams=streams)
    hub = Hub(house, door, streams, await door.open("127.0.0.1", 0))
    worker = workers.Worker("number", Numbering(house.store, URL).step, ("board",))
    running_on = [
        asyncio.create_task(feed.run()),
        asyncio.create_task(workers.run([worker], system_clock, feed)),
    ]
    client = await Client.inside(hub, Version.V5)
    await client.subscribes()
    took = []
    for _ in range(SINGLES):
        await _write(house.store, alert_id, 1)
        committed = perf_counter()
        await client.told()
        took.append((perf_counter() - committed) * 1000)
    took.sort()
    worst = took[int(len(took) * 0.99) - 1]
    print(f"commit to subscriber: median {median(took):.1f} ms, p99 {worst:.1f} ms ({SINGLES})")
    for one in running_on:
        one.cancel()
    await door.close()
    await streams.finish()
    await client.hangs_up()


async def _run(url: str) -> None:
    store = open_house(url)
    await furnish(store)
    house = House(store, system_clock())
    secret = keyed_hash(PEPPER, Purpose.GATEWAY, "secret")
    listener = {
        "id": known("record"),
        "organisation_id": known("zorg"),
        "external_id": "record",
        "secret_hash": secret,
        "adapters": [],
        "listens": True,
    }
    await house.changes(sa.insert(t.gateways).values(listener))
    await house.press()
    alert_id = await house.only_alert()
    await _numbering(house, alert_id)
    await _delay(house, url, alert_id)
    await store.close()


def main() -> None:
    """Measure once and print."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        asyncio.run(_run(server.url))


if __name__ == "__main__":
    main()
