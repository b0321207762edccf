"""The model night: bed, door and motion sensors, and who is called at which hour."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level
from escalation.windows import NIGHT_BEGINS, NIGHT_ENDS, Window
from hub.store import tables as t
from tests.hub.house import MINUTE, House, agreement, known

Z2M = "in/zorg/gw1/zigbee2mqtt/zigbee2mqtt"
IN_BED, OUT_OF_BED = {"contact": True}, {"contact": False}
CLOSED, OPEN = {"contact": True}, {"contact": False}
STILL, MOVES = {"occupancy": False}, {"occupancy": True}
RHYTHM = ("lifestyle.*", "location.*", "alarm.left_home")


async def agree(house: House) -> None:
    """Nights: centre, night team, centre. Days: daughter, team, centre."""
    night = agreement(
        RHYTHM, Level.CARE_CENTRE, Level.NIGHT_PARTNER, Level.CARE_CENTRE,
        window=Window(NIGHT_BEGINS, NIGHT_ENDS),
    )  # fmt: skip
    day = agreement(
        RHYTHM, Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.CARE_CENTRE,
        window=Window(NIGHT_ENDS, NIGHT_BEGINS),
    )  # fmt: skip
    rows = [
        {
            "id": known(name), "organisation_id": known("zorg"), "external_id": name, "name": name,
            "client_id": known("anne"), "body": body, "valid": Range(house.now - timedelta(days=9)),
        }
        for name, body in (("night", night), ("day", day))
    ]  # fmt: skip
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.insert(t.agreements), rows)


async def asleep(house: House) -> None:
    for sensor, state in (("bed-1", IN_BED), ("door-1", CLOSED), ("motion-1", STILL)):
        await house.receives(f"{Z2M}/{sensor}", state)


async def test_not_back_in_bed_goes_to_the_centre_and_then_to_the_night_team(
    house: House,
) -> None:
    await agree(house)
    await asleep(house)
    await house.passes(3 * 60 * MINUTE)
    await house.receives(f"{Z2M}/bed-1", OUT_OF_BED)
    await house.passes(19 * MINUTE)
    assert await house.alerts() == []
    await house.passes(2 * MINUTE)
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("lifestyle.not_back_in_bed", "P2")
    assert alert.explanation == "Uit bed om 02:00, 20 min; geen beweging elders."
    assert house.called() == []
    await house.passes(2 * MINUTE)
    assert house.called() == ["night"]


async def test_back_in_bed_in_time_is_nothing(house: House) -> None:
    await agree(house)
    await asleep(house)
    await house.receives(f"{Z2M}/bed-1", OUT_OF_BED)
    await house.passes(10 * MINUTE)
    await house.receives(f"{Z2M}/bed-1", IN_BED)
    await house.passes(60 * MINUTE)
    assert await house.alerts() == []


async def test_the_outside_door_at_night_without_movement_indoors_is_urgent(
    house: House,
) -> None:
    await agree(house)
    await asleep(house)
    await house.passes(60 * MINUTE)
    await house.receives(f"{Z2M}/door-1", OPEN)
    await house.passes(4 * MINUTE)
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("alarm.left_home", "P1")
    assert alert.home_id == known("home-1")


async def test_by_day_the_daughter_is_called_first(house: House) -> None:
    await agree(house)
    house.now += timedelta(hours=13)
    await house.receives(
        "in/zorg/gw1/native/pendant-1",
        {"kind": "location.left_zone", "lat": 52.5, "lon": 6.1, "accuracy_m": 12},
    )
    await house.passes(2 * MINUTE)
    assert house.called() == ["daughter"]
    await house.passes(2 * MINUTE)
    assert house.called() == ["team"]


async def test_an_absent_daughter_is_skipped_with_the_reason_in_the_journal(
    house: House,
) -> None:
    await agree(house)
    house.now += timedelta(hours=13)
    away = {
        "id": known("away"), "organisation_id": known("zorg"), "contact_id": known("daughter"),
        "during": Range(house.now - MINUTE, house.now + timedelta(days=2)),
    }  # fmt: skip
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.insert(t.absences), [away])
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "lifestyle.inactivity"})
    await house.quiet()
    assert house.called() == ["team"]
    (skip,) = await house.rows(sa.select(t.journal.c.facts).where(t.journal.c.what == "skip"))
    assert skip.facts["skipped"][0]["reason"] == "absent"
