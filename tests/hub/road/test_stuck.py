"""An alert that cannot be read: it is shown, it calls, and it holds up nothing else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.house import House, known

DESK = [{"way": "webhook", "address": "http://people.test/desk"}]


@pytest.fixture
async def house(house: House) -> House:
    """A house whose care centre has a telephone."""
    change = sa.update(t.contacts).where(t.contacts.c.id == known("desk"))
    await house.changes(change.values(ways=DESK))
    return house


async def row(house: House, alert_id: UUID) -> Any:
    (found,) = await house.rows(sa.select(t.alerts).where(t.alerts.c.id == alert_id))
    return found


async def breaks(house: House, alert_id: UUID) -> Any:
    """Make the stored state of an alert unreadable; what it was."""
    before = (await row(house, alert_id)).state
    await repairs(house, alert_id, {"who": "knows"})
    return before


async def repairs(house: House, alert_id: UUID, state: Any) -> None:
    change = sa.update(t.alerts).where(t.alerts.c.id == alert_id)
    await house.changes(change.values(state=state))


async def test_an_unreadable_alert_holds_up_no_other(house: House) -> None:
    await house.press("pendant-1")
    await house.press("pendant-3")
    broken, healthy = [one.id for one in await house.alerts()]
    await breaks(house, broken)
    house.now = (await row(house, healthy)).due_at
    await house.quiet()
    assert (await row(house, healthy)).state["step"] == 1
    assert "night" in house.called()


async def test_it_calls_the_centre_is_shown_and_is_looked_at_less_and_less_often(
    house: House,
) -> None:
    await house.press()
    alert_id = await house.only_alert()
    await house.quiet()
    house.called()
    await breaks(house, alert_id)
    house.now = (await row(house, alert_id)).due_at
    waits: list[int] = []
    for _ in range(4):
        looked = house.now
        upcoming = await house.quiet()
        assert upcoming is not None
        assert house.called() == ["desk"]
        waits.append(int((upcoming - looked).total_seconds()))
        house.now = upcoming
    assert waits == [15, 60, 300, 300]
    assert (await row(house, alert_id)).stuck_at is not None
    assert (await house.journal(alert_id)).count("stuck") == 4


async def test_it_goes_on_when_it_is_repaired_and_can_get_stuck_again(house: House) -> None:
    await house.press()
    alert_id = await house.only_alert()
    state = await breaks(house, alert_id)
    await house.passes(timedelta(minutes=1))
    await repairs(house, alert_id, state)
    await house.passes(timedelta(seconds=15))
    repaired = await row(house, alert_id)
    assert (repaired.stuck_at, repaired.retry_at, repaired.attempts) == (None, None, 0)
    assert repaired.state["step"] == 1
    house.called()
    await breaks(house, alert_id)
    house.now = repaired.due_at
    await house.quiet()
    assert house.called() == ["desk"]


async def test_every_further_press_of_the_same_client_is_stored_and_calls_the_centre(
    house: House,
) -> None:
    await house.press()
    alert_id = await house.only_alert()
    await house.quiet()
    house.called()
    await breaks(house, alert_id)
    for _ in range(2):
        await house.press()
        await house.quiet()
        assert house.called() == ["desk"]
    assert await house.only_alert() == alert_id
    events = await house.rows(sa.select(t.events.c.alert_id))
    assert [one.alert_id for one in events] == [alert_id] * 3


async def test_another_emergency_of_the_same_client_opens_an_alert_of_its_own(
    house: House,
) -> None:
    await house.press()
    broken = await house.only_alert()
    await breaks(house, broken)
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "alarm.left_home"})
    await house.press("pendant-2")
    kinds = [one.kind for one in await house.alerts() if one.id != broken]
    assert sorted(kinds) == ["alarm.button", "alarm.left_home"]
