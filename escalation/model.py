"""The values the engine speaks in: alert, plan, triggers, actions, decision.

Everything here is frozen and compares by value. Ids are UUIDs, moments are aware
UTC datetimes, lengths of time are timedeltas. Nothing here knows a database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Priority(StrEnum):
    """How much hurry there is. `T` is technical and `I` is information: they never ring."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    T = "T"
    I = "I"  # noqa: E741 - the field's own letter

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Priority).index(self)


class Lane(StrEnum):
    """ALARM rings and climbs; QUEUE waits at the technical desk; TREND never opens an alert."""

    ALARM = "alarm"
    QUEUE = "queue"
    TREND = "trend"


class Level(StrEnum):
    """The parties a step can call."""

    INFORMAL_CAREGIVER = "informal_caregiver"
    OWN_TEAM = "own_team"
    NIGHT_PARTNER = "night_partner"
    CARE_CENTRE = "care_centre"
    BACKUP = "backup"
    TECHNICAL_DESK = "technical_desk"


class Status(StrEnum):
    """Where an alert stands; derived from its custody, never stored by hand."""

    CALLING = "calling"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    RESOLVED = "resolved"


class Phase(StrEnum):
    """What somebody who has custody is doing."""

    COMING = "coming"
    ON_SITE = "on_site"


class Outcome(StrEnum):
    """How an alert ended (DOMAIN: needed to resolve)."""

    REAL_EMERGENCY = "real_emergency"
    REAL_NOT_URGENT = "real_not_urgent"
    SOCIAL = "social"
    ACCIDENTAL = "accidental"
    TEST = "test"
    TECHNICAL = "technical"
    SENSOR_FALSE = "sensor_false"
    NOT_FOUND = "not_found"
    HANDED_TO_112 = "handed_to_112"
    TAKEN_LATE = "taken_late"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: a person, or an organisation that answers for its people.

    `answers_for` are the contacts this actor may answer for besides itself: the team,
    desk or partner it belongs to. `shift_ends_at` bounds a P3 custody.
    """

    id: UUID
    level: Level
    answers_for: frozenset[UUID] = frozenset()
    is_organisation: bool = False
    shift_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be warned now, and the ways to do it, in order (for instance `webhook`).

    `alone` is False when the ladder may not wait for this contact alone: busy elsewhere, or
    over an agreed load limit in a P1. `served` is False for a desk nobody sits at.
    """

    id: UUID
    level: Level
    ways: tuple[str, ...] = ()
    is_organisation: bool = False
    alone: bool = True
    served: bool = True


@dataclass(frozen=True, slots=True)
class Skipped:
    """A contact who is not called, and why.

    absent, off_duty, not_their_turn, no_contract, no_consent, no_way, quiet, load, diverted,
    unknown, nobody.
    """

    contact_id: UUID | None
    level: Level
    reason: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Who a step reaches at a moment, and who not."""

    contacts: tuple[Contact, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: the level that is called, how long it has, and who is called beside it.

    `who` narrows the level to these contacts (empty: whoever is on duty). `ways` narrows
    the ways (empty: the contact's own). `needed` people must accept. `beside` levels are
    called at the same moment.
    """

    level: Level
    wait: timedelta
    who: tuple[UUID, ...] = ()
    ways: tuple[str, ...] = ()
    needed: int = 1
    beside: tuple[Level, ...] = ()

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level that is called at this step."""
        return (self.level, *self.beside)


@dataclass(frozen=True, slots=True)
class Timing:
    """The waits and leases of one priority (the table of defaults in the docs)."""

    centre_repeats: timedelta
    watch: timedelta
    name_eta: timedelta
    coming_extra: timedelta
    coming_most: timedelta
    on_site: timedelta
    grace: timedelta
    name_person: timedelta
    backup_after: timedelta = timedelta(minutes=30)
    all_well_pause: timedelta = timedelta(minutes=3)
    missed_wait: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Plan:
    """The ladder of one alert, frozen when it opens. `agreement_id` says where it came from."""

    steps: tuple[Step, ...]
    timing: Timing
    agreement_id: UUID | None = None
    name: str = "built-in"


@dataclass(frozen=True, slots=True)
class Warned:
    """Somebody who was called: at which step and round, by which ways, and whether they still are.

    `standing` ends on a decline, a dead number, or a stand-down. `ways_open` are the attempts
    not yet known to have failed.
    """

    contact: Contact
    step: int
    round: int
    at: datetime
    ways_open: tuple[str, ...] = ()
    standing: bool = True
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """The operator who claimed the alert, until the moment the sound returns."""

    by: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has it, what they are doing, until when; `asked_at` once the lease was questioned.

    `to_name` is True while a partner organisation still has to say who goes.
    """

    by: UUID
    level: Level
    phase: Phase
    until: datetime
    asked_at: datetime | None = None
    to_name: bool = False


