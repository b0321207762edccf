"""Modes: what somebody's absence, visitors or a repair changes about the events of their home.

A mode always has an end. What it mutes is kept and rings nobody; whatever may be a call for help
is never muted. Somebody in hospital or away is not looked for at home: the care centre alone
hears, and finds out where they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from escalation.kinds import family
from escalation.ladder import centre_at_once
from escalation.model import Plan, Priority

MOVEMENT_WHILE_AWAY = "lifestyle.movement_while_away"
MOVED_FOR = timedelta(minutes=10)  # indoor movement in an empty home that lasts longer is told


class Mode(StrEnum):
    """How things stand with a client, or in their home, for a while."""

    AWAY = "away"
    HOSPITAL = "hospital"
    ELSEWHERE = "elsewhere"
    RELATIVE_PRESENT = "relative_present"
    CARER_PRESENT = "carer_present"
    MAINTENANCE = "maintenance"
    TEST = "test"


LONGEST: Mapping[Mode, timedelta] = {
    Mode.AWAY: timedelta(days=92),
    Mode.HOSPITAL: timedelta(days=92),
    Mode.ELSEWHERE: timedelta(days=92),
    Mode.RELATIVE_PRESENT: timedelta(days=14),
    Mode.CARER_PRESENT: timedelta(minutes=90),
    Mode.MAINTENANCE: timedelta(hours=12),
    Mode.TEST: timedelta(minutes=15),
}
CENTRE_ONLY = frozenset({Mode.AWAY, Mode.HOSPITAL})
NOT_AT_HOME = CENTRE_ONLY | {Mode.ELSEWHERE}
RHYTHM = ("lifestyle", "alarm.bed_exit", "alarm.left_home")
TRACKED = ("location.left_zone", "location.not_back_in_time")
MUTES: Mapping[Mode, tuple[str, ...]] = {
    Mode.AWAY: (*RHYTHM, *TRACKED, "medication"),
    Mode.HOSPITAL: (*RHYTHM, *TRACKED, "medication"),
    Mode.ELSEWHERE: (*RHYTHM, *TRACKED),
    Mode.RELATIVE_PRESENT: RHYTHM,
    Mode.CARER_PRESENT: RHYTHM,
    Mode.MAINTENANCE: ("technical",),
    Mode.TEST: (),
}
OUTAGES = frozenset({"technical.gateway_offline", "technical.vendor_silent"})  # of more than a home


@dataclass(frozen=True, slots=True)
class InForce:
    """A mode of one client from `begins_at` until just before `ends_at`."""

    mode: Mode
    begins_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        """Whether it is in force at this moment."""
        return self.begins_at <= at < self.ends_at


Modes = tuple[InForce, ...]  # of one client


def in_force(modes: Sequence[Modes], at: datetime) -> tuple[frozenset[Mode], ...]:
    """The modes of each of these clients at a moment."""
    return tuple(frozenset(one.mode for one in each if one.covers(at)) for each in modes)


def any_of(modes: Sequence[Modes], at: datetime) -> tuple[Mode, ...]:
    """The modes of any of them at a moment, in the order of `Mode`."""
    there = frozenset[Mode]().union(*in_force(modes, at))
    return tuple(one for one in Mode if one in there)


def left_at(modes: Sequence[Modes], at: datetime) -> datetime | None:
    """Since when none of these clients is at home; None while one of them is, or of no client."""
    away = [
        [one.begins_at for one in each if one.covers(at) and one.mode in NOT_AT_HOME]
        for each in modes
    ]
    return max(min(each) for each in away) if away and all(away) else None


def led_by_modes(plan: Plan, kind: str, modes: Sequence[Modes], at: datetime) -> Plan:
    """The ladder as these people's modes leave it: the care centre alone where nobody is there."""
    there = CENTRE_ONLY if kind != MOVEMENT_WHILE_AWAY else NOT_AT_HOME
    only = bool(modes) and all(each & there for each in in_force(modes, at))
    return centre_at_once(plan) if only else plan


def is_test(modes: Sequence[Modes], at: datetime) -> bool:
    """Whether somebody said that they are testing: only then a message's own word for it counts."""
    return any(Mode.TEST in each for each in in_force(modes, at))


def muted_until(
    kind: str, priority: Priority, modes: Sequence[Modes], at: datetime
) -> datetime | None:
    """Until when an event of this kind rings nobody; None: it rings.

    Of several people all must have a mode that mutes it. An outage of a gateway is never muted.
    """
    if not modes or kind == MOVEMENT_WHILE_AWAY or kind in OUTAGES or priority is Priority.I:
        return None
    ends = [[one.ends_at for one in each if one.covers(at) and _mutes(one, kind)] for each in modes]
    return min(max(each) for each in ends) if all(ends) else None


def rings_afterwards(modes: Sequence[Modes], at: datetime) -> bool:
    """Whether what was muted must be looked at again when the mode ends.

    A visitor leaves, and who was up all evening is alone and still up. Of somebody who comes home
    from hospital the old event says nothing.
    """
    return not any(each & NOT_AT_HOME for each in in_force(modes, at))


def _mutes(one: InForce, kind: str) -> bool:
    return kind in MUTES[one.mode] or family(kind) in MUTES[one.mode]
