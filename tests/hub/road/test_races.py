"""Two at the same moment: each race is staged by a lock that is held, never left to luck."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from escalation.decision import Verdict
from escalation.model import Outcome
from escalation.triggers import Accepted, Resolved
from hub.incoming.intake import store_alarms
from hub.incoming.recording import record_alarms
from hub.road.handling import handle
from hub.sources.arrival import Principal
from hub.store import tables as t
from tests.hub.house import House, actor, known, open_house
from tests.hub.staging import begun, held, said

NEIGHBOUR = Principal(known("gateway-2"), known("zorg"), "zorg", "gw2", frozenset({"native"}))


@pytest.fixture
async def other(house: House, database_url: str) -> AsyncIterator[House]:
    """Another hub on the same database, at the same moment."""
    store = open_house(database_url)
    yield House(store, house.now)
    await store.close()


def accepted(who: str) -> Accepted:
    return Accepted(id=uuid4(), by=actor(who))


async def open_alert(house: House) -> Any:
    (alert,) = [one for one in await house.alerts() if one.resolved_at is None]
    return alert


async def calls(house: House) -> list[tuple[str, UUID, int]]:
    rows = await house.rows(
        sa.select(t.outbox.c.purpose, t.outbox.c.contact_id, t.outbox.c.attempts)
    )
    return [(row.purpose, row.contact_id, row.attempts) for row in rows]


async def test_the_second_of_two_who_accept_hears_who_was_first(house: House, other: House) -> None:
    await house.press()
    alert_id = await house.only_alert()
    async with house.store.transaction() as uow:
        first = await handle(uow, alert_id, accepted("anna"), house.now)
        waiting = await begun(house.store, other.accepts(alert_id, "bas"))
    second = await waiting
    assert (first.verdict, second.verdict) == (Verdict.DONE, Verdict.TAKEN)
    assert second.held_by == (known("anna"),)


async def test_the_same_trigger_twice_at_once_gets_the_same_answer(
    house: House, other: House
) -> None:
    await house.press()
    alert_id, trigger = await house.only_alert(), accepted("anna")
    async with house.store.transaction() as uow:
        first = await handle(uow, alert_id, trigger, house.now)
        waiting = await begun(house.store, other.answers(alert_id, trigger))
    assert await waiting == first
    assert (await house.journal(alert_id)).count("accepted") == 1


async def test_an_acceptance_the_sweep_came_upon_is_never_lost(house: House, other: House) -> None:
    for _ in range(100):
        await house.press()
        alert = await open_alert(house)
        house.now = other.now = alert.due_at
        async with house.store.transaction() as uow:
            await handle(uow, alert.id, accepted("anna"), house.now)
            await other.sweep.step(other.now)  # passes over what another is at
        await other.sweep.step(other.now)
        kept = await open_alert(house)
        assert kept.status == "accepted"
        assert [one["by"] for one in kept.state["custody"]] == [str(known("anna"))]
        await house.resolves(alert.id)


async def test_an_acceptance_that_came_upon_the_sweep_is_never_lost(
    house: House, other: House
) -> None:
    for _ in range(100):
        await house.press()
        alert = await open_alert(house)
        house.now = other.now = alert.due_at
        async with held(house.store, t.organisations):
            climbing = await begun(house.store, other.sweep.step(other.now))
            accepting = await begun(house.store, house.accepts(alert.id, "anna"), 2)
        await climbing
        assert (await accepting).verdict is Verdict.DONE
        kept = await open_alert(house)
        assert (kept.status, kept.state["step"]) == ("accepted", 1)
        assert (await house.journal(alert.id)).count("due") == 1
        await house.resolves(alert.id)


async def test_a_press_while_its_alert_is_being_resolved_opens_a_new_one(
    house: House, other: House
) -> None:
    await house.press()
    alert_id = await house.only_alert()
    async with house.store.transaction() as uow:
        by = actor("anna")
        resolved = Resolved(id=uuid4(), by=by, outcome=Outcome.ACCIDENTAL)
        await handle(uow, alert_id, resolved, house.now)
        pressing = await begun(house.store, other.press())
    await pressing
    assert sorted(one.status for one in await house.alerts()) == ["calling", "resolved"]


async def test_a_press_that_came_just_before_the_end_belongs_to_the_alert_that_ends(
    house: House, other: House
) -> None:
    await house.press()
    alert_id = await house.only_alert()
    heard = await house.reader.hear(said(house, "alarm.button"))
    async with house.store.transaction() as uow:
        await record_alarms(uow, [heard])
        resolving = await begun(house.store, other.resolves(alert_id))
    assert (await resolving).verdict is Verdict.DONE
    assert await house.only_alert() == alert_id
    joined = await house.rows(sa.select(t.events.c.alert_id))
    assert [row.alert_id for row in joined] == [alert_id, alert_id]


async def test_a_button_and_a_fall_at_once_on_two_hubs_are_one_alert(
    house: House, other: House
) -> None:
    button = await house.reader.hear(said(house, "alarm.button"))
    fall = await other.reader.hear(said(other, "alarm.fall"))
    async with held(house.store, t.homes):
        first = await begun(house.store, store_alarms(house.store, [button]))
        second = await begun(house.store, store_alarms(other.store, [fall]), 2)
    await first
    await second
    alert = await open_alert(house)
    assert (alert.kind, alert.state["repeats"]) == ("alarm.button", 1)
    outcomes = await house.rows(sa.select(t.messages.c.outcome))
    assert [row.outcome for row in outcomes] == ["decoded", "decoded"]


async def test_two_sweeps_on_one_due_alert_climb_once(house: House, other: House) -> None:
    await house.press()
    alert = await open_alert(house)
    house.now = other.now = alert.due_at
    async with held(house.store, t.organisations):
        climbing = await begun(house.store, other.sweep.step(other.now))
        await house.sweep.step(house.now)
    await climbing
    await house.sweep.step(house.now)
    assert (await open_alert(house)).state["step"] == 1
    assert (await house.journal(alert.id)).count("due") == 1


async def test_two_sweeps_on_several_due_alerts_climb_each_once(house: House, other: House) -> None:
    await house.press("pendant-1")
    await house.press("pendant-2")
    first, second = await house.alerts()
    house.now = other.now = max(first.due_at, second.due_at)
    async with held(house.store, t.organisations):
        climbing = await begun(house.store, other.sweep.step(other.now))
        await house.sweep.step(house.now)
    await climbing
    async with house.store.transaction() as uow:
        assert [await uow.alerts.claim(one.id, house.now) for one in (first, second)] == [[], []]
    for one in (first, second):
        assert (await house.journal(one.id)).count("due") == 1


async def night_is_promised_a_call(house: House, other: House) -> None:
    await house.press()
    house.now = other.now = (await open_alert(house)).due_at
    await house.sweep.step(house.now)


async def test_two_hubs_send_each_message_once(house: House, other: House) -> None:
    await night_is_promised_a_call(house, other)
    assert await calls(house) == [("warn", known("night"), 0)]
    async with held(house.store, t.contacts):
        sending = await begun(house.store, other.deliver.step(other.now))
        await house.deliver.step(house.now)
    await sending
    assert (len(house.telephones.calls), len(other.telephones.calls)) == (0, 1)
    assert await calls(house) == [("warn", known("night"), 1)]


async def test_an_alert_somebody_is_at_holds_up_no_message(house: House, other: House) -> None:
    await night_is_promised_a_call(house, other)
    async with house.store.transaction() as uow:
        await uow.alerts.lock(await house.only_alert())
        await other.deliver.step(other.now)
        assert other.called() == ["night"]


async def test_an_alert_another_hub_opened_in_between_is_joined(house: House, other: House) -> None:
    at_home = {"organisation_id": known("zorg"), "home_id": known("home-2")}
    gateway = {"id": known("gateway-2"), "external_id": "gw2", "secret_hash": b"y"}
    await house.changes(sa.insert(t.gateways).values(**gateway, **at_home, adapters=["native"]))
    whose = sa.update(t.devices).where(t.devices.c.id == known("pendant-1"))
    await house.changes(whose.values(client_id=None, home_id=known("home-2")))
    press = await house.reader.hear(said(house, "alarm.button"))
    body = {"kind": "alarm.button"}
    async with house.store.transaction() as uow:
        await record_alarms(uow, [press])
        stranger = other.receives("in/zorg/gw2/native/pendant-99", body, principal=NEIGHBOUR)
        waiting = await begun(house.store, stranger)
    await waiting
    (alert,) = await house.alerts()
    assert (alert.kind, alert.state["repeats"]) == ("alarm.button", 1)


async def test_a_press_waits_for_nobody_who_registers_something_of_its_client(
    house: House, other: House
) -> None:
    referred_to = sa.select(t.clients.c.id).with_for_update(read=True, key_share=True)
    async with other.store.transaction() as uow:  # as every row of an import does
        await uow.db.execute(referred_to)
        await house.press()
    assert await open_alert(house)
