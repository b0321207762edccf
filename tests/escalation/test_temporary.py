"""A plan without somebody: the same ladder, filled up where nobody is left who can go."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from escalation.agreements import Agreement, Source
from escalation.care_file import CareFile
from escalation.defaults import LivingForm
from escalation.model import Level, Step
from escalation.people import KnownContact
from escalation.temporary import next_working_day, without

NAMES = UUID(int=7)
MINUTE = timedelta(minutes=1)


def known(name: str) -> UUID:
    return uuid5(NAMES, name)


def caregiver(name: str, *, consent: bool = True) -> KnownContact:
    return KnownContact(known(name), Level.INFORMAL_CAREGIVER, ("webhook",), consent=consent)


def step(level: Level, *who: str, needed: int = 1) -> Step:
    return Step(level, MINUTE, tuple(map(known, who)), needed=needed)


def proposed(*steps: Step, contacts: tuple[str, ...] = ("daughter",)) -> list[Step]:
    """What becomes of a ladder without the daughter."""
    agreed = Agreement(known("own"), ("alarm.button",), steps)
    care = CareFile(
        known("client"),
        (agreed,),
        LivingForm.SPREAD,
        contacts=tuple(map(caregiver, contacts)),
    )
    found = without(care, known("daughter"))
    return [one for plan in found for one in plan.steps]


CENTRE, TEAM = step(Level.CARE_CENTRE), step(Level.OWN_TEAM)
FAMILY, DAUGHTER = step(Level.INFORMAL_CAREGIVER), step(Level.INFORMAL_CAREGIVER, "daughter")


def test_the_ladder_stays_the_same_without_her() -> None:
    assert proposed(DAUGHTER, TEAM, CENTRE) == [TEAM, CENTRE]
    assert proposed(FAMILY, TEAM, CENTRE) == [TEAM, CENTRE]


def test_who_is_called_beside_her_is_still_called() -> None:
    both = step(Level.INFORMAL_CAREGIVER, "daughter", "son", needed=2)
    son = step(Level.INFORMAL_CAREGIVER, "son", needed=1)
    assert proposed(both, TEAM, CENTRE, contacts=("daughter", "son")) == [son, TEAM, CENTRE]


def test_where_nobody_is_left_who_can_go_the_default_of_the_living_form_fills_the_hole() -> None:
    steps = proposed(DAUGHTER, CENTRE)
    assert [one.level for one in steps] == [Level.OWN_TEAM, Level.CARE_CENTRE]


def test_a_plan_she_has_no_part_in_needs_no_proposal() -> None:
    assert proposed(TEAM, CENTRE) == []
    assert proposed(FAMILY, TEAM, CENTRE, contacts=("daughter", "son")) == []


def test_an_organisations_default_is_not_changed_for_one_caregiver() -> None:
    default = Agreement(known("own"), ("*",), (FAMILY, CENTRE), source=Source.ORGANISATION)
    care = CareFile(known("client"), (default,), LivingForm.SPREAD, (caregiver("daughter"),))
    assert without(care, known("daughter")) == ()


def test_the_team_has_work_until_the_next_working_day() -> None:
    def day(moment: str, holidays: dict[date, timedelta] | None = None) -> date:
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        return next_working_day(at, "Europe/Amsterdam", holidays or {})

    assert day("2026-01-12T22:00") == date(2026, 1, 13)  # a Monday night
    assert day("2026-01-16T22:00") == date(2026, 1, 19)  # a Friday
    assert day("2026-01-18T23:30") == date(2026, 1, 20)  # already Monday in Amsterdam
    easter = {date(2026, 4, 6): timedelta()}
    assert day("2026-04-03T12:00", easter) == date(2026, 4, 7)
    christmas_eve = {date(2026, 12, 24): timedelta(hours=18)}
    assert day("2026-12-23T12:00", christmas_eve) == date(2026, 12, 24)
