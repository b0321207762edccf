"""What a mode mutes, whom it leaves on the ladder, and what it never touches."""

from datetime import datetime, timedelta

import pytest

from escalation.model import Level, Priority
from escalation.modes import (
    MOVEMENT_WHILE_AWAY,
    InForce,
    Mode,
    Modes,
    any_of,
    is_test,
    led_by_modes,
    left_at,
    muted_until,
    rings_afterwards,
)
from tests.escalation.story import EVENING, a_plan, step

HOUR = timedelta(hours=1)
UNTIL = EVENING + 2 * HOUR
PLAN = a_plan(step(Level.INFORMAL_CAREGIVER), step(Level.CARE_CENTRE))


def somebody(*modes: Mode, begins: datetime = EVENING - HOUR, ends: datetime = UNTIL) -> Modes:
    return tuple(InForce(one, begins, ends) for one in modes)


def until(kind: str, *modes: Modes, priority: Priority = Priority.P2) -> datetime | None:
    return muted_until(kind, priority, modes, EVENING)


def levels(kind: str, *modes: Modes) -> list[Level]:
    return [one.level for one in led_by_modes(PLAN, kind, modes, EVENING).steps]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("kind", ["alarm.button", "alarm.fall", "alarm.smoke"])
def test_a_call_for_help_is_never_muted(mode: Mode, kind: str) -> None:
    assert until(kind, somebody(mode), priority=Priority.P1) is None


def test_a_visit_mutes_the_rhythm_of_the_day_until_it_ends() -> None:
    assert until("lifestyle.not_up", somebody(Mode.CARER_PRESENT)) == UNTIL
    assert until("medication.missed", somebody(Mode.CARER_PRESENT)) is None
    assert until("lifestyle.not_up", somebody(Mode.CARER_PRESENT, begins=EVENING + HOUR)) is None
    assert until("lifestyle.not_up", somebody(Mode.CARER_PRESENT, ends=EVENING)) is None


def test_what_concerns_two_is_muted_while_both_have_a_mode_that_mutes_it() -> None:
    longer = somebody(Mode.RELATIVE_PRESENT, ends=UNTIL + HOUR)
    assert until("lifestyle.not_up", longer, somebody(Mode.AWAY)) == UNTIL
    assert until("lifestyle.not_up", longer, ()) is None
    assert until("lifestyle.not_up") is None


def test_a_repair_mutes_its_devices_and_no_outage() -> None:
    repair = somebody(Mode.MAINTENANCE)
    assert until("technical.offline", repair, priority=Priority.T) == UNTIL
    assert until("technical.gateway_offline", repair) is None
    assert until("technical.mains_restored", repair, priority=Priority.I) is None
    assert until(MOVEMENT_WHILE_AWAY, somebody(Mode.AWAY)) is None


def test_the_centre_alone_hears_of_somebody_who_is_not_there() -> None:
    everybody = [Level.INFORMAL_CAREGIVER, Level.CARE_CENTRE]
    assert levels("alarm.button", somebody(Mode.HOSPITAL)) == [Level.CARE_CENTRE]
    assert levels("alarm.button", somebody(Mode.HOSPITAL), ()) == everybody
    assert levels("alarm.button", somebody(Mode.ELSEWHERE)) == everybody
    assert levels("alarm.button") == everybody
    assert levels(MOVEMENT_WHILE_AWAY, somebody(Mode.ELSEWHERE)) == [Level.CARE_CENTRE]


def test_a_home_is_empty_from_when_the_last_one_left() -> None:
    earlier = somebody(Mode.HOSPITAL, begins=EVENING - 3 * HOUR)
    assert left_at((earlier, somebody(Mode.AWAY)), EVENING) == EVENING - HOUR
    assert left_at((earlier, somebody(Mode.CARER_PRESENT)), EVENING) is None
    assert left_at((), EVENING) is None


def test_only_somebody_who_tests_is_believed_to_test() -> None:
    assert is_test([somebody(Mode.TEST)], EVENING)
    assert not is_test([somebody(Mode.AWAY)], EVENING)


def test_what_a_visit_muted_rings_afterwards_and_what_an_absence_muted_does_not() -> None:
    assert rings_afterwards([somebody(Mode.CARER_PRESENT)], EVENING)
    assert not rings_afterwards([somebody(Mode.HOSPITAL, Mode.CARER_PRESENT)], EVENING)


def test_modes_are_listed_once_and_in_their_order() -> None:
    both = somebody(Mode.TEST, Mode.AWAY)
    assert any_of([both, somebody(Mode.AWAY)], EVENING) == (Mode.AWAY, Mode.TEST)
