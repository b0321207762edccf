"""Reading the stream of events over HTTP: own organisation, from a cursor, without a gap."""

from datetime import timedelta

import jsonschema
import pytest
import sqlalchemy as sa

from hub.out.numbering import Numbering
from hub.store import tables
from tests.hub.web.conftest import Town

EVENTS = "/api/v1/out/events"


async def number(town: Town) -> None:
    await Numbering(town.store, "http://hub").step(town.now)


async def some_events(town: Town, alarms: int = 3) -> None:
    for _ in range(alarms):
        await town.alarm()
    await number(town)


async def test_an_integrator_reads_the_stream_in_pages_and_each_event_keeps_to_the_schema(
    town: Town,
) -> None:
    await some_events(town)
    async with town.client("machine") as machine:
        schema = (await machine.get("/api/v1/out/schema.json")).json()
        whole = (await machine.get(EVENTS)).json()
        read, after, more = [], "0", True
        while more:
            page = (await machine.get(EVENTS, params={"after": after, "limit": 2})).json()
            read += page["items"]
            after, more = page["after"], page["more"]
        again = (await machine.get(EVENTS, params={"after": after})).json()
    assert read == whole["items"]
    assert again == {"items": [], "after": after, "more": False}
    assert [one["position"] for one in read] == [str(n + 1) for n in range(len(read))]
    assert read[0]["data"]["clients"] == ["gerda"]
    for one in read:
        jsonschema.Draft202012Validator(schema).validate(one)


async def test_a_look_at_the_stream_is_on_record_for_the_clients_in_it(town: Town) -> None:
    await some_events(town)
    async with town.client("machine") as machine:
        await machine.get(EVENTS)
        await machine.get(EVENTS, params={"after": "8"})
    log = tables.access_log
    looked = await town.rows(sa.select(log.c.client_id).where(log.c.action == "out.events"))
    assert looked == [(town.ids["gerda"],)]


@pytest.mark.parametrize("who", ["operator", "nurse", "stranger"])
async def test_only_integrators_read_it(town: Town, who: str) -> None:
    async with town.client(who) as somebody:
        answer = await somebody.get(EVENTS)
    assert (answer.status_code, answer.json()["type"][-17:]) == (403, "not-for-this-role")


async def test_another_organisation_has_a_stream_of_its_own(town: Town) -> None:
    await some_events(town)
    await town.write(
        sa.update(tables.users).where(tables.users.c.login == "stranger").values(role="integrator")
    )
    async with town.client("stranger") as stranger:
        answer = await stranger.get(EVENTS)
        beyond = await stranger.get(EVENTS, params={"after": "1"})
    assert answer.json() == {"items": [], "after": "0", "more": False}
    assert beyond.status_code == 422


@pytest.mark.parametrize(
    ("after", "remedy"),
    [
        ("x", "`position` of an event"),
        ("-1", "`position` of an event"),
        ("²", "`position` of an event"),
        ("9" * 30, "`position` of an event"),
        ("999", "GET /api/v1/alerts"),
    ],
)
async def test_a_bad_cursor_is_refused_with_the_remedy(town: Town, after: str, remedy: str) -> None:
    await some_events(town, 1)
    async with town.client("machine") as machine:
        answer = await machine.get(EVENTS, params={"after": after})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "after")
    assert remedy in error["remedy"]


async def test_a_cursor_older_than_what_is_kept_hears_where_the_stream_begins(town: Town) -> None:
    await some_events(town)
    town.passes(days=1)
    async with town.store.transaction() as uow:
        await uow.out.forget(town.now - timedelta(hours=1))
    await some_events(town, 1)
    async with town.client("machine") as machine:
        gone = await machine.get(EVENTS, params={"after": "2"})
        oldest = gone.json()["detail"].partition("after=")[2].partition(",")[0]
        there = await machine.get(EVENTS, params={"after": oldest})
        left_out = await machine.get(EVENTS)
    assert (gone.status_code, gone.json()["type"][-11:]) == (410, "events-gone")
    assert there.json()["items"]
    assert there.json() == left_out.json()
