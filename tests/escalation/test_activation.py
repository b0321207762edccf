"""Which errors keep an agreement out of force: those it answers for, and no others."""

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.activation import is_there_later, stand_in_the_way, without
from escalation.agreements import Agreement
from escalation.care_file import CareFile
from escalation.judging import Code
from escalation.model import Level, Step
from escalation.people import Period, PeriodSort
from escalation.windows import DAY
from tests.escalation.story import CAREGIVER, CENTRE, TEAM, id_of, minutes
from tests.escalation.test_verify import BY_DAY, EVERYBODY, MONDAY, NIGHT, a_file, agreed, proved

LONG = Step(Level.INFORMAL_CAREGIVER, wait=minutes(20))
ALARMS = ("alarm.fall",)


def codes(care: CareFile, *brought: Agreement, days: int = 40) -> dict[str, set[Code]]:
    """The errors that each of these answers for, by name."""
    ids = {one.id for one in brought}
    proof = proved(care, days=days)
    bare = proved(without(care, ids), days=days) if is_there_later(proof, MONDAY) else None
    found = stand_in_the_way(care, proof, bare, ids, MONDAY)
    return {one.name: {two.code for two in found.get(one.id, ())} for one in brought}


def test_an_agreement_answers_for_the_error_it_makes() -> None:
    late = agreed("late", LONG, CENTRE, kinds=ALARMS)
    assert codes(a_file(late), late) == {"late": {Code.PROFESSIONAL_LATE}}


def test_another_that_came_with_it_does_not() -> None:
    late = agreed("late", LONG, CENTRE, kinds=ALARMS, window=NIGHT)
    good = agreed("good", CENTRE, kinds=ALARMS, window=BY_DAY)
    assert codes(a_file(late, good), late, good) == {
        "late": {Code.PROFESSIONAL_LATE},
        "good": set(),
    }


def test_one_that_was_there_keeps_nobody_from_another() -> None:
    late = agreed("late", LONG, CENTRE, kinds=ALARMS)
    good = agreed("good", TEAM, CENTRE, kinds=("alarm.pull_cord",))
    assert codes(a_file(late, good), good) == {"good": set()}


def test_an_agreement_answers_for_what_is_wrong_with_itself() -> None:
    one = agreed("one", CAREGIVER, CENTRE)
    other = agreed("other", CAREGIVER, CENTRE)
    fire = agreed("fire", TEAM, CENTRE, kinds=("alarm.smoke",))
    found = codes(a_file(one, other, fire), other, fire)
    assert found["other"] == {Code.CONFLICT}
    assert Code.CENTRE_NOT_FIRST in found["fire"]


def served_until(ends: datetime, *agreements: Agreement) -> CareFile:
    """A client whose care centre has a contract until then."""
    people = tuple(
        replace(one, needs=(PeriodSort.CONTRACT,)) if one.level is Level.CARE_CENTRE else one
        for one in EVERYBODY
    )
    period = Period(id_of("desk"), PeriodSort.CONTRACT, None, ends)
    return a_file(*agreements, contacts=people, periods=(period,))


def test_a_contract_that_ends_in_a_month_keeps_nobody_from_agreeing() -> None:
    one = agreed("one", CAREGIVER, CENTRE)
    two = agreed("two", CAREGIVER, CENTRE, kinds=ALARMS)
    care = served_until(MONDAY + 30 * DAY, one, two)
    assert codes(care, one, two) == {"one": set(), "two": set()}


def test_one_that_ends_this_week_does() -> None:
    one = agreed("one", CAREGIVER, CENTRE)
    assert Code.NO_CENTRE in codes(served_until(MONDAY + 3 * DAY, one), one)["one"]


def test_an_error_of_its_own_that_begins_later_does_too() -> None:
    begins = MONDAY + 20 * DAY
    late = agreed("late", LONG, CENTRE, kinds=ALARMS, valid_from=begins)
    care = served_until(MONDAY + timedelta(days=30), late)
    assert Code.PROFESSIONAL_LATE in codes(care, late)["late"]


def test_a_plan_without_errors_has_nothing_in_its_way() -> None:
    one = agreed("one", CAREGIVER, TEAM, CENTRE)
    assert codes(a_file(one), one) == {"one": set()}
