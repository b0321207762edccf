"""One broken message in a batch: only the culprit is rejected, and nobody overlooks it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from random import Random
from types import SimpleNamespace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Inbound,
    Kind,
    Level,
    Outcome,
    ProofOfCopy,
)
from escalation.model import Lane
from hub.decoders.heard import Heard
from hub.decoders.reading import Reader
from hub.incoming.intake import Intake, store_alarms
from hub.incoming.last_resort import record_raw
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.store import tables as t
from hub.store.board import read_board
from hub.store.troubles import list_troubles
from hub.store.unit_of_work import away
from tests.hub.house import House, known, viewer
from tests.hub.staging import begun, held, said

MAKER = Principal(known("gateway"), known("zorg"), "zorg", "gw1", frozenset({"maker"}))
HOW_MANY, CULPRIT = 20, 7
HANG_UP = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def identify(inbound: Inbound) -> str:
    return inbound.topic


def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """A stranger's adapter: what the database cannot hold, signs it cannot, or no answer at all."""
    said = json.loads(inbound.payload)
    notes: dict[str, str | float] = {"unstorable": float("nan"), "odd": "pijn\0 \ud800"}
    value = {"note": notes.get(said, str(said)), "\0" if said == "odd" else "said": True}
    if said == "broken":
        raise ZeroDivisionError
    odd = "\0\ud800" if said == "odd" else ""
    proof = ProofOfCopy(odd) if odd else None
    one = Edge(binding.device, Kind.BUTTON, value=value, correlation_key=odd, key=proof)
    return Decoded((one,))


@pytest.fixture
async def intake(house: House) -> AsyncIterator[Intake]:
    """An intake with a stranger's adapter, twenty of whose devices are registered."""
    made = SimpleNamespace(identify=identify, decode=decode)
    intake = Intake(house.store, house.store, Reader(house.store, {"maker": made}, uuid4))
    rows = [
        {"id": known(f"maker-{one}"), "organisation_id": known("zorg"), "external_id": f"m-{one}",
         "gateway_id": known("gateway"), "adapter": "maker", "key": f"m-{one}", "role": "pendant"}
        for one in range(HOW_MANY)
    ]  # fmt: skip
    await house.changes(sa.insert(t.devices).values(rows))
    running = asyncio.create_task(intake.run())
    yield intake
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def heard(house: House, intake: Intake, worst: str) -> Sequence[Heard]:
    said = [worst if one == CULPRIT else "pressed" for one in range(HOW_MANY)]
    return [await intake.reader.hear(arrival(house, one, what)) for one, what in enumerate(said)]


def arrival(house: House, device: int, said: str) -> Arrival:
    topic = f"in/zorg/gw1/maker/m-{device}"
    return Arrival(MAKER, topic, json.dumps(said).encode(), qos=1, received_at=house.now)


@dataclass
class Begun:
    """How many transactions were begun."""

    count: int = 0


@asynccontextmanager
async def counted(house: House) -> AsyncIterator[Begun]:
    begun = Begun()

    def note(_connection: object) -> None:
        begun.count += 1

    sa.event.listen(house.store.engine.sync_engine, "begin", note)
    yield begun
    sa.event.remove(house.store.engine.sync_engine, "begin", note)


async def outcomes(house: House) -> dict[str, str]:
    rows = await house.rows(sa.select(t.messages.c.topic, t.messages.c.outcome))
    return {row.topic.rpartition("/")[2]: row.outcome for row in rows}


def only_the_culprit(outcomes: dict[str, str]) -> bool:
    rejected = [topic for topic, outcome in outcomes.items() if outcome == "rejected"]
    return len(outcomes) == HOW_MANY and rejected == [f"m-{CULPRIT}"]


@pytest.mark.parametrize("worst", ["unstorable", "broken"])
async def test_of_twenty_alarms_only_the_broken_one_is_rejected_and_it_still_calls(
    house: House, intake: Intake, worst: str
) -> None:
    await store_alarms(house.store, await heard(house, intake, worst))
    assert only_the_culprit(await outcomes(house))
    kinds = [(one.kind, one.priority) for one in await house.alerts()]
    assert kinds.count(("alarm.button", "P1")) == HOW_MANY - 1
    assert kinds.count(("technical.undecodable", "P2")) == 1


async def test_a_call_for_help_with_signs_no_database_can_hold_rings_as_what_it_is(
    house: House, intake: Intake
) -> None:
    batch = await heard(house, intake, "odd")
    async with counted(house) as begun_:
        await store_alarms(house.store, batch)
    assert begun_.count == 1
    assert [(one.kind, one.priority) for one in await house.alerts()] == [
        ("alarm.button", "P1")
    ] * HOW_MANY
    notes = {event.value["note"] for event in await house.rows(sa.select(t.events))}
    assert notes == {"pressed", r"pijn\0 \ud800"}


