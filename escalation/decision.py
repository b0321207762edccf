"""What the engine says: what it wants done, what it answers, and both with the new alert."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from escalation.model import Alert, Contact, Level, Outcome, Plan, Priority, Skipped, Status


@dataclass(frozen=True, slots=True)
class Warn:
    """Call this contact by these ways.

    `why`: opened, climb, nobody_left, custody_lost, watch_ended, forward, forward_exhausted,
    beside, backup, hub_was_down, repeat, raised; or a question to whoever has it or is offered
    it: still_coming, who_goes, are_you_safe, offer.
    """

    contact: Contact
    ways: tuple[str, ...]
    step: int
    round: int
    why: str


@dataclass(frozen=True, slots=True)
class StandDown:
    """Tell this contact there is nothing left to do. `why`: taken, resolved."""

    contact: Contact
    why: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell this contact something quietly, or ask it where no way to call them is known.

    `what`: ended, outranked, taken_over, handed_over, offer_declined, named, queued, reminder,
    and the questions of Warn. `about` is the other person.
    """

    contact_id: UUID
    what: str
    about: UUID | None = None


class Scope(StrEnum):
    """Which desks of the care centre sound."""

    OWN = "own"
    SERVED = "served"
    ALL = "all"
    ALL_AND_PHONE = "all_and_phone"


@dataclass(frozen=True, slots=True)
class Ring:
    """Sound at the care centre: one operator's desk (`operator_id`), served desks, all, or more."""

    scope: Scope
    why: str
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A step, or somebody in it, was not called."""

    step: int
    level: Level
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A line in the journal that asks nothing of anybody. `contact_id` is whom it is about."""

    what: str
    contact_id: UUID | None = None
    detail: str = ""


Action = Warn | StandDown | Tell | Ring | Skip | Note


# --- answer and decision ---------------------------------------------------------------------


class Verdict(StrEnum):
    """What the one who triggered is told."""

    DONE = "done"
    NO_CHANGE = "no_change"
    TAKEN = "taken"
    ALREADY_RESOLVED = "already_resolved"
    NOT_YOURS = "not_yours"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a trigger, stored so that the second time gives the same.

    `held_by` are those who have it now (custody, or the watch for a claim); `reason` is a short
    code such as `no_custody` or `kind_needs_centre`, for a screen to translate.
    """

    verdict: Verdict
    status: Status
    held_by: tuple[UUID, ...] = ()
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The new alert, what must be done, and the answer."""

    alert: Alert
    actions: tuple[Action, ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything needed to open an alert, except who is on duty.

    `already_there` are the contacts who have another open alert of the same client or home,
    `already_there_priority` that alert's priority: unless this one is more urgent, they and
    the desk are warned first and nobody new.
    """

    id: UUID
    organisation_id: UUID
    subject_id: UUID
    home_id: UUID | None
    client_ids: tuple[UUID, ...]
    kind: str
    emergency: str
    priority: Priority
    plan: Plan
    late: bool = False
    marks: tuple[str, ...] = ()
    already_there: tuple[Contact, ...] = ()
    already_there_priority: Priority | None = None
