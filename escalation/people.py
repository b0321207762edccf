"""Facts about people, as the registry has them: who there is, and when they can be called."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.model import Level
from escalation.windows import DAY, NIGHT, Span, Window, moment

WEEK = 7 * DAY
NOON = time(12)


class PeriodSort(StrEnum):
    """What gives somebody the right, or the duty, to be called for a while."""

    SHIFT = "shift"
    TURN = "turn"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Period:
    """A shift of a roster, a turn at the night, or a partner agreement in force, of one contact.

    It lasts from `begins_at` until just before `ends_at` (None: no end or beginning is known),
    and within that only in the `hours`, where there are any.
    """

    contact_id: UUID
    sort: PeriodSort
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    hours: Window | None = None

    def covers(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is going on at this moment."""
        if self.begins_at is not None and at < self.begins_at:
            return False
        if self.ends_at is not None and at >= self.ends_at:
            return False
        return self.hours is None or self.hours.covers(at, zone)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caregiver can bear: how often woken in seven days, whether two nights in a row.

    In the `quiet` hours they are not called at all. None of it keeps a P1 from them.
    """

    wake_ups_a_week: int | None = None
    two_nights_in_a_row: bool = True
    quiet: Window | None = None

    def __post_init__(self) -> None:
        """Raise TypeError or ValueError for what is no number: it is found when it is read."""
        if self.wake_ups_a_week is not None and self.wake_ups_a_week < 0:
            raise ValueError("wake-ups a week are none or more")


@dataclass(frozen=True, slots=True)
class KnownContact:
    """Somebody who may be called for this alert, as the registry has them.

    `consent` is False when the person no longer agrees to be called. `served` is False for a
    desk nobody sits at. `relation` says who they are to the client ("dochter"), for people to
    read. `needs` are the sorts of period without which they are not called. `target` is how soon a
    partner promised to be there; None: it promised nothing.
    """

    id: UUID
    level: Level
    ways: tuple[str, ...] = ()
    is_organisation: bool = False
    served: bool = True
    consent: bool = True
    relation: str = ""
    needs: tuple[PeriodSort, ...] = ()
    limits: Limits | None = None
    target: timedelta | None = None


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
class Divert:
    """A team that sends its calls to another from `begins_at` until just before `ends_at`."""

    contact_id: UUID
    to: KnownContact
    begins_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        """Whether it is in force at this moment."""
        return self.begins_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A contact was called for another alert, answered or not; at night that woke them."""

    contact_id: UUID
    alert_id: UUID
    at: datetime


def over_limit(limits: Limits, wake_ups: tuple[WakeUp, ...], at: datetime, zone: ZoneInfo) -> bool:
    """Whether these wake-ups of one person are as many as agreed. By day nobody is woken.

    An alert that rang ten times woke them once.
    """
    if not NIGHT.covers(at, zone):
        return False
    woken = [one for one in wake_ups if one.at <= at and NIGHT.covers(one.at, zone)]
    nights = {one.alert_id: night_of(one.at, zone) for one in woken}
    recent = {one.alert_id for one in woken if one.at > at - WEEK}
    last_night = night_of(at, zone) - DAY
    if limits.wake_ups_a_week is not None and len(recent) >= limits.wake_ups_a_week:
        return True
    return not limits.two_nights_in_a_row and last_night in nights.values()


def night_of(at: datetime, zone: ZoneInfo) -> date:
    """The day on which the night of this moment began: 02:00 belongs to the day before."""
    local = at.astimezone(zone)
    return local.date() if local.time() >= NOON else local.date() - DAY


def service_hour_from(at: datetime, service_hour: timedelta, zone: ZoneInfo) -> datetime:
    """The first service hour that is not before this moment: a turn changes there alone."""
    day = at.astimezone(zone).date()
    today = moment(day, service_hour, zone)
    return today if today >= at else moment(day + DAY, service_hour, zone)


def turn(first_night: date, last_night: date, service_hour: timedelta, zone: ZoneInfo) -> Span:
    """When somebody has the turn who does these nights, the last one included.

    A turn changes at the service hour and never at midnight: the night belongs to whoever's turn
    it is on the evening on which it begins.
    """
    return moment(first_night, service_hour, zone), moment(last_night + DAY, service_hour, zone)
