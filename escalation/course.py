"""How a ladder is climbed when nobody answers: who is called, and how long after the alarm."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from escalation.model import Contact, Level, Plan, Priority, Reach, Skipped, Step

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
class Rung:
    """A step, counted from 1, or the backup beside them all (0): when, who is called, who not."""

    step: int
    level: Level
    after: timedelta
    contacts: tuple[Contact, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it is a step that reaches nobody; the care centre rings all the same."""
        return self.step > 0 and not self.contacts and self.level is not Level.CARE_CENTRE


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that happens until the ladder repeats itself, in order."""

    rungs: tuple[Rung, ...]
    called: tuple[Called, ...]  # everybody, in order

    @property
    def empty(self) -> tuple[Rung, ...]:
        """The steps that reach nobody."""
        return tuple(rung for rung in self.rungs if rung.is_empty)

    @property
    def professional(self) -> timedelta | None:
        """How long until the first professional is called; None: never."""
        return min((one.after for one in self.called if one.is_professional), default=None)

    @property
    def somebody(self) -> timedelta | None:
        """How long until somebody is called who can go, or else the backup; None: never."""
        called = self.called
        going = [one.after for one in called if one.can_go]
        backup = (one.after for one in called if one.contact.level is Level.BACKUP)
        return min(going or backup, default=None)

    def can_go_within(self, limit: timedelta) -> frozenset[UUID]:
        """Those who can go and are called in time."""
        return frozenset(one.contact.id for one in self.called if one.can_go and one.after <= limit)


class Reaching(Protocol):
    """Whoever says whom a step reaches at a moment: `duty.OnDuty`."""

    def reachable(self, step: Step, at: datetime) -> Reach:
        """Say whom, and whom not and why."""


def course(plan: Plan, priority: Priority, on_duty: Reaching, opened_at: datetime) -> Course:
    """Climb a closed ladder from this moment, nobody answering and nobody busy.

    That is the slowest it can go: whoever declines, or is busy, lets the next be called sooner.
    """
    rungs: list[Rung] = []
    after = AT_ONCE
    for number, step in enumerate(plan.steps, start=1):
        reach = on_duty.reachable(step, opened_at + after)
        rungs.append(Rung(number, step.level, after, reach.contacts, reach.skipped))
        rings = Level.CARE_CENTRE in step.levels
        if rings and not any(one.level is Level.CARE_CENTRE for one in reach.contacts):
            rungs.append(_backup(on_duty, opened_at, after))
        if number < len(plan.steps) and (rings or any(one.alone for one in reach.contacts)):
            after += step.wait
    third_round = after + (ROUND_OF_BACKUP - 1) * plan.timing.centre_repeats
    rungs.append(_backup(on_duty, opened_at, third_round))
    if priority is Priority.P1:
        rungs.append(_backup(on_duty, opened_at, plan.timing.backup_after))
    called = tuple(Called(rung.after, one) for rung in rungs for one in rung.contacts)
    return Course(tuple(rungs), called)


def _backup(on_duty: Reaching, opened_at: datetime, after: timedelta) -> Rung:
    reach = on_duty.reachable(Step(Level.BACKUP, AT_ONCE), opened_at + after)
    return Rung(0, Level.BACKUP, after, reach.contacts, reach.skipped)


def moments_of(plan: Plan, priority: Priority) -> Mapping[timedelta, frozenset[Level]]:
    """Every length of time after the alarm at which somebody could be called, and who, in order.

    Steps that reach nobody take no time, but for those of the care centre, which ring.
    """
    could: dict[timedelta, frozenset[Level]] = defaultdict(frozenset)
    begins = {AT_ONCE}
    for number, step in enumerate(plan.steps, start=1):
        rings = Level.CARE_CENTRE in step.levels
        for after in begins:
            could[after] |= {*step.levels, Level.BACKUP} if rings else set(step.levels)
        if number < len(plan.steps):
            waited = {after + step.wait for after in begins}
            begins = waited if rings else begins | waited
    for after in begins:
        could[after + (ROUND_OF_BACKUP - 1) * plan.timing.centre_repeats] |= {Level.BACKUP}
    if priority is Priority.P1:
        could[plan.timing.backup_after] |= {Level.BACKUP}
    return dict(sorted(could.items()))
