"""The values the engine speaks in: an alert, its plan, who is called and who has it.

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
