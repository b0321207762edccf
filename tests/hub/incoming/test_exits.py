"""Leaving a zone: two fixes or two minutes, and a return before that is nothing."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.store import tables as t
from tests.hub.house import MINUTE, House, known

TOPIC = "in/zorg/gw1/native/pendant-1"
SECOND = timedelta(seconds=1)


async def says(house: House, kind: str, **more: Any) -> None:
    place = {"lat": 52.51, "lon": 6.09, "accuracy_m": 15, **more}
    body = {"kind": kind, "at": house.now.isoformat(), "position": place}
    await house.receives(TOPIC, body)


async def leaves(house: House, **more: Any) -> None:
    await says(house, "location.left_zone", **more)


async def open_alerts(house: House) -> list[tuple[str, str]]:
    return [(one.kind, one.priority) for one in await house.alerts()]


async def test_an_exit_that_lasts_two_minutes_rings_and_not_before(house: House) -> None:
    await leaves(house)
    await house.passes(119 * SECOND)
    assert await open_alerts(house) == []
    await house.passes(SECOND)
    assert await open_alerts(house) == [("location.left_zone", "P1")]
    (alert,) = await house.alerts()
    assert alert.opened_at == house.now


async def test_a_return_within_two_minutes_is_nothing_and_stays_on_record(house: House) -> None:
    await leaves(house)
    await house.passes(MINUTE)
    await says(house, "location.returned")
    await house.passes(10 * MINUTE)
    assert await open_alerts(house) == []
    kinds = {one.kind for one in await house.rows(sa.select(t.events.c.kind))}
    assert kinds == {"location.left_zone", "location.returned"}


async def test_an_exit_that_its_tracker_takes_back_is_nothing(house: House) -> None:
    await leaves(house)
    await house.passes(MINUTE)
    await house.receives(TOPIC, {"kind": "location.left_zone", "withdraws": True})
    await house.passes(10 * MINUTE)
    assert await open_alerts(house) == []


async def test_a_second_fix_outside_rings_at_once(house: House) -> None:
    await leaves(house)
    await house.passes(20 * SECOND)
    await says(house, "presence.heartbeat")
    await house.quiet()
    assert await open_alerts(house) == [("location.left_zone", "P1")]


async def test_a_second_exit_rings_at_once_and_both_are_of_one_alert(house: House) -> None:
    await leaves(house)
    await house.passes(20 * SECOND)
    await leaves(house)
    await house.quiet()
    assert len(await house.alerts()) == 1
    events = await house.rows(sa.select(t.events.c.alert_id))
    assert {one.alert_id for one in events} == {await house.only_alert()}
    assert len(events) == 2


async def test_a_vague_fix_or_one_around_home_confirms_nothing(house: House) -> None:
    place = {"latitude": 52.51, "longitude": 6.09}
    await house.changes(sa.update(t.homes).values(place))
    await leaves(house, accuracy_m=400)
    await house.passes(20 * SECOND)
    await says(house, "presence.heartbeat", accuracy_m=400)
    await says(house, "presence.heartbeat", lat=52.5103, accuracy_m=50)
    await house.passes(20 * SECOND)
    assert await open_alerts(house) == []
    await says(house, "presence.heartbeat", lat=52.52, accuracy_m=50)
    await house.quiet()
    assert len(await open_alerts(house)) == 1


async def test_a_restart_in_between_changes_nothing(house: House) -> None:
    await leaves(house)
    again = House(house.store, house.now + 119 * SECOND)
    await again.quiet()
    assert await open_alerts(again) == []
    await again.passes(SECOND)
    assert len(await open_alerts(again)) == 1


async def test_what_was_kept_by_a_gateway_for_longer_rings_at_once(house: House) -> None:
    told = (house.now - 8 * MINUTE).isoformat()
    await house.receives(TOPIC, {"kind": "location.left_zone", "at": told})
    assert len(await open_alerts(house)) == 1


async def test_whoever_is_out_already_is_told_of_again_at_once(house: House) -> None:
    await leaves(house)
    await house.passes(5 * MINUTE)
    await leaves(house)
    assert "repeated" in await house.journal(await house.only_alert())


async def test_coming_back_is_told_and_closes_nothing(house: House) -> None:
    await leaves(house)
    await house.passes(5 * MINUTE)
    await says(house, "location.returned")
    alert_id = await house.only_alert()
    assert "withdrawn" in await house.journal(alert_id)
    (alert,) = await house.alerts()
    assert alert.resolved_at is None


async def test_entering_where_danger_is_waits_for_nothing(house: House) -> None:
    await says(house, "location.entered_forbidden_zone")
    assert len(await open_alerts(house)) == 1


async def test_one_persons_exit_waits_for_no_other(house: House) -> None:
    await leaves(house)
    await house.press("pendant-2")
    (alert,) = await house.alerts()
    assert alert.subject_id == known("bert")
