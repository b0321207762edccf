"""How a ladder is climbed when nobody answers: who is called, and how long after the alarm."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from escalation.duty import OnDuty
from escalation.model import Contact, Level, Plan, Priority, Skipped, Step

CAN_GO = frozenset({Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.NIGHT_PARTNER})
ROUND_OF_BACKUP = 3
AT_ONCE = timedelta()


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody is called this long after the alarm."""

    after: timedelta
    contact: Contact

    @property
    def is_professional(self) -> bool:
        """Whether it is somebody who does this for a living; the care centre counts."""
        return self.contact.level is not Level.INFORMAL_CAREGIVER

    @property
    def can_go(self) -> bool:
        """Whether it is somebody who can stand at the bed, the provider's backup apart."""
        return self.contact.level in CAN_GO


@dataclass(frozen=True, slots=True)
class Empty:
    """A step, counted from 1, that reaches nobody, and why not those who are in it."""

    step: int
    level: Level
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """Everybody who is called until the ladder repeats itself, in order, and the empty steps."""

    called: tuple[Called, ...]
    empty: tuple[Empty, ...] = ()

    @property
    def professional(self) -> timedelta | None:
        """How long until the first professional is called; None: never."""
        return min((one.after for one in self.called if one.is_professional), default=None)

    @property
    def somebody(self) -> timedelta | None:
        """How long until somebody is called who can go, or else the backup; None: never."""
        going = [one.after for one in self.called if one.can_go]
        backup = (one.after for one in self.called if one.contact.level is Level.BACKUP)
        return min(going or backup, default=None)

    def can_go_within(self, limit: timedelta) -> frozenset[UUID]:
        """Those who can go and are called in time."""
        return frozenset(one.contact.id for one in self.called if one.can_go and one.after <= limit)


def course(plan: Plan, priority: Priority, on_duty: OnDuty, opened_at: datetime) -> Course:
    """Climb a closed ladder from this moment, nobody answering and nobody busy.

    That is the slowest it can go: whoever declines, or is busy, lets the next be called sooner.
    """
    climb = _Climb(on_duty, opened_at)
    after = AT_ONCE
    last = len(plan.steps) - 1
    for number, step in enumerate(plan.steps):
        waits = climb.call(number, step, after)
        if waits and number < last:
            after += step.wait
    climb.backup(after + (ROUND_OF_BACKUP - 1) * plan.timing.centre_repeats)
    if priority is Priority.P1:
        climb.backup(plan.timing.backup_after)
    return Course(tuple(climb.called), tuple(climb.empty))


def moments_of(plan: Plan, priority: Priority) -> tuple[timedelta, ...]:
    """Every length of time after the alarm at which somebody could be called, in order.

    Steps that reach nobody take no time, so it is every sum of some of the waits.
    """
    sums = {AT_ONCE}
    for step in plan.steps[:-1]:
        sums |= {one + step.wait for one in sums}
    repeats = (ROUND_OF_BACKUP - 1) * plan.timing.centre_repeats
    backup = {one + repeats for one in sums}
    if priority is Priority.P1:
        backup.add(plan.timing.backup_after)
    return tuple(sorted(sums | backup))


class _Climb:
    def __init__(self, on_duty: OnDuty, opened_at: datetime) -> None:
        self.on_duty, self.opened_at = on_duty, opened_at
        self.called: list[Called] = []
        self.empty: list[Empty] = []

    def call(self, number: int, step: Step, after: timedelta) -> bool:
        """Call a step; True when the ladder waits for it."""
        reach = self.on_duty.reachable(step, self.opened_at + after)
        self.called += [Called(after, one) for one in reach.contacts]
        if Level.CARE_CENTRE in step.levels:
            desks = any(one.level is Level.CARE_CENTRE for one in reach.contacts)
            if not desks:
                self.backup(after)
            return True
        if not reach.contacts:
            self.empty.append(Empty(number + 1, step.level, reach.skipped))
        return any(one.alone for one in reach.contacts)

    def backup(self, after: timedelta) -> None:
        """Call the provider's own last resort."""
        step = Step(Level.BACKUP, AT_ONCE)
        reach = self.on_duty.reachable(step, self.opened_at + after)
        self.called += [Called(after, one) for one in reach.contacts]
