"""Which agreement applies to this kind of event at this local moment, and the ladder it gives.

The client's own agreements go before the organisation's defaults; among those that fit, the
most specific kind, then the narrowest window. Where none fits, the default ladder of the
living form; where that is unknown, the built-in one: the care centre at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.defaults import LivingForm, default_plan
from escalation.kinds import Circumstances, default_priority, family, needs_centre
from escalation.ladder import closed
from escalation.model import Plan, Priority, Step, Timing
from escalation.timing import DEFAULT_TIMINGS, timing
from escalation.windows import (
    DAY,
    HOME_ZONE,
    NIGHT_BEGINS,
    NIGHT_ENDS,
    NO_HOLIDAYS,
    Holidays,
    Window,
    is_night,
    zone_of,
)

LAST_VISIT = timedelta(hours=22, minutes=30)  # for a medicine that can wait until the morning
LATE = Window(LAST_VISIT, NIGHT_ENDS)
UNDISTURBED = Window(NIGHT_BEGINS, timedelta(hours=7, minutes=30))
ALWAYS = (True, 7 * DAY + DAY)  # wider than any window
ALARM = "alarm"  # the family of which nothing may be agreed away: the least it does is ring


class Source(StrEnum):
    """Whose agreement it is."""

    CLIENT = "client"
    ORGANISATION = "organisation"


class InformWhen(StrEnum):
    """When somebody hears afterwards what happened."""

    AT_ONCE = "at_once"
    IN_THE_MORNING = "in_the_morning"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Inform:
    """Who is told when an alert is over, quietly, and when: nobody is woken to be informed."""

    who: UUID
    when: InformWhen = InformWhen.IN_THE_MORNING

    def tell_at(self, ended_at: datetime, time_zone: str = HOME_ZONE) -> datetime | None:
        """When to tell them of an alert that ended at this moment; None: not at all.

        In the morning is after 07:30; what ends by day, until 23:00, is told at once.
        """
        match self.when:
            case InformWhen.AT_ONCE:
                return ended_at
            case InformWhen.NEVER:
                return None
            case InformWhen.IN_THE_MORNING:  # pragma: no branch (mypy proves there is no other)
                return _after_the_night(ended_at, zone_of(time_zone))


def _after_the_night(ended_at: datetime, zone: ZoneInfo) -> datetime:
    today = ended_at.astimezone(zone).date()
    for day in (today - DAY, today):
        night = UNDISTURBED.span(day, zone, NO_HOLIDAYS)
        if night is not None and night[0] <= ended_at < night[1]:
            return night[1]
    return ended_at


@dataclass(frozen=True, slots=True)
class Override:
    """A priority agreed for a kind (or `family.*`, or `*`) instead of the default."""

    kind: str
    priority: Priority


class ConsentBy(StrEnum):
    """Who agreed."""

    CLIENT = "client"
    REPRESENTATIVE = "representative"


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed, when, until when without talking about it again, and about what else.

    The law on care and compulsion (Wzd) asks it of each measure (`door`, `gps`, `camera`) apart:
    `measures` are those they agreed to, `refused` those they said no to; of any other nothing is
    known. From `withdrawn_at` the agreement no longer counts.
    """

    by: ConsentBy
    given_at: datetime
    evaluate_on: date | None = None
    measures: tuple[str, ...] = ()
    withdrawn_at: datetime | None = None
    refused: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a moment without a time zone: nobody knows when that is."""
        if self.withdrawn_at is not None and self.withdrawn_at.tzinfo is None:
            raise ValueError("the moment consent was withdrawn needs a time zone")


@dataclass(frozen=True, slots=True)
class Approval:
    """Who of the organisation put the agreement into force, and when; in an emergency, alone.

    What is put in force in an emergency may have errors: it has a reason, and is reviewed.
    """

    by: UUID
    at: datetime
    emergency: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What client and organisation agreed for some kinds, in a window (None: always).

    `kinds` are exact (`alarm.button`), a family (`alarm.*`) or everything (`*`). It holds from
    `valid_from` until just before `valid_until`. `living_forms` narrow an organisation's default
    (none: every form). `inform` says who hears of it afterwards. While it holds, the agreement it
    is `instead_of` does not.
    """

    id: UUID
    kinds: tuple[str, ...]
    steps: tuple[Step, ...]
    window: Window | None = None
    source: Source = Source.CLIENT
    overrides: tuple[Override, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    time_zone: str = HOME_ZONE
    name: str = "agreement"
    version: int = 1
    living_forms: tuple[LivingForm, ...] = ()
    inform: tuple[Inform, ...] = ()
    consent: Consent | None = None
    approval: Approval | None = None
    instead_of: UUID | None = None

    def __post_init__(self) -> None:
        """Raise TypeError for what cannot be climbed: it is found when it is read, not at night."""
        if not all(isinstance(kind, str) for kind in self.kinds):
            raise TypeError("kinds are words")
        if not all(isinstance(step.needed, int) for step in self.steps):
            raise TypeError("the people needed at a step are a number")

    @property
    def ends(self) -> tuple[datetime, ...]:
        """The moments from which it no longer counts: the first of them ends it."""
        withdrawn_at = None if self.consent is None else self.consent.withdrawn_at
        return tuple(end for end in (self.valid_until, withdrawn_at) if end is not None)

    def concerns(self, kind: str, living_form: LivingForm | None) -> bool:
        """Whether it is about this kind, for who lives like this."""
        form = not self.living_forms or living_form in self.living_forms
        return form and _nearness(self.kinds, kind) is not None

    def holds(self, at: datetime, holidays: Holidays = NO_HOLIDAYS) -> bool:
        """Whether it is in force at this moment: valid, consented, and within its window."""
        if self.valid_from is not None and at < self.valid_from:
            return False
        if any(at >= end for end in self.ends):
            return False
        return self.window is None or self.window.covers(at, zone_of(self.time_zone), holidays)


def plan_for(
    agreements: Iterable[Agreement],
    kind: str,
    living_form: LivingForm | None,
    at: datetime,
    time_zone: str = HOME_ZONE,
    circumstances: Circumstances | None = None,
    timings: Mapping[Priority, Timing] = DEFAULT_TIMINGS,
    holidays: Holidays = NO_HOLIDAYS,
) -> tuple[Priority, Plan]:
    """Say how urgent an event of this kind is at this moment, and who is called for it.

    A plan that rings is closed (see `ladder`). A priority I means that nobody is called: the
    event is kept, or stands on the morning list (`kinds.lane`). Whether it is night is worked
    out here.
    """
    holding = [one for one in agreements if one.holds(at, holidays)]
    night, late = is_night(at, time_zone), LATE.covers(at, zone_of(time_zone))
    when = replace(circumstances or Circumstances(), at_night=night)
    return ladder_of(holding, kind, living_form, when, late=late, timings=timings)


def ladder_of(
    holding: Iterable[Agreement],
    kind: str,
    living_form: LivingForm | None,
    when: Circumstances,
    *,
    late: bool,
    timings: Mapping[Priority, Timing] = DEFAULT_TIMINGS,
) -> tuple[Priority, Plan]:
    """Do what `plan_for` does, with the agreements that hold at that moment.

    `late` says that it is past the last visit of the evening.
    """
    agreed = next(iter(in_order(holding, kind, living_form)), None)
    priority = _priority(agreed, kind, when)
    lengths = timings.get(priority, timing(priority))
    if agreed is not None:
        plan = Plan(agreed.steps, lengths, agreed.id, agreed.name)
    elif late and _waits_for_the_morning(kind, priority):
        priority, plan = Priority.I, Plan((), timing(Priority.I), name="morning list")
    else:
        plan = default_plan(kind, priority, living_form, lengths, at_night=when.at_night)
    return priority, plan if priority.rank >= Priority.T.rank else closed(plan, kind)


def in_order(
    holding: Iterable[Agreement], kind: str, living_form: LivingForm | None
) -> Sequence[Agreement]:
    """Those that are about this kind, the most fitting first; of two alike, the one agreed last.

    What another stands in for does not count while that one holds.
    """
    every = tuple(holding)
    replaced = {one.instead_of for one in every}
    fitting = [one for one in every if one.id not in replaced and one.concerns(kind, living_form)]
    return sorted(fitting, key=lambda one: (_rank(one, kind), _age(one), one.id))


def in_conflict(
    holding: Iterable[Agreement], kind: str, living_form: LivingForm | None
) -> tuple[Agreement, ...]:
    """The agreements that are equally fitting, where there is more than one to choose from.

    People must choose before it is needed; until they do, the one agreed last leads.
    """
    ordered = in_order(holding, kind, living_form)
    equal = tuple(one for one in ordered if _rank(one, kind) == _rank(ordered[0], kind))
    return equal if len(equal) > 1 else ()


def _rank(agreement: Agreement, kind: str) -> tuple[bool, int, tuple[bool, timedelta], bool]:
    window = agreement.window
    return (
        agreement.source is not Source.CLIENT,
        _nearness(agreement.kinds, kind) or 0,
        ALWAYS if window is None else window.width,
        not agreement.living_forms,
    )


def _age(agreement: Agreement) -> float:
    return 0.0 if agreement.valid_from is None else -agreement.valid_from.timestamp()


def _nearness(patterns: Iterable[str], kind: str) -> int | None:
    """0 for the kind itself, 1 for its family, 2 for everything, None for another kind."""
    order = (kind, f"{family(kind)}.*", "*")
    return min((order.index(one) for one in patterns if one in order), default=None)


def _priority(agreed: Agreement | None, kind: str, when: Circumstances) -> Priority:
    if needs_centre(kind):
        return Priority.P1  # fire and gas are not for an agreement to make less urgent
    default = default_priority(kind, when)
    overrides = () if agreed is None else agreed.overrides
    nearest = [
        (near, one)
        for one in overrides
        if (near := _nearness((one.kind,), kind)) == 0  # what only informs is meant by name alone
        or (near is not None and default is not Priority.I)
    ]
    if not nearest:
        return default
    wanted = min(nearest, key=lambda pair: pair[0])[1].priority
    calls_for_help = family(kind) == ALARM and wanted.rank > Priority.P3.rank
    return Priority.P3 if calls_for_help else wanted


def _waits_for_the_morning(kind: str, priority: Priority) -> bool:
    """A missed medicine that can wait is never a visit at night."""
    return kind == "medication.missed_dose" and priority is Priority.P3
