"""Doses over time, without a database: which dose a message is about, and what is missed."""

from datetime import UTC, datetime, time, timedelta

from adapters.contract import Edge, Kind, Phase, Scalar
from adapters.doses import observe, ripen
from adapters.doses_state import Heard, Schedule, State

MORNING = datetime(2026, 1, 13, 7, tzinfo=UTC)  # 08:00 in Amsterdam
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOTHING = Schedule()


class Dispenser:
    """One dispenser that is always heard; `missed` are the moments of the doses told missed."""

    def __init__(self, schedule: Schedule = NOTHING) -> None:
        self.state, self.schedule, self.missed = State(), schedule, list[str]()

    def says(self, kind: Kind, minute: int, phase: Phase = Phase.POINT, **value: Scalar) -> None:
        at = MORNING + minute * MINUTE
        said = Edge("d", kind, phase, occurred_at=at, value=value)
        self.state = observe(self.state, said, at, self.schedule)

    def offers(self, dose: str, minute: int, *, heard: int | None = None) -> None:
        due_at = (MORNING + minute * MINUTE).isoformat()
        at = minute if heard is None else heard
        self.says(Kind.DISPENSED, at, Phase.START, dose_id=dose, due_at=due_at)

    def is_looked_at(self, minute: int) -> None:
        now = MORNING + minute * MINUTE
        outcome = ripen(self.state, now, self.schedule, Heard(now))
        self.state = outcome.state
        self.missed += [
            f"{datetime.fromisoformat(str(one.value['due_at'])):%d %H:%M}"
            for one in outcome.findings
            if one.kind is Kind.MISSED_DOSE
        ]


def test_an_id_that_is_used_every_day_is_another_dose_each_day() -> None:
    dispenser = Dispenser()
    dispenser.offers("morning", 0)
    dispenser.says(Kind.TAKEN, 5, dose_id="morning")
    dispenser.offers("morning", 24 * 60)
    dispenser.is_looked_at(24 * 60 + 76)
    assert dispenser.missed == ["14 07:00"]


def test_given_and_then_taken_is_one_dose_not_two() -> None:
    for name in ("", "d1"):
        dispenser = Dispenser(Schedule((time(8), time(9))))
        dispenser.is_looked_at(-60)
        dispenser.says(Kind.DISPENSED, 1, dose_id=name)
        dispenser.says(Kind.TAKEN, 3, dose_id=name)
        dispenser.is_looked_at(140)
        assert dispenser.missed == ["13 08:00"]


def test_two_doses_of_one_moment_are_two() -> None:
    dispenser = Dispenser()
    dispenser.offers("tablets", 0)
    dispenser.offers("drops", 0)
    dispenser.says(Kind.TAKEN, 5, dose_id="tablets", due_at=MORNING.isoformat())
    dispenser.is_looked_at(76)
    assert dispenser.missed == ["13 07:00"]


def test_taken_may_be_heard_before_the_dose_that_it_is_about() -> None:
    dispenser = Dispenser()
    dispenser.says(Kind.TAKEN, 5, dose_id="d1")
    dispenser.offers("d1", 0, heard=6)
    dispenser.is_looked_at(90)
    assert dispenser.missed == []


def test_a_dose_that_is_heard_of_late_is_missed_when_nothing_else_is_said_of_it() -> None:
    dispenser = Dispenser()
    dispenser.offers("d1", 0, heard=180)
    dispenser.is_looked_at(184)
    assert dispenser.missed == []
    dispenser.is_looked_at(185)
    assert dispenser.missed == ["13 07:00"]


def test_saying_again_that_a_dose_is_due_does_not_put_off_that_it_is_missed() -> None:
    dispenser = Dispenser()
    for minute in (0, 40, 71, 74):
        dispenser.offers("d1", 0, heard=minute)
    dispenser.is_looked_at(75)
    assert dispenser.missed == ["13 07:00"]


def test_a_dose_of_days_ago_is_history() -> None:
    dispenser = Dispenser()
    dispenser.offers("d1", 0, heard=26 * 60)
    dispenser.is_looked_at(27 * 60)
    assert dispenser.missed == []


def test_what_is_said_of_a_missed_dose_late_does_not_settle_the_next() -> None:
    for kind in (Kind.MISSED_DOSE, Kind.TAKEN):
        dispenser = Dispenser(Schedule((time(8), time(10, 15))))
        dispenser.is_looked_at(-60)
        dispenser.is_looked_at(75)
        dispenser.says(kind, 76)
        dispenser.is_looked_at(135 + 75)
        assert dispenser.missed == ["13 07:00", "13 09:15"]


def test_a_dose_given_along_for_tomorrow_is_not_planned_again() -> None:
    dispenser = Dispenser(Schedule((time(8),)))
    due_at = (MORNING + 2 * DAY).isoformat()
    dispenser.is_looked_at(-60)
    dispenser.says(Kind.TAKEN, 0)
    dispenser.says(Kind.EARLY_RELEASE, 1, dose_id="d3", due_at=due_at)
    dispenser.is_looked_at(20 * 60)
    dispenser.says(Kind.TAKEN, 24 * 60)
    for hour in range(25, 2 * 24 + 3):
        dispenser.is_looked_at(hour * 60)
    assert dispenser.missed == []
