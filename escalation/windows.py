"""Parts of the day as people agree on them: weekdays, local times and holidays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

HOME_ZONE = "Europe/Amsterdam"
NIGHT_BEGINS, NIGHT_ENDS = timedelta(hours=23), timedelta(hours=7)
EVERY_DAY = frozenset(range(7))
DAY = timedelta(days=1)

Span = tuple[datetime, datetime]  # from a moment until just before another
# An organisation's own calendar: on each holiday, the time since midnight at which it starts.
Holidays = Mapping[date, timedelta]
NO_HOLIDAYS: Holidays = MappingProxyType({})


class OnHolidays(StrEnum):
    """What a holiday does to a window.

    AS_USUAL: nothing, the weekday counts. ALSO: a holiday counts beside the weekdays. ONLY: on
    holidays alone, whatever the weekday. NEVER: on these weekdays, but not on a holiday.
    """

    AS_USUAL = "as_usual"
    ALSO = "also"
    ONLY = "only"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Window:
    """Part of the day, on some weekdays (0 is Monday), in local time since midnight.

    It belongs to the day on which it begins: Friday 22:00-06:00 covers Saturday 05:00. Equal
    times are a whole day. It begins and ends at the first moment the clock on the wall shows
    that time or has passed it, also in the nights the clock changes. A holiday counts from the
    hour at which it starts: of 24 December from 18:00, the afternoon is still a weekday's.
    """

    begins: timedelta
    ends: timedelta
    weekdays: frozenset[int] = EVERY_DAY
    holidays: OnHolidays = OnHolidays.AS_USUAL

    def __post_init__(self) -> None:
        """Raise ValueError for what is no time of a day."""
        if not (timedelta() <= self.begins <= DAY and timedelta() <= self.ends <= DAY):
            raise ValueError("a window begins and ends between 00:00 and 24:00")

    @property
    def length(self) -> timedelta:
        """How much of a week it covers: the narrower window is the more deliberate one."""
        once = self.ends - self.begins
        return (once if once > timedelta() else once + DAY) * len(self.weekdays)

    @property
    def width(self) -> tuple[bool, timedelta]:
        """What windows are compared by: one for holidays alone is narrower than any other."""
        return self.holidays is not OnHolidays.ONLY, self.length

    def covers(self, at: datetime, zone: ZoneInfo, holidays: Holidays = NO_HOLIDAYS) -> bool:
        """Whether a moment falls in it, in this time zone and calendar."""
        today = at.astimezone(zone).date()
        spans = (self.span(day, zone, holidays) for day in (today - DAY, today))
        return any(span is not None and span[0] <= at < span[1] for span in spans)

    def spans(self, within: Span, zone: ZoneInfo, holidays: Holidays) -> Iterator[Span]:
        """Every time it happens that touches `within`, in order."""
        day = within[0].astimezone(zone).date() - DAY
        last = within[1].astimezone(zone).date()
        while day <= last:
            span = self.span(day, zone, holidays)
            if span is not None and span[0] < within[1] and span[1] > within[0]:
                yield span
            day += DAY

    def span(self, day: date, zone: ZoneInfo, holidays: Holidays) -> Span | None:
        """When it lasts, of the one that begins on this day; None: there is none."""
        begins = moment(day, self.begins, zone)
        ends = moment(day if self.ends > self.begins else day + DAY, self.ends, zone)
        starts = holidays.get(day)
        if self.holidays is OnHolidays.AS_USUAL or starts is None:
            usual = self.holidays is not OnHolidays.ONLY and day.weekday() in self.weekdays
            return (begins, ends) if usual else None
        holiday = moment(day, starts, zone)
        if day.weekday() not in self.weekdays or self.holidays is OnHolidays.ONLY:
            begins = ends if self.holidays is OnHolidays.NEVER else max(begins, holiday)
        elif self.holidays is OnHolidays.NEVER:
            ends = min(ends, holiday)
        return (begins, ends) if begins < ends else None


NIGHT = Window(NIGHT_BEGINS, NIGHT_ENDS)


def is_night(at: datetime, time_zone: str = HOME_ZONE) -> bool:
    """Whether it is between 23 and 07 on the wall."""
    return NIGHT.covers(at, zone_of(time_zone))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; a name nobody knows must not keep an alarm from opening."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(HOME_ZONE)


@lru_cache(maxsize=8192)  # the same edges of the same days, for every client of an organisation
def moment(day: date, since_midnight: timedelta, zone: tzinfo) -> datetime:
    """The first moment of that day at which the clock on the wall shows the time or has passed it.

    A time that comes twice counts the first time; one that never comes, when the clock skips it.
    """
    wall = datetime.combine(day, time()) + since_midnight
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(found, zone) == wall:
        return found
    earliest = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    minutes = range(int((found - earliest) / timedelta(minutes=1)) + 1)
    passed = (earliest + timedelta(minutes=one) for one in minutes)
    return next(one for one in passed if _wall(one, zone) >= wall)


def _wall(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
