"""Whom a step reaches at a moment, and whom not and why."""

from datetime import timedelta
from typing import Any

import pytest

from escalation.duty import Absence, Facts, on_duty
from escalation.model import Level, Priority, Reach
from tests.escalation.story import CAREGIVER, CENTRE, EVENING, id_of, known, step

FAMILY = (
    known("daughter", Level.INFORMAL_CAREGIVER, "call", "sms"),
    known("son", Level.INFORMAL_CAREGIVER, "sms"),
    known("team", Level.OWN_TEAM),
)
HOUR = timedelta(hours=1)


def facts(kind: str = "alarm.button", priority: Priority = Priority.P1, **fields: Any) -> Facts:
    return Facts(kind, priority, **{"contacts": FAMILY, **fields})


def names(reach: Reach) -> list[object]:
    return [one.id for one in reach.contacts]


def test_a_step_reaches_everybody_of_its_level_in_order() -> None:
    reach = on_duty(facts()).reachable(CAREGIVER, EVENING)
    assert names(reach) == [id_of("daughter"), id_of("son")]
    assert reach.skipped == ()


def test_a_step_may_name_who_of_its_level_is_called_and_call_other_levels_beside() -> None:
    named = step(Level.INFORMAL_CAREGIVER, who=(id_of("son"),), beside=(Level.OWN_TEAM,))
    assert names(on_duty(facts()).reachable(named, EVENING)) == [id_of("son"), id_of("team")]


def test_somebody_named_whom_nobody_knows_is_skipped_as_unknown() -> None:
    named = step(Level.INFORMAL_CAREGIVER, who=(id_of("neighbour"),))
    skipped = on_duty(facts()).reachable(named, EVENING).skipped
    assert [(one.contact_id, one.reason) for one in skipped] == [(id_of("neighbour"), "unknown")]


@pytest.mark.parametrize(
    ("hours", "away"), [(-0.1, False), (0, True), (0.9, True), (1, False), (2, False)]
)
def test_an_absence_begins_on_time_and_ends_on_time(hours: float, away: bool) -> None:
    absence = Absence(id_of("son"), EVENING, EVENING + HOUR)
    reach = on_duty(facts(absences=(absence,))).reachable(CAREGIVER, EVENING + hours * HOUR)
    assert [one.reason for one in reach.skipped] == (["absent"] if away else [])


def test_an_absence_without_an_end_lasts() -> None:
    absences = (Absence(id_of("son"), EVENING),)
    reach = on_duty(facts(absences=absences)).reachable(CAREGIVER, EVENING + 9000 * HOUR)
    assert names(reach) == [id_of("daughter")]


def test_nobody_is_called_without_consent_or_without_a_way() -> None:
    contacts = (
        known("daughter", Level.INFORMAL_CAREGIVER, consent=False),
        known("son", Level.INFORMAL_CAREGIVER),
    )
    wayless = (contacts[0], type(contacts[1])(id_of("son"), Level.INFORMAL_CAREGIVER))
    reach = on_duty(facts(contacts=wayless)).reachable(CAREGIVER, EVENING)
    assert [one.reason for one in reach.skipped] == ["no_consent", "no_way"]


def test_a_step_narrows_the_ways_but_never_to_none() -> None:
    by_sms = step(Level.INFORMAL_CAREGIVER, ways=("sms",))
    by_pager = step(Level.INFORMAL_CAREGIVER, ways=("pager",))
    assert on_duty(facts()).reachable(by_sms, EVENING).contacts[0].ways == ("sms",)
    assert on_duty(facts()).reachable(by_pager, EVENING).contacts[0].ways == ("call", "sms")


def test_a_load_limit_skips_a_caregiver_except_in_a_p1() -> None:
    over = frozenset({id_of("daughter")})
    p2 = on_duty(facts(priority=Priority.P2, over_limit=over)).reachable(CAREGIVER, EVENING)
    assert [one.reason for one in p2.skipped] == ["load"]
    p1 = on_duty(facts(over_limit=over)).reachable(CAREGIVER, EVENING)
    assert [one.alone for one in p1.contacts] == [False, True]


def test_load_limits_do_not_apply_to_smoke() -> None:
    over = frozenset({id_of("daughter")})
    smoke = on_duty(facts("alarm.smoke", Priority.P2, over_limit=over))
    assert [one.alone for one in smoke.reachable(CAREGIVER, EVENING).contacts] == [True, True]


def test_a_busy_person_is_reached_but_not_waited_for_alone() -> None:
    busy = on_duty(facts(busy=frozenset({id_of("son")}))).reachable(CAREGIVER, EVENING)
    assert [one.alone for one in busy.contacts] == [True, False]


def test_a_desk_of_the_care_centre_is_always_called_served_or_not() -> None:
    desk = known("desk", Level.CARE_CENTRE, served=False, consent=False)
    reach = on_duty(facts(contacts=(desk,))).reachable(CENTRE, EVENING)
    assert [one.served for one in reach.contacts] == [False]


def test_an_alert_that_becomes_urgent_calls_who_was_skipped_for_load() -> None:
    over = frozenset({id_of("daughter")})
    before = on_duty(facts(priority=Priority.P2, over_limit=over))
    after = before.about("alarm.fall", Priority.P1)
    assert id_of("daughter") in names(after.reachable(CAREGIVER, EVENING))
