"""Turns facts about people into an answer: whom a step reaches at a moment."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.kinds import needs_centre
from escalation.model import Contact, Level, Plan, Priority, Reach, Skipped, Step
from escalation.people import (
    Absence,
    Divert,
    KnownContact,
    Period,
    PeriodSort,
    WakeUp,
    over_limit,
)
from escalation.windows import HOME_ZONE, zone_of

MISSING = {
    PeriodSort.CONTRACT: "no_contract",
    PeriodSort.TURN: "not_their_turn",
    PeriodSort.SHIFT: "off_duty",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about people when an alert is decided, for every level of its ladder.

    `busy` are contacts at work on another alert; `over_limit` are known to have reached an
    agreed load limit, beside those whose `wake_ups` say so. `plan_now` is the plan valid at this
    moment, which is called beside a repeating last step.
    """

    kind: str
    priority: Priority
    contacts: tuple[KnownContact, ...] = ()
    absences: tuple[Absence, ...] = ()
    busy: frozenset[UUID] = frozenset()
    over_limit: frozenset[UUID] = frozenset()
    plan_now: Plan | None = None
    periods: tuple[Period, ...] = ()
    diverts: tuple[Divert, ...] = ()
    wake_ups: tuple[WakeUp, ...] = ()
    time_zone: str = HOME_ZONE

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of quiet hours and nights."""
        return zone_of(self.time_zone)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who can be reached; a value, so that the same facts always give the same answer."""

    facts: Facts

    @property
    def plan_now(self) -> Plan | None:
        """The plan valid at this moment, which need not be the alert's own."""
        return self.facts.plan_now

    def about(self, kind: str, priority: Priority) -> "OnDuty":
        """The same people, for an alert that has become this kind and priority."""
        return OnDuty(replace(self.facts, kind=kind, priority=priority))

    def reachable(self, step: Step, at: datetime) -> Reach:
        """Say whom a step reaches at a moment, in the order of the facts, and whom not and why.

        A contact has the ways the step asks for, or all their own where they have none of those:
        a call by another way beats no call. Who diverts is called all the same when the other
        cannot be.
        """
        contacts: list[Contact] = []
        skipped: list[Skipped] = []
        for known in self.facts.contacts:
            if not _is_asked(known, step):
                continue
            called = self._diverted(known, at) or known
            reason = "diverted" if called is not known else self._why_not(known, at)
            if reason:
                skipped.append(Skipped(known.id, known.level, reason))
            if called is not known or not reason:
                contacts.append(self._contact(called, known.level, step, at))
        named = {known.id for known in self.facts.contacts if known.level is step.level}
        skipped += [Skipped(one, step.level, "unknown") for one in step.who if one not in named]
        return Reach(_once(contacts), tuple(skipped))

    def _diverted(self, known: KnownContact, at: datetime) -> KnownContact | None:
        """To whom the calls of this contact go now, if that is somebody who can be called."""
        for one in self.facts.diverts:
            if one.contact_id == known.id and one.covers(at) and not self._why_not(one.to, at):
                return one.to
        return None

    def _why_not(self, known: KnownContact, at: datetime) -> str:
        if known.level is Level.CARE_CENTRE:  # always called; an empty desk is no `served` one
            return self._without_period(known, at)
        if any(one.contact_id == known.id and one.covers(at) for one in self.facts.absences):
            return "absent"
        if reason := self._without_period(known, at):
            return reason
        if not known.consent:
            return "no_consent"
        if not known.ways:
            return "no_way"
        if self.facts.priority is Priority.P1 or needs_centre(self.facts.kind):
            return ""
        return self._spared(known, at)

    def _without_period(self, known: KnownContact, at: datetime) -> str:
        missing = (one for one in known.needs if not self._has_period(known, one, at))
        return next((MISSING[one] for one in missing), "")

    def _has_period(self, known: KnownContact, sort: PeriodSort, at: datetime) -> bool:
        """Whether such a period is going on; where it is nobody's turn, it is everybody's."""
        going_on = set(self._going_on(sort, at))
        nobodys = sort is PeriodSort.TURN and not going_on
        return nobodys or known.id in going_on

    def _going_on(self, sort: PeriodSort, at: datetime) -> Iterator[UUID]:
        zone = self.facts.zone
        for one in self.facts.periods:
            if one.sort is sort and one.covers(at, zone):
                yield one.contact_id

    def _spared(self, known: KnownContact, at: datetime) -> str:
        """Why somebody is not called out of consideration: quiet hours, or woken often enough."""
        limits, zone = known.limits, self.facts.zone
        if limits is not None and limits.quiet is not None and limits.quiet.covers(at, zone):
            return "quiet"
        if known.id in self.facts.over_limit:
            return "load"
        if limits is None:
            return ""
        woken = tuple(one for one in self.facts.wake_ups if one.contact_id == known.id)
        return "load" if over_limit(limits, woken, at, zone) else ""

    def _contact(self, known: KnownContact, level: Level, step: Step, at: datetime) -> Contact:
        spared = not needs_centre(self.facts.kind) and bool(self._spared(known, at))
        return Contact(
            id=known.id,
            level=level,
            ways=tuple(way for way in known.ways if way in step.ways) or known.ways,
            is_organisation=known.is_organisation,
            alone=known.id not in self.facts.busy and not spared,
            served=known.served,
        )


def _is_asked(known: KnownContact, step: Step) -> bool:
    if known.level is step.level:
        return not step.who or known.id in step.who
    return known.level in step.beside


def _once(contacts: list[Contact]) -> tuple[Contact, ...]:
    """Nobody is called twice because two teams divert to them, or because they stand beside one."""
    found: dict[UUID, Contact] = {}
    for one in contacts:
        found.setdefault(one.id, one)
    return tuple(found.values())


def on_duty(facts: Facts) -> OnDuty:
    """Who can be reached, given these facts."""
    return OnDuty(facts)
