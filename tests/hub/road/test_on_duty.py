"""Who can be called now: rosters, limits, diverted calls, hours and holidays, on the real road."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level
from escalation.windows import OnHolidays, Window
from hub.plans.files import CareFiles, horizon
from hub.plans.who import who
from hub.store import tables as t
from hub.store.care_files import read_rows, woken
from hub.store.values import encode
from tests.hub.house import EVENING, MINUTE, House, agreement, known
from tests.hub.plans.test_plans import agrees, away, works

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FALL = ("alarm.button", "alarm.bed_exit")


async def plans(house: House, *levels: Level, **more: Any) -> None:
    await agrees(house, "own", *levels, Level.CARE_CENTRE, kinds=FALL, **more)


async def diverts(house: House, to: str, until: datetime) -> None:
    row = {
        "id": known("divert"),
        "organisation_id": known("zorg"),
        "contact_id": known("team"),
        "to_id": known(to),
        "during": Range(EVENING - HOUR, until),
    }
    await house.changes(sa.insert(t.diverts).values(row))


async def limits(house: House, **agreed: Any) -> None:
    await house.changes(sa.update(t.client_contacts).values(limits=agreed))


async def presses(house: House) -> list[str]:
    await house.press()
    await house.quiet()
    return house.called()


async def leaves_bed(house: House) -> list[str]:
    """A P2, which spares who has had enough."""
    await house.receives("in/zorg/gw1/native/pendant-1", {"kind": "alarm.bed_exit"})
    await house.quiet()
    return house.called()


async def test_a_team_is_called_in_its_shift_and_passed_over_outside_it(house: House) -> None:
    await plans(house, Level.OWN_TEAM)
    await works(house, "team", EVENING, EVENING + HOUR)
    assert await presses(house) == ["team"]
    await house.resolves(await house.only_alert())
    house.now += HOUR
    house.called()
    assert "team" not in await presses(house)


async def test_a_team_sends_its_calls_on_until_the_hour_it_said(house: House) -> None:
    await plans(house, Level.OWN_TEAM)
    await diverts(house, "night", EVENING + HOUR)
    assert await presses(house) == ["night"]
    await house.resolves(await house.only_alert())
    house.now += HOUR
    house.called()
    assert await presses(house) == ["team"]


async def test_a_team_whose_calls_would_reach_nobody_is_called_itself(house: House) -> None:
    await plans(house, Level.OWN_TEAM)
    await diverts(house, "daughter", EVENING + HOUR)
    await away(house, "daughter", EVENING - HOUR, None)
    assert await presses(house) == ["team"]


async def test_quiet_hours_spare_a_daughter_but_not_for_a_p1(house: House) -> None:
    await plans(house, Level.INFORMAL_CAREGIVER, Level.OWN_TEAM)
    await limits(house, quiet=encode(Window(22 * HOUR, 8 * HOUR)))
    assert await leaves_bed(house) == ["team"]
    assert "daughter" in await presses(house)


async def test_who_was_woken_as_often_as_agreed_sleeps_on(house: House) -> None:
    await plans(house, Level.INFORMAL_CAREGIVER, Level.OWN_TEAM)
    await limits(house, wake_ups_a_week=1)
    assert await leaves_bed(house) == ["daughter"]
    await house.resolves(await house.only_alert())
    house.now += DAY
    assert await foretold(house, "alarm.bed_exit") == {"daughter": "load"}
    assert await foretold(house, "alarm.button") == {}
    house.called()
    assert await leaves_bed(house) == ["team"]


async def foretold(house: House, kind: str) -> dict[str, str]:
    """Who would not be called in the first step, as "who is called at T?" tells it, and why."""
    async with house.store.transaction() as uow:
        rows = await read_rows(uow.db, [known("anne")], *horizon(house.now, 1))
        calls = await woken(uow.db, rows, house.now)
    (care,) = CareFiles(rows, house.now)
    first = who(care, kind, house.now, calls).rungs[0]
    names = {known(one): one for one in ("daughter", "team")}
    return {names[one.contact_id]: one.reason for one in first.skipped if one.contact_id}


async def test_an_alert_does_not_count_against_its_own_calls(house: House) -> None:
    await plans(house, Level.INFORMAL_CAREGIVER, Level.INFORMAL_CAREGIVER, wait=5 * MINUTE)
    await limits(house, wake_ups_a_week=1)
    assert await leaves_bed(house) == ["daughter"]
    await house.passes(6 * MINUTE)
    assert "daughter" in house.called()


@pytest.mark.parametrize("stored", [7, {"quiet": "always"}, {"wake_ups_a_week": []}])
async def test_limits_that_make_no_sense_keep_nobody_from_a_call(house: House, stored: Any) -> None:
    await plans(house, Level.INFORMAL_CAREGIVER)
    await house.changes(sa.update(t.client_contacts).values(limits=stored))
    assert "daughter" in await presses(house)


async def test_a_partner_is_called_in_the_hours_of_its_agreement(house: House) -> None:
    await plans(house, Level.NIGHT_PARTNER)
    hours = encode(Window(23 * HOUR + 30 * MINUTE, 7 * HOUR))
    contract = {
        "id": known("partner contract"),
        "organisation_id": known("zorg"),
        "served_by_id": known("nacht"),
        "role": "partner",
        "valid": Range(EVENING - DAY, None),
        "hours": hours,
    }
    await house.changes(sa.insert(t.service_contracts).values(contract))
    assert "night" not in await presses(house)
    await house.resolves(await house.only_alert())
    house.now += HOUR
    house.called()
    assert await presses(house) == ["night"]


async def test_a_holidays_plan_leads_on_a_holiday(house: House) -> None:
    feast = Window(timedelta(), DAY, holidays=OnHolidays.ONLY)
    await plans(house, Level.OWN_TEAM)
    body = agreement(FALL, Level.INFORMAL_CAREGIVER, window=feast)
    row = {
        "id": known("feast"),
        "organisation_id": known("zorg"),
        "external_id": "feast",
        "name": "feast",
        "client_id": known("anne"),
        "body": body,
        "valid": Range(EVENING - DAY, None),
    }
    await house.changes(sa.insert(t.agreements).values(row))
    day = {"organisation_id": known("zorg"), "day": date(2026, 1, 12), "starts": 18 * HOUR}
    await house.changes(sa.insert(t.holidays).values(day))
    assert await presses(house) == ["daughter"]
