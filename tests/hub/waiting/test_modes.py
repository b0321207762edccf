"""Modes on the real road: what they mute, whom a press reaches, and that they end."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from escalation.modes import LONGEST, Mode
from hub.store import tables as t
from hub.store.modes import ModeSet
from tests.hub.house import MINUTE, House, known

HOUR = timedelta(hours=1)


async def sets(
    house: House,
    mode: Mode,
    length: timedelta = HOUR,
    client: str = "anne",
    provider_id: UUID | None = None,
) -> None:
    new = ModeSet(
        id=uuid4(),
        organisation_id=known("zorg"),
        client_id=known(client),
        mode=mode,
        begins_at=house.now,
        ends_at=house.now + length,
        set_by_id=known("anna"),
        provider_id=provider_id,
    )
    async with house.store.transaction() as uow:
        await uow.care.lock({known(client)}, set())
        await uow.modes.set(new, house.now)


async def ends(house: House, mode: Mode, client: str = "anne") -> None:
    async with house.store.transaction() as uow:
        await uow.care.lock({known(client)}, set())
        await uow.modes.end_of(known(client), mode, known("anna"), house.now)


async def gets_up(house: House, *, active: bool = False) -> None:
    """A bed mat says that nobody lies on it, or that somebody does."""
    await house.receives("in/zorg/gw1/zigbee2mqtt/bed-1", {"occupancy": active})


async def leaves_bed(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "alarm.bed_exit"})


async def moves(house: House, *, active: bool = True) -> None:
    await house.receives("in/zorg/gw1/zigbee2mqtt/motion-1", {"occupancy": active})


async def marks(house: House) -> list[str]:
    (alert,) = await house.alerts()
    return list(alert.state["marks"])


@pytest.mark.parametrize("mode", [Mode.HOSPITAL, Mode.AWAY])
async def test_a_press_while_nobody_is_at_home_goes_to_the_centre_only(
    house: House, mode: Mode
) -> None:
    await sets(house, mode, 30 * HOUR)
    await house.press()
    await house.passes(HOUR)
    assert set(house.called()) <= {"backup"}  # the provider's own last resort, after half an hour
    (alert,) = await house.alerts()
    assert [one["level"] for one in alert.state["plan"]["steps"]] == ["care_centre"]
    assert await marks(house) == [mode.value]


async def test_after_a_mode_has_ended_a_press_follows_the_plan_again(house: House) -> None:
    before = await _called_for_a_press(house)
    await sets(house, Mode.HOSPITAL)
    await house.passes(HOUR)
    assert await _called_for_a_press(house) == before == {"night", "backup"}


async def _called_for_a_press(house: House) -> set[str]:
    await house.press()
    await house.passes(5 * MINUTE)
    called = house.called()
    for alert in await house.alerts():
        if alert.resolved_at is None:
            await house.resolves(alert.id)
    await house.quiet()
    house.called()
    return set(called)


async def test_a_mode_ends_by_itself_and_says_when(house: House) -> None:
    await sets(house, Mode.CARER_PRESENT, LONGEST[Mode.CARER_PRESENT])
    until = house.now + 90 * MINUTE
    await house.passes(2 * HOUR)
    (row,) = await house.rows(sa.select(t.modes))
    assert (row.ended_at, row.ended_by_id) == (until, None)


async def test_a_press_during_a_visit_rings_and_says_that_a_carer_is_there(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "presence.carer_present"})
    await house.press()
    assert await marks(house) == ["carer_present"]
    (alert,) = await house.alerts()
    assert alert.priority == "P1"


async def test_a_carer_who_says_that_they_left_ends_the_visit(house: House) -> None:
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "presence.carer_present"})
    house.now += MINUTE
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "presence.carer_done"})
    await house.press()
    assert await marks(house) == []


async def test_leaving_bed_during_a_visit_rings_when_the_visit_is_over_and_not_before(
    house: House,
) -> None:
    await sets(house, Mode.CARER_PRESENT)
    await leaves_bed(house)
    await house.passes(59 * MINUTE)
    assert await house.alerts() == []
    await house.passes(2 * MINUTE)
    (alert,) = await house.alerts()
    assert alert.kind == "alarm.bed_exit"


async def test_a_visit_that_is_ended_by_hand_lets_what_it_muted_ring_at_once(house: House) -> None:
    await sets(house, Mode.RELATIVE_PRESENT, 10 * HOUR)
    await leaves_bed(house)
    house.now += MINUTE
    await ends(house, Mode.RELATIVE_PRESENT)
    await house.quiet()
    assert len(await house.alerts()) == 1


async def test_what_was_taken_back_during_a_visit_does_not_ring_afterwards(house: House) -> None:
    await sets(house, Mode.CARER_PRESENT)
    await leaves_bed(house)
    back = {"kind": "alarm.bed_exit", "withdraws": True}
    await house.receives("in/zorg/gw1/native/pendant-1", back)
    await house.passes(2 * HOUR)
    assert await house.alerts() == []


async def test_what_an_absence_muted_says_nothing_when_somebody_comes_home(house: House) -> None:
    await sets(house, Mode.HOSPITAL)
    await leaves_bed(house)
    await house.passes(2 * HOUR)
    assert await house.alerts() == []


async def test_one_of_two_who_is_away_silences_nothing_of_their_home(house: House) -> None:
    await sets(house, Mode.HOSPITAL, client="bert")
    await house.receives("in/zorg/gw1/zigbee2mqtt/smoke-1", {"smoke": True})
    (alert,) = await house.alerts()
    assert "hospital" in alert.state["marks"]
    assert len(alert.state["client_ids"]) == 2


async def test_smoke_is_never_muted(house: House) -> None:
    for client in ("bert", "carla"):
        for mode in Mode:
            await sets(house, mode, MINUTE, client=client)
    await house.receives("in/zorg/gw1/zigbee2mqtt/smoke-1", {"smoke": True})
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("alarm.smoke", "P1")


async def test_movement_in_an_empty_home_is_told_to_the_centre_after_ten_minutes(
    house: House,
) -> None:
    await sets(house, Mode.HOSPITAL, 30 * HOUR)
    for _ in range(6):
        await moves(house)
        await house.passes(MINUTE)
        await moves(house, active=False)
        await house.passes(MINUTE)
    assert house.called() == []
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("lifestyle.movement_while_away", "P3")
    assert [one["level"] for one in alert.state["plan"]["steps"]] == ["care_centre"]
    assert "beweging" in alert.explanation


async def test_somebody_who_fetches_the_post_is_no_alert(house: House) -> None:
    await sets(house, Mode.HOSPITAL, 30 * HOUR)
    await moves(house)
    await house.passes(3 * MINUTE)
    await moves(house, active=False)
    await house.passes(2 * HOUR)
    await moves(house)
    await moves(house, active=False)
    await house.passes(HOUR)
    assert await house.alerts() == []


async def test_movement_that_goes_on_without_a_pause_is_told_too(house: House) -> None:
    await sets(house, Mode.AWAY, 30 * HOUR)
    await moves(house)
    await house.passes(9 * MINUTE)
    assert await house.alerts() == []
    await house.passes(2 * MINUTE)
    assert len(await house.alerts()) == 1


async def test_movement_at_home_is_nobodys_business(house: House) -> None:
    await moves(house)
    await house.passes(HOUR)
    assert await house.alerts() == []


async def test_a_test_counts_only_while_somebody_tests(house: House) -> None:
    await house.press(test=True)
    (alert,) = await house.alerts()
    assert (alert.lane, alert.state["marks"]) == ("alarm", ["test"])
    await house.resolves(alert.id)
    await sets(house, Mode.TEST, LONGEST[Mode.TEST])
    house.now += MINUTE
    await house.press(test=True)
    _, tested = await house.alerts()
    assert (tested.lane, tested.priority) == ("queue", "T")


async def test_a_press_that_calls_itself_no_test_rings_during_a_test(house: House) -> None:
    await sets(house, Mode.TEST, LONGEST[Mode.TEST])
    await house.press()
    (alert,) = await house.alerts()
    assert (alert.priority, alert.state["marks"]) == ("P1", ["test_mode"])


async def test_elsewhere_the_team_and_the_night_partner_of_that_place_are_called(
    house: House,
) -> None:
    rows = [{"id": known("far"), "external_id": "far", "name": "Far", "sort": "provider"}]
    await house.changes(sa.insert(t.organisations).values(rows))
    team = {
        "id": known("far-team"), "organisation_id": known("far"), "external_id": "far-team",
        "sort": "team", "name": "Far", "level": "own_team",
        "ways": [{"way": "webhook", "address": "http://people.test/far-team"}],
    }  # fmt: skip
    await house.changes(sa.insert(t.contacts).values(team))
    await house.changes(sa.update(t.homes).values(living_form="clustered"))
    await sets(house, Mode.ELSEWHERE, 30 * HOUR, provider_id=known("far"))
    await house.press()
    await house.quiet()
    assert house.called() == ["far-team"]
