"""Turns facts about people into an answer: whom a step reaches at a moment."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from escalation.kinds import needs_centre
from escalation.model import Contact, Level, Plan, Priority, Reach, Skipped, Step


@dataclass(frozen=True, slots=True)
class KnownContact:
    """Somebody who may be called for this alert, as the registry has them.

    `consent` is False when the person no longer agrees to be called. `served` is False for a
    desk nobody sits at. `relation` says who they are to the client ("dochter"), for people to read.
    """

    id: UUID
    level: Level
    ways: tuple[str, ...] = ()
    is_organisation: bool = False
    served: bool = True
    consent: bool = True
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """A contact cannot be called from `begins_at` until `ends_at` (None: no end is known)."""

    contact_id: UUID
    begins_at: datetime
    ends_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether the contact is away at this moment."""
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about people when an alert is decided, for every level of its ladder.

    `busy` are contacts at work on another alert; `over_limit` have reached an agreed load limit.
    `plan_now` is the plan valid at this moment, which is called beside a repeating last step.
    """

    kind: str
    priority: Priority
    contacts: tuple[KnownContact, ...] = ()
    absences: tuple[Absence, ...] = ()
    busy: frozenset[UUID] = frozenset()
    over_limit: frozenset[UUID] = frozenset()
    plan_now: Plan | None = None


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
        a call by another way beats no call.
        """
        contacts: list[Contact] = []
        skipped: list[Skipped] = []
        for known in self.facts.contacts:
            if not _is_asked(known, step):
                continue
            reason = self._why_not(known, at)
            if reason:
                skipped.append(Skipped(known.id, known.level, reason))
            else:
                contacts.append(self._contact(known, step))
        named = {known.id for known in self.facts.contacts if known.level is step.level}
        skipped += [Skipped(one, step.level, "unknown") for one in step.who if one not in named]
        return Reach(tuple(contacts), tuple(skipped))

    def _why_not(self, known: KnownContact, at: datetime) -> str:
        if known.level is Level.CARE_CENTRE:
            return ""  # the centre is always called; an empty desk is told apart by `served`
        if any(
            absence.contact_id == known.id and absence.covers(at) for absence in self.facts.absences
        ):
            return "absent"
        if not known.consent:
            return "no_consent"
        if not known.ways:
            return "no_way"
        return "load" if self._over_limit(known) and self.facts.priority is not Priority.P1 else ""

    def _over_limit(self, known: KnownContact) -> bool:
        return known.id in self.facts.over_limit and not needs_centre(self.facts.kind)

    def _contact(self, known: KnownContact, step: Step) -> Contact:
        return Contact(
            id=known.id,
            level=known.level,
            ways=tuple(way for way in known.ways if way in step.ways) or known.ways,
            is_organisation=known.is_organisation,
            alone=known.id not in self.facts.busy and not self._over_limit(known),
            served=known.served,
        )


def _is_asked(known: KnownContact, step: Step) -> bool:
    if known.level is step.level:
        return not step.who or known.id in step.who
    return known.level in step.beside


def on_duty(facts: Facts) -> OnDuty:
    """Who can be reached, given these facts."""
    return OnDuty(facts)
