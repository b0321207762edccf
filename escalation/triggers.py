"""What may change an alert: every trigger is a class here, and `Trigger` is any of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from escalation.model import Actor, Holding, Outcome, Plan, Priority, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trigger:
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_Trigger):
    """What people answer: `by` is whose answer it is, `entered_by` who pressed, if another."""

    by: Actor
    entered_by: Actor | None = None

    @property
    def hand(self) -> Actor:
        """Who really pressed."""
        return self.entered_by or self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Due(_Trigger):
    """A moment of the alert has come. `meant_for` is the alert's `due_at` when it was claimed."""

    meant_for: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed(Answered):
    """An operator takes the watch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Answered):
    """Somebody goes; `eta` is the length of time until they are there, if they said."""

    eta: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(Answered):
    """Somebody stands at the bed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(Answered):
    """Somebody needs `more` time, counted from now."""

    more: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Answered):
    """Somebody gives custody back."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Answered):
    """Somebody cannot come."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(Answered):
    """A busy person promises to come `after` this length of time."""

    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Answered):
    """Custody or watch is offered to another by name; it passes when the other confirms."""

    to: Actor
    holding: Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver(Answered):
    """Custody or watch is taken from whoever has it, at once, with a reason."""

    holding: Holding
    reason: str
    held_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNamed(Answered):
    """A partner organisation that accepted says who goes."""

    person: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable(_Trigger):
    """One attempt failed for good: this contact, this way, this step and round."""

    contact_id: UUID
    way: str
    step: int
    round: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated(_Trigger):
    """The same emergency again: `kind` is what happened this time."""

    kind: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised(_Trigger):
    """A more urgent event joined, with the plan that now leads."""

    kind: str
    priority: Priority
    plan: Plan
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(_Trigger):
    """The device says cancelled or restored: `kind` is what it said."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded(Answered):
    """An operator sends it to a ladder of its own."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllWell(Answered):
    """The caregiver's "ik heb gebeld, alles goed"; `outcome` is asked in the same tap."""

    outcome: Outcome = Outcome.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside(Answered):
    """112, GP post, police, fire brigade or locksmith was called, and what they said."""

    service: str
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Answered):
    """The matter is finished."""

    outcome: Outcome
    note: str = ""


Trigger = (
    Due
    | Claimed
    | Accepted
    | Arrived
    | Extended
    | Released
    | Declined
    | Deferred
    | HandedOver
    | TakenOver
    | PersonNamed
    | Unreachable
    | Repeated
    | Raised
    | Withdrawn
    | Forwarded
    | AllWell
    | Outside
    | Resolved
)