async def test_a_hub_says_yes_to_all_of_them_once_they_are_stored(
    house: House, intake: Intake
) -> None:
    said = ["unstorable" if one == CULPRIT else "pressed" for one in range(HOW_MANY)]
    async with asyncio.timeout(10):
        receipts = await asyncio.gather(
            *(intake.take_in(arrival(house, one, what)) for one, what in enumerate(said))
        )
    assert set(receipts) == {Receipt.STORED}
    assert only_the_culprit(await outcomes(house))


async def test_a_press_of_somebody_about_whom_nothing_can_be_decided_is_kept_and_calls(
    house: House,
) -> None:
    no_moment = sa.text("UPDATE clients SET care_ended_at = 'infinity'")  # Python has none such
    await house.changes(no_moment)
    await house.press()
    assert await outcomes(house) == {"pendant-1": "quarantined"}
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "P2")
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"


async def test_a_connection_that_is_lost_is_never_taken_for_a_broken_message(
    house: House,
) -> None:
    heard = await house.reader.hear(said(house, "alarm.button"))
    async with held(house.store, t.homes):
        storing = await begun(house.store, store_alarms(house.store, [heard]))
        await house.rows(HANG_UP)
    with pytest.raises(ConnectionError):
        await storing
    assert await outcomes(house) == {}
    await store_alarms(house.store, [heard])
    assert await outcomes(house) == {"pendant-1": "decoded"}


async def test_tables_of_another_release_are_not_taken_for_poison(house: House) -> None:
    """Who is told "no" sends again, to a hub that can store it; a quarantine would be the end."""
    await house.changes(sa.text("ALTER TABLE alerts RENAME COLUMN explanation TO later"))
    try:
        with pytest.raises(ConnectionError):
            await house.press("pendant-1")
        assert await house.rows(sa.select(t.messages.c.id)) == []
    finally:
        await house.changes(sa.text("ALTER TABLE alerts RENAME COLUMN later TO explanation"))
    await house.press("pendant-1")
    assert len(await house.alerts()) == 1


async def test_a_connection_that_is_lost_is_never_taken_for_a_stuck_alert(house: House) -> None:
    await house.press()
    (alert,) = await house.alerts()
    house.now = alert.due_at
    async with held(house.store, t.organisations):
        climbing = await begun(house.store, house.sweep.step(house.now))
        await house.rows(HANG_UP)
    with pytest.raises(ConnectionError):
        await climbing
    await house.quiet()
    assert (await house.journal(alert.id)).count("due") == 1
    assert "stuck" not in await house.journal(alert.id)


async def test_what_somebody_else_holds_is_never_taken_for_a_stuck_alert(house: House) -> None:
    await house.press()
    (alert,) = await house.alerts()
    house.now = alert.due_at
    before = await house.journal(alert.id)
    async with house.store.transaction() as uow:
        for_long = "SET LOCAL idle_in_transaction_session_timeout = 0"
        await uow.db.execute(sa.text(for_long))
        await uow.db.execute(sa.select(t.organisations.c.id).with_for_update())
        assert await house.sweep.step(house.now) == house.now  # it is asked again at once
    assert await house.journal(alert.id) == before
    await house.quiet()
    assert (await house.journal(alert.id)).count("due") == 1
    assert "stuck" not in await house.journal(alert.id)


BROKEN_CARE = {
    "an agreement of everybody": "INSERT INTO agreements (id, organisation_id, external_id, name,"
    " body, valid) SELECT gen_random_uuid(), id, 'x', 'x', '{\"kinds\": 5}', '(,)' FROM"
    " organisations WHERE external_id = 'zorg'",
    "the organisation's time zone": "UPDATE organisations SET time_zone = 'Mars/Olympus'",
    "every contract": "UPDATE service_contracts SET response_target = 'infinity'",
    "every way to reach anybody": "UPDATE contacts SET ways = '5'",
    "every level": "UPDATE contacts SET level = 'king'",
    "every turn": "UPDATE turns SET during = '[-infinity,infinity]'",
    "every client": "UPDATE clients SET care_ended_at = 'infinity', options = '5'",
    "every home": "UPDATE homes SET living_form = 'igloo'",
}


@pytest.mark.parametrize("what", BROKEN_CARE)
async def test_whatever_is_broken_in_the_care_data_a_press_is_stored_and_is_work_on_the_board(
    house: House, what: str
) -> None:
    try:
        await house.changes(sa.text(BROKEN_CARE[what]))
    except sa.exc.DBAPIError:
        pytest.skip("the database does not take this")
    heard = await house.press()
    assert set(await outcomes(house)) == {"pendant-1"}
    (alert,) = await house.alerts()
    assert alert.due_at is not None
    async with house.store.transaction(viewer()) as uow:
        listed = await list_troubles(uow.db, viewer(), house.now)
    assert heard.id in {one.id for one in listed} or alert.kind == "alarm.button"


