"""The database stops and starts again under a running hub."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from escalation.model import Level
from hub.demo.ports import lasting_port
from hub.sources.mqtt.packets import Connack, Connect, Puback, Publish, Version
from hub.store.embedded import Server, forget, running
from hub.store.migrating import migrate
from tests.conftest import connected
from tests.crash.hubs import Hub, until
from tests.crash.people import People
from tests.crash.region import PASSWORD, hurry, settle
from tests.crash.seen import ask, journal, press
from tests.hub.sources.front_door import Caller

pytestmark = pytest.mark.slow
BACK_WITHIN = 20.0


class Database:
    """An embedded server of the test's own, at one port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, str(lasting_port())

    @contextmanager
    def up(self) -> Iterator[Server]:
        settings = {"fsync": "off", "shared_buffers": "32MB", "port": self.port}
        with running(self.folder, settings) as server:
            yield server


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    yield Database(tmp_path / "data")
    forget(tmp_path / "data")


def test_nothing_is_lost_over_a_restart_of_the_database_and_the_hub_goes_on_by_itself(
    database: Database, tmp_path: Path, people: People
) -> None:
    with database.up() as server:
        migrate(server.url)
        settle(server.url, people.url, clients=3)
        hurry(server.url, Level.OWN_TEAM, Level.CARE_CENTRE)
        hub = Hub(server.url, tmp_path)
    try:
        asyncio.run(restarted(hub, database, people))
    finally:
        hub.kill()


async def restarted(hub: Hub, database: Database, people: People) -> None:
    with database.up():
        hub.start().until_it_serves()
        press(hub, 0)
        until(lambda: people.keys("team"), "the team is called")
        caller = await connected_to(hub)
    try:
        await speak(caller, hub, database, people)
    finally:
        caller.writer.close()
        await caller.writer.wait_closed()


async def connected_to(hub: Hub) -> Caller:
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.mqtt_port)
    caller = Caller(reader, writer, Version.V311)
    password = PASSWORD.encode()
    answer = await caller.introduce(
        Connect(Version.V311, "c", user_name="zorg/gw-1", password=password)
    )
    assert isinstance(answer, Connack)
    assert answer.reason == 0
    return caller


async def speak(caller: Caller, hub: Hub, database: Database, people: People) -> None:
    caller.send(said("p-1", {"kind": "alarm.button"}, 1))
    caller.send(said("s-1", {"channel": "motion", "active": True}, 2))
    assert await caller.has_heard_nothing()
    called = len(people.calls)
    with database.up() as server, connected(server.url) as db:
        async with asyncio.timeout(BACK_WITHIN):
            assert await caller.receive_all(2) == [Puback(1), Puback(2)]
        assert ask(db, "SELECT count(*) FROM messages WHERE outcome = 'decoded'") == 3
        assert ask(db, "SELECT count(*) FROM alerts") == 2
        climbed = journal(db, "due")
        await asyncio.to_thread(until, lambda: len(people.calls) > called, "calls go out")
        await asyncio.to_thread(until, lambda: journal(db, "due") > climbed, "alerts climb")
        assert ask(db, "SELECT count(*) FROM alerts WHERE stuck_at IS NOT NULL") == 0
        assert hub.stop() == 0


def said(device: str, body: dict[str, object], number: int) -> Publish:
    topic = f"in/zorg/gw-1/native/{device}"
    return Publish(topic, json.dumps(body).encode(), 1, number)