@dataclass(frozen=True, slots=True)
class Forward:
    """A ladder of its own, chosen by an operator; exhausted, it returns to `back_to`.

    `first` is the number its first step goes by, so that no attempt of another ladder has it.
    """

    steps: tuple[Step, ...]
    back_to: UUID
    index: int = 0
    first: int = 0


class Holding(StrEnum):
    """What can pass from one person to another by name."""

    WATCH = "watch"
    CUSTODY = "custody"


@dataclass(frozen=True, slots=True)
class Offer:
    """A hand-over that waits for the other's confirmation."""

    holding: Holding
    by: UUID
    to: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """A busy person's "hierna, over N minuten"."""

    by: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """One matter being followed up until resolved. See docs/engine.md.

    `step` is -1 while an alert first goes to whoever already has this client's other alert.
    `held_by_watch` says that the climb waits for the watch's lease. `rounds_before` are the rounds
    called under an earlier plan: `round` only grows, so that an attempt is known by step and round.
    `expected_step` is the step to expect next, by what was known when the present one was called:
    one whose people are away by then is passed over. What is done follows what is known by then.
    """

    id: UUID
    organisation_id: UUID
    subject_id: UUID
    home_id: UUID | None
    client_ids: tuple[UUID, ...]
    kind: str
    emergency: str
    priority: Priority
    lane: Lane
    plan: Plan
    opened_at: datetime
    step: int = 0
    round: int = 1
    next_step_at: datetime | None = None
    held_by_watch: bool = False
    warned: tuple[Warned, ...] = ()
    watch: Watch | None = None
    custody: tuple[Custody, ...] = ()
    forward: Forward | None = None
    offer: Offer | None = None
    promises: tuple[Promise, ...] = ()
    backup_at: datetime | None = None
    all_well_at: datetime | None = None
    rang_at: datetime | None = None
    repeats: int = 0
    late: bool = False
    withdrawn_at: datetime | None = None
    first_arrived_at: datetime | None = None
    marks: tuple[str, ...] = ()
    outcome: Outcome | None = None
    resolved_at: datetime | None = None
    rounds_before: int = 0
    expected_step: int | None = None

    @property
    def needed(self) -> int:
        """How many people must have custody: as many as the most demanding step called so far."""
        called = self.plan.steps[: max(self.step, 0) + 1]
        if self.forward is not None:
            called += self.forward.steps[: self.forward.index + 1]
        return max(step.needed for step in called)

    @property
    def taken(self) -> bool:
        """Whether enough people have custody; the climb rests exactly as long as they do."""
        return len(self.custody) >= self.needed

    @property
    def ladder_round(self) -> int:
        """The round, counted from the moment the present plan began to lead."""
        return self.round - self.rounds_before

    @property
    def step_number(self) -> int:
        """The number the present step goes by in the account of who was warned."""
        return self.step if self.forward is None else self.forward.first + self.forward.index

    @property
    def at_centre(self) -> bool:
        """Whether the present step is the care centre's own, where the climb waits for a watch."""
        return (
            self.forward is None and self.step >= 0 and self.present_step.level is Level.CARE_CENTRE
        )

    @property
    def present_step(self) -> Step:
        """The step being called now: of the forward if there is one, else of the plan."""
        if self.forward is not None:
            return self.forward.steps[self.forward.index]
        return self.plan.steps[max(self.step, 0)]

    @property
    def status(self) -> Status:
        """CALLING, ACCEPTED, ON_SITE or RESOLVED."""
        if self.resolved_at is not None:
            return Status.RESOLVED
        if any(one.phase is Phase.ON_SITE for one in self.custody):
            return Status.ON_SITE
        return Status.ACCEPTED if self.taken else Status.CALLING

    @property
    def due_at(self) -> datetime | None:
        """The earliest moment at which something happens by itself; None once resolved."""
        if self.resolved_at is not None:
            return None
        moments = [one.until for one in self.custody]
        moments += [self.watch.until] if self.watch is not None else []
        moments += [moment for moment in (self.next_step_at, self.backup_at) if moment is not None]
        return min(moments, default=self.opened_at)


# --- triggers -------------------------------------------------------------------------------


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


# --- actions --------------------------------------------------------------------------------


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


# --- answer and decision --------------------------------------------------------------------


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
