"""Which agreement applies to this kind of event at this local moment, and the ladder it gives.

The client's own agreements go before the organisation's defaults; among those that fit, the
most specific kind, then the narrowest window. Where none fits, the default ladder of the
living form; where that is unknown, the built-in one: the care centre at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.defaults import LivingForm, default_plan
from escalation.kinds import Circumstances, default_priority, family, needs_centre
from escalation.ladder import closed
from escalation.model import Plan, Priority, Step, Timing
from escalation.timing import DEFAULT_TIMINGS, timing

HOME_ZONE = "Europe/Amsterdam"
NIGHT_BEGINS, NIGHT_ENDS = timedelta(hours=23), timedelta(hours=7)
LAST_VISIT = timedelta(hours=22, minutes=30)  # for a medicine that can wait until the morning
EVERY_DAY = frozenset(range(7))
DAY = timedelta(days=1)
ALARM = "alarm"  # the family of which nothing may be agreed away: the least it does is ring


class Source(StrEnum):
    """Whose agreement it is."""

    CLIENT = "client"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Window:
    """Part of the day, on some weekdays (0 is Monday), in local time since midnight.

    It belongs to the day on which it begins: Friday 22:00-06:00 covers Saturday 05:00. Equal
    times are a whole day. It begins and ends at the first moment the clock on the wall shows
    that time or has passed it, also in the nights the clock changes.
    """

    begins: timedelta
    ends: timedelta
    weekdays: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        """Raise ValueError for what is no time of a day."""
        if not (timedelta() <= self.begins <= DAY and timedelta() <= self.ends <= DAY):
            raise ValueError("a window begins and ends between 00:00 and 24:00")

    @property
    def length(self) -> timedelta:
        """How much of a week it covers: the narrower window is the more deliberate one."""
        once = self.ends - self.begins
        return (once if once > timedelta() else once + DAY) * len(self.weekdays)

    def covers(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether a moment falls in it, in this time zone."""
        today = at.astimezone(zone).date()
        return any(self._covers(day, at, zone) for day in (today - DAY, today))

    def _covers(self, day: date, at: datetime, zone: ZoneInfo) -> bool:
        if day.weekday() not in self.weekdays:
            return False
        last = day if self.ends > self.begins else day + DAY
        return _moment(day, self.begins, zone) <= at < _moment(last, self.ends, zone)


@dataclass(frozen=True, slots=True)
class Override:
    """A priority agreed for a kind (or `family.*`, or `*`) instead of the default."""

    kind: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Agreement:
    """What client and organisation agreed for some kinds, in a window (None: always).

    `kinds` are exact (`alarm.button`), a family (`alarm.*`) or everything (`*`). It holds from
    `valid_from` until just before `valid_until`.
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

    def fits(self, kind: str, at: datetime) -> bool:
        """Whether it applies to this kind at this moment."""
        if self.valid_from is not None and at < self.valid_from:
            return False
        if self.valid_until is not None and at >= self.valid_until:
            return False
        covered = self.window is None or self.window.covers(at, _zone(self.time_zone))
        return covered and _nearness(self.kinds, kind) is not None


def plan_for(
    agreements: Iterable[Agreement],
    kind: str,
    living_form: LivingForm | None,
    at: datetime,
    time_zone: str = HOME_ZONE,
    circumstances: Circumstances | None = None,
    timings: Mapping[Priority, Timing] = DEFAULT_TIMINGS,
) -> tuple[Priority, Plan]:
    """Say how urgent an event of this kind is at this moment, and who is called for it.

    A plan that rings is closed (see `ladder`). A priority I means that nobody is called: the
    event is kept, or stands on the morning list (`kinds.lane`). Whether it is night is worked
    out here.
    """
    night = is_night(at, time_zone)
    when = replace(circumstances or Circumstances(), at_night=night)
    agreed = _most_fitting(agreements, kind, at)
    priority = _priority(agreed, kind, when)
    lengths = timings.get(priority, timing(priority))
    if agreed is not None:
        plan = Plan(agreed.steps, lengths, agreed.id, agreed.name)
    elif _waits_for_the_morning(kind, priority, at, time_zone):
        priority, plan = Priority.I, Plan((), timing(Priority.I), name="morning list")
    else:
        plan = default_plan(kind, priority, living_form, lengths, at_night=night)
    return priority, plan if priority.rank >= Priority.T.rank else closed(plan, kind)


def is_night(at: datetime, time_zone: str = HOME_ZONE) -> bool:
    """Whether it is between 23 and 07 on the wall."""
    return Window(NIGHT_BEGINS, NIGHT_ENDS).covers(at, _zone(time_zone))


def _most_fitting(agreements: Iterable[Agreement], kind: str, at: datetime) -> Agreement | None:
    fitting = [one for one in agreements if one.fits(kind, at)]
    return min(fitting, key=lambda one: _order(one, kind), default=None)


def _order(agreement: Agreement, kind: str) -> tuple[bool, int, timedelta, float, UUID]:
    """The smallest is the most fitting; of two that are alike, the one agreed last."""
    window = agreement.window
    since = agreement.valid_from
    return (
        agreement.source is not Source.CLIENT,
        _nearness(agreement.kinds, kind) or 0,
        7 * DAY + DAY if window is None else window.length,
        0.0 if since is None else -since.timestamp(),
        agreement.id,
    )


def _nearness(patterns: Iterable[str], kind: str) -> int | None:
    """0 for the kind itself, 1 for its family, 2 for everything, None for another kind."""
    order = (kind, f"{family(kind)}.*", "*")
    return min((order.index(one) for one in patterns if one in order), default=None)


def _priority(agreed: Agreement | None, kind: str, when: Circumstances) -> Priority:
    if needs_centre(kind):
        return Priority.P1  # fire and gas are not for an agreement to make less urgent
    overrides = () if agreed is None else agreed.overrides
    nearest = [
        (near, one) for one in overrides if (near := _nearness((one.kind,), kind)) is not None
    ]
    if not nearest:
        return default_priority(kind, when)
    wanted = min(nearest, key=lambda pair: pair[0])[1].priority
    calls_for_help = family(kind) == ALARM and wanted.rank > Priority.P3.rank
    return Priority.P3 if calls_for_help else wanted


def _waits_for_the_morning(kind: str, priority: Priority, at: datetime, time_zone: str) -> bool:
    """A missed medicine that can wait is never a visit at night."""
    late = Window(LAST_VISIT, NIGHT_ENDS).covers(at, _zone(time_zone))
    return kind == "medication.missed_dose" and priority is Priority.P3 and late


def _zone(name: str) -> ZoneInfo:
    """The time zone of this name; a name nobody knows must not keep an alarm from opening."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(HOME_ZONE)


def _moment(day: date, since_midnight: timedelta, zone: ZoneInfo) -> datetime:
    """The first moment of that day at which the clock on the wall shows the time or has passed it.

    A time that comes twice counts the first time; one that never comes, when the clock skips it.
    """
    wall = datetime.combine(day, time()) + since_midnight
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(moment, zone) == wall:
        return moment
    earliest = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    minutes = range(int((moment - earliest) / timedelta(minutes=1)) + 1)
    passed = (earliest + timedelta(minutes=one) for one in minutes)
    return next(one for one in passed if _wall(one, zone) >= wall)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
