"""What happens to alerts becomes a stream of events: whole, in order, without a gap or a name."""

import asyncio
import json
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import jsonschema
import sqlalchemy as sa

from escalation.triggers import Arrived, Released
from hub.store import tables as t
from hub.store.journal import Line
from hub.store.out import Told
from hub.store.unit_of_work import UnitOfWork
from tests.hub.house import House, actor, known
from tests.hub.out.stream import number, read, types
from tests.hub.staging import begun

SCHEMA = json.loads(Path("hub/out/schema.json").read_text())
MINUTE = timedelta(minutes=1)


async def a_life(house: House) -> None:
    """An alert that is called about, claimed, accepted, given back, arrived at and resolved."""
    await house.press()
    await house.passes(3 * MINUTE)
    alert_id = await house.only_alert()
    await house.claims(alert_id)
    await house.accepts(alert_id, "night", eta=10 * MINUTE)
    await house.answers(
        alert_id, Released(id=uuid4(), by=actor("night"), reason="Oma Anne zegt Bert")
    )
    await house.accepts(alert_id, "night")
    await house.answers(alert_id, Arrived(id=uuid4(), by=actor("night")))
    await house.resolves(alert_id, "night")
    await house.passes(MINUTE)


async def test_the_life_of_an_alert_is_told_in_order_and_counted_without_a_hole(
    house: House,
) -> None:
    await a_life(house)
    events = await read(house)
    told = [one for one in types(events) if one not in ("called", "rang")]
    given_back = ["accepted", "released", "custody_lost"]
    assert told == ["opened", "claimed", *given_back, "accepted", "arrived", "resolved"]
    assert [one["alertsequence"] for one in events] == list(range(1, len(events) + 1))
    assert [one["position"] for one in events] == [str(n) for n in range(1, len(events) + 1)]
    assert {one["subject"] for one in events} == {str(await house.only_alert())}
    assert len({one["id"] for one in events}) == len(events)
    first, accepted, last = events[0], events[types(events).index("accepted")], events[-1]
    assert first["data"]["kind"] == "alarm.button"
    assert first["data"]["clients"] == ["anne"]
    assert first["data"]["device"] == "pendant-1"
    assert accepted["data"]["eta_seconds"] == 600
    assert accepted["data"]["by"] == {
        "organisation": "nacht", "contact": "night", "level": "night_partner",
    }  # fmt: skip
    assert last["data"]["outcome"] == "real_not_urgent"


async def test_every_event_keeps_to_the_published_schema(house: House) -> None:
    await a_life(house)
    await house.receives("in/zorg/gw1/native/stranger", {"kind": "alarm.fall"})
    await house.receives("in/zorg/gw1/native/pendant-2", b"not json")
    await house.passes(40 * MINUTE)
    checked = jsonschema.Draft202012Validator(SCHEMA)
    events = await read(house)
    assert len(events) > 10
    for one in events:
        checked.validate(one)


async def test_no_name_address_or_free_text_is_told(house: House) -> None:
    await house.changes(sa.update(t.clients).values(name="Mevrouw Geheim"))
    await house.changes(sa.update(t.contacts).values(name="Tante Geheim", phone="0612345678"))
    await house.changes(sa.update(t.homes).values(street="Geheimlaan 1"))
    await a_life(house)
    said = json.dumps(await read(house))
    for secret in ("Geheim", "0612345678", "Oma", "people.test"):
        assert secret not in said


async def test_what_a_device_closes_by_itself_is_told_as_resolved(house: House) -> None:
    say = "in/zorg/gw1/native/mains-1"
    await house.receives(say, {"channel": "mains_lost", "active": True})
    await house.passes(20 * MINUTE)
    await house.receives(say, {"channel": "mains_lost", "active": False})
    await house.quiet()
    events = await read(house)
    assert types(events)[0] == "opened"
    assert types(events)[-1] == "resolved"
    assert events[-1]["data"]["outcome"] == "technical"
    assert "by" not in events[-1]["data"]


async def test_an_answer_that_counted_for_nothing_is_not_told(house: House) -> None:
    await house.press()
    await house.quiet()
    alert_id = await house.only_alert()
    await house.answers(alert_id, Released(id=uuid4(), by=actor("team"), reason="?"))
    await house.quiet()
    assert set(types(await read(house))) == {"opened", "rang"}