async def test_a_message_nothing_can_be_decided_about_is_kept_raw_and_the_desk_is_called(
    house: House,
) -> None:
    ways = [{"way": "webhook", "address": "http://people.test/desk"}]
    the_desk = t.contacts.c.id == known("desk")
    await house.changes(sa.update(t.contacts).where(the_desk).values(ways=ways))
    heard = await house.reader.hear(said(house, "alarm.button"))
    async with house.store.transaction() as uow:
        await record_raw(uow, heard, "a test")
    async with house.store.transaction() as uow:
        again = await house.reader.hear(said(house, "alarm.button"))
        await record_raw(uow, again, "a test")
    assert await outcomes(house) == {"pendant-1": "quarantined"}
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "P2")
    assert await house.journal(alert.id) == ["opened", "stuck", "stuck"]
    await house.quiet()
    assert house.called() == ["desk", "desk"]
    await house.passes(timedelta(minutes=30))  # it climbs like any other
    assert "due" in await house.journal(alert.id)
    assert (await house.resolves(alert.id)).verdict.value == "done"


async def test_the_desk_is_called_though_somebody_else_holds_the_alert_of_that_device(
    house: House,
) -> None:
    ways = [{"way": "webhook", "address": "http://people.test/desk"}]
    the_desk = t.contacts.c.id == known("desk")
    await house.changes(sa.update(t.contacts).where(the_desk).values(ways=ways))
    first, second = [await house.reader.hear(said(house, "alarm.button")) for _ in range(2)]
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        await record_raw(uow, first, "a test")  # and it comes to no end
        async with house.store.transaction() as other:
            await record_raw(other, second, "a test")
        await house.quiet()
        assert house.called() == ["desk"]
    await house.quiet()
    assert house.called() == ["desk"]
    assert {one.subject_id for one in await house.alerts()} == {known("pendant-1"), second.id}


async def test_a_message_whose_alert_cannot_be_opened_is_kept_all_the_same(house: House) -> None:
    await house.changes(
        sa.text("ALTER TABLE alerts ADD CONSTRAINT nothing CHECK (false) NOT VALID")
    )
    try:
        await house.press()
        assert await outcomes(house) == {"pendant-1": "quarantined"}
        async with house.store.transaction(viewer()) as uow:
            board = await read_board(uow.db, viewer(), Lane.ALARM, house.now)
        assert board.counts.troubles == 1
    finally:
        await house.changes(sa.text("ALTER TABLE alerts DROP CONSTRAINT nothing"))


async def test_a_device_whose_row_cannot_be_read_still_calls(house: House) -> None:
    await house.changes(sa.text("UPDATE devices SET hold_off = '2000000000 days'"))
    await house.press()
    assert await outcomes(house) == {"pendant-1": "quarantined"}
    assert [one.priority for one in await house.alerts()] == ["P2"]


async def test_a_batch_is_halved_until_the_culprits_are_alone(house: House, intake: Intake) -> None:
    batch = list(await heard(house, intake, "unstorable"))
    worse = await intake.reader.hear(arrival(house, 19, "unstorable"))
    async with counted(house) as begun_:
        await store_alarms(house.store, [*batch, worse])
    rejected = [one for one, outcome in (await outcomes(house)).items() if outcome == "rejected"]
    assert sorted(rejected) == ["m-19", "m-7"]
    assert begun_.count < 20


async def test_a_lock_or_a_time_out_is_never_taken_for_a_broken_message(house: House) -> None:
    heard = await house.reader.hear(said(house, "alarm.button"))
    async with held(house.store, t.homes):
        with pytest.raises(ConnectionError):
            await store_alarms(house.store, [heard])
    assert await outcomes(house) == {}


async def test_a_row_too_large_for_an_index_is_never_taken_for_a_database_that_is_away(
    house: House,
) -> None:
    long = Random(1).randbytes(9_000).hex()  # nothing that packs well
    with pytest.raises(sa.exc.OperationalError) as refused:
        await house.changes(sa.update(t.devices).values(key=long))
    assert not away(refused.value)


async def test_a_moment_the_database_cannot_give_back_does_not_end_a_device(house: House) -> None:
    before_all = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))

    def decode_smoke(inbound: Inbound, binding: Binding) -> Outcome:
        active, at = inbound.payload == b"smoke", None if inbound.payload else before_all
        return Decoded((Level(binding.device, Channel.SMOKE, active, Kind.SMOKE, at),))

    made = SimpleNamespace(identify=lambda _: "pendant-1", decode=decode_smoke)
    house.reader = Reader(house.store, {"native": made}, uuid4)
    for told in (b"", b"smoke"):
        await house.receives("in/zorg/gw1/native/x", told)
    kinds = {alert.kind for alert in await house.alerts()}
    assert kinds == {"alarm.smoke", "technical.clock_wrong"}
