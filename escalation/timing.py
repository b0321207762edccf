"""The table of defaults: how long everybody has, per priority (docs/engine.md shows it)."""

from collections.abc import Mapping
from datetime import timedelta

from escalation.model import Level, Priority, Timing

SHORTEST_WAIT = timedelta(seconds=10)  # a plan that waits less would call the whole ladder at once
LONGEST_WAIT = timedelta(hours=1)  # and one that waits a day would call nobody while it matters
TEAM_IN_THE_BUILDING = timedelta(seconds=90)
REMINDER = timedelta(days=1)


def bounded(wait: timedelta) -> timedelta:
    """A wait as it may be climbed: neither so short nor so long that it makes the ladder idle."""
    return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


DEFAULT_TIMINGS: Mapping[Priority, Timing] = {
    Priority.P1: Timing(
        centre_repeats=_minutes(1),
        watch=_minutes(3),
        name_eta=_minutes(5),
        coming_extra=_minutes(5),
        coming_most=_minutes(45),
        on_site=_minutes(45),
        grace=_minutes(1),
        name_person=_minutes(3),
    ),
    Priority.P2: Timing(
        centre_repeats=_minutes(3),
        watch=_minutes(5),
        name_eta=_minutes(10),
        coming_extra=_minutes(10),
        coming_most=_minutes(90),
        on_site=_minutes(60),
        grace=_minutes(2),
        name_person=_minutes(5),
    ),
    Priority.P3: Timing(
        centre_repeats=_minutes(15),
        watch=_minutes(15),
        name_eta=_minutes(30),
        coming_extra=timedelta(),
        coming_most=timedelta(hours=8),  # a whole shift, where nobody says when theirs ends
        on_site=_minutes(60),
        grace=_minutes(5),
        name_person=_minutes(15),
    ),
    Priority.T: Timing(
        centre_repeats=REMINDER,
        watch=timedelta(hours=8),
        name_eta=REMINDER,
        coming_extra=REMINDER,
        coming_most=timedelta(days=7),
        on_site=timedelta(hours=8),
        grace=REMINDER,
        name_person=REMINDER,
    ),
}

WAITS: Mapping[Priority, timedelta] = {
    Priority.P1: _minutes(2),
    Priority.P2: _minutes(5),
    Priority.P3: _minutes(15),
}


def timing(priority: Priority) -> Timing:
    """The default waits and leases of a priority; information has those of the technical queue."""
    return DEFAULT_TIMINGS.get(priority, DEFAULT_TIMINGS[Priority.T])


def wait(level: Level, priority: Priority) -> timedelta:
    """How long a level has by default before the next step is called."""
    if level is Level.CARE_CENTRE:
        return timing(priority).centre_repeats
    if level is Level.TECHNICAL_DESK:
        return REMINDER
    return WAITS.get(priority, REMINDER)