async def stuck(uow: UnitOfWork, alert_id: UUID, now: datetime) -> None:
    """A line of an alert's journal that integrators are told of."""
    await uow.journal.write(known("zorg"), alert_id, [Line("stuck")], now)


async def two_alerts(house: House) -> tuple[UUID, UUID]:
    await house.press("pendant-1")
    await house.press("pendant-2")
    await house.quiet()
    first, second = await house.alerts()
    return first.id, second.id


async def test_a_line_committed_after_a_later_one_is_not_skipped(house: House) -> None:
    first, second = await two_alerts(house)
    before = len(await read(house))
    async with house.store.transaction() as slow:
        await stuck(slow, first, house.now)  # takes the lower journal id, and commits last
        async with house.store.transaction() as fast:
            await stuck(fast, second, house.now)
        await number(house)
        seen = await read(house)
    await number(house)
    later = await read(house, after=int(seen[-1]["position"]))
    assert [one["subject"] for one in seen[before:]] == [str(second)]
    assert [one["subject"] for one in later] == [str(first)]
    lines = await house.rows(sa.select(t.journal).where(t.journal.c.what == "stuck"))
    assert [row.alert_id for row in sorted(lines, key=lambda row: row.id)] == [first, second]


async def test_who_reads_while_two_hubs_number_misses_nothing(
    house: House, database_url: str
) -> None:
    """The second hub waits until the first one's numbers can be seen, and goes on after them."""
    first, second = await two_alerts(house)
    cursor = len(await read(house))
    async with house.store.transaction() as uow:
        await stuck(uow, first, house.now)
    async with house.store.transaction() as slow:
        assert len({one.journal_id for one in await slow.out.take_pending(10)}) == 1
        async with house.store.transaction() as uow:
            await stuck(uow, second, house.now)
        other = await begun(house.store, number(house))
        assert await read(house, after=cursor) == []
        counted = await slow.out.count_on([Told(known("zorg"), first, owns=True)])
        assert counted.positions == {known("zorg"): cursor + 1}
    await other
    # The first hub set position cursor + 1 aside; the second went on behind it.
    assert [one["position"] for one in await read(house, after=cursor)] == [str(cursor + 2)]


async def test_a_hub_that_dies_while_numbering_leaves_the_lines_to_the_next(house: House) -> None:
    first, _ = await two_alerts(house)
    before = len(await read(house))
    async with house.store.transaction() as uow:
        await stuck(uow, first, house.now)
    with suppress(ConnectionError):
        async with house.store.transaction() as dying:
            await dying.out.take_pending(10)
            await dying.out.count_on([Told(known("zorg"), first, owns=True)])
            raise ConnectionError
    await number(house)
    assert [one["position"] for one in await read(house, after=before)] == [str(before + 1)]


async def test_many_at_once_are_each_told_once_and_in_the_order_of_their_alert(
    house: House,
) -> None:
    alerts = await two_alerts(house)
    await asyncio.gather(*(_add(house, alerts[n % 2]) for n in range(40)), _keep_numbering(house))
    await number(house)
    events = await read(house)
    assert [one["position"] for one in events] == [str(n + 1) for n in range(len(events))]
    for alert_id in alerts:
        own = [one["alertsequence"] for one in events if one["subject"] == str(alert_id)]
        assert own == list(range(1, len(own) + 1))
    assert types(events).count("stuck") == 40


async def _add(house: House, alert_id: UUID) -> None:
    async with house.store.transaction() as uow:
        await uow.alerts.lock(alert_id)
        await stuck(uow, alert_id, house.now)


async def _keep_numbering(house: House) -> None:
    for _ in range(10):
        await number(house)


async def test_old_events_are_forgotten_and_the_stream_says_up_to_where(house: House) -> None:
    await two_alerts(house)
    old = len(await read(house))
    house.now += timedelta(days=1)
    await house.quiet()
    async with house.store.transaction() as uow:
        await uow.out.forget(house.now)
        extent = await uow.out.extent(known("zorg"))
    assert extent.forgotten == old
    left = await read(house)
    assert [int(one["position"]) for one in left] == list(range(old + 1, extent.position + 1))
    assert left[0]["alertsequence"] > 1
