"""What was agreed about one client's rhythm, and what holds around them when it is judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.contract import Kind

LEAST_LIMIT, MOST_LIMIT = timedelta(minutes=15), timedelta(minutes=45)
MORNING = timedelta(hours=1)  # before "up by" at least, movement counts as being up


@dataclass(frozen=True, slots=True)
class Limits:
    """What the care plan says: how long, and by when, in the client's own local time.

    `out_of_bed` counts as 15 minutes at least and 45 at most. `up_by`, `inactive_for` and
    `home_by` are watched only where somebody set them; who is watched for inactivity must be
    home when the night begins.
    """

    out_of_bed: timedelta = timedelta(minutes=20)
    night_from: time = time(23)
    night_until: time = time(7)
    time_zone: str = "Europe/Amsterdam"
    up_by: time | None = None
    inactive_for: timedelta | None = None
    home_by: time | None = None

    @property
    def wait(self) -> timedelta:
        """The limit for being out of bed, within its floor and cap."""
        return min(max(self.out_of_bed, LEAST_LIMIT), MOST_LIMIT)

    @property
    def zone(self) -> ZoneInfo:
        """Where the client lives."""
        return ZoneInfo(self.time_zone)

    @property
    def by_day(self) -> tuple[Kind, ...]:
        """Which rules of the day are watched."""
        asked = {
            Kind.NOT_UP: self.up_by,
            Kind.INACTIVITY: self.inactive_for,
            Kind.NOT_HOME: self.home_by or self.inactive_for,
        }
        return tuple(kind for kind, limit in asked.items() if limit is not None)


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor of a client or of their home, as the hub knows it now.

    `shared`: others live there, and it is of the home. `silent` says why nothing rests on it: lost,
    folded (lost with its base station or vendor, which is told of), stale; empty: it is heard.
    """

    device: str
    use: str  # bed | outside_door | movement
    room: str = ""
    shared: bool = False
    silent: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What holds when the rules look, as the hub knows it.

    Paused until then: a carer is there, or the client is away. `listening_since`: since when the
    hub hears without a pause; None where nobody keeps note of it. `sensors` is None where nobody
    looked them up: then what was heard within a day counts as fresh.
    """

    paused_until: datetime | None = None
    listening_since: datetime | None = None
    sensors: tuple[Sensor, ...] | None = None


def night_end(at: datetime, limits: Limits) -> datetime | None:
    """When the night that `at` falls in is over (aware UTC); None by day.

    A night belongs to the day on which it starts; both moments are local time, so it is an hour
    shorter or longer when the clock changes.
    """
    local = at.astimezone(limits.zone)
    crosses = limits.night_from > limits.night_until
    first = local.date()
    if crosses and local.time() < limits.night_until:
        first -= timedelta(days=1)
    starts = at_local(first, limits.night_from, limits)
    last = first + timedelta(days=1) if crosses else first
    ends = at_local(last, limits.night_until, limits)
    return ends if starts <= at < ends else None


def at_local(day: date, clock: time, limits: Limits) -> datetime:
    """The moment (aware UTC) at which the clock on the client's wall shows this on this day."""
    return datetime.combine(day, clock, limits.zone).astimezone(UTC)


def next_at(clock: time, after: datetime, limits: Limits) -> datetime:
    """The first moment later than `after` at which the clock on the wall shows this."""
    return next(at for day in _days(after, limits) if (at := at_local(day, clock, limits)) > after)


def last_at(clock: time, until: datetime, limits: Limits) -> datetime:
    """The last moment, `until` included, at which the clock on the wall showed this."""
    days = reversed([*_days(until, limits)])
    return next(at for day in days if (at := at_local(day, clock, limits)) <= until)


def morning_of(up_by: datetime, limits: Limits) -> datetime:
    """From when on movement says that the client is up: the end of the night before `up_by`."""
    return min(last_at(limits.night_until, up_by, limits), up_by - MORNING)


def clock(moment: datetime, limits: Limits) -> str:
    """The moment as the clock on the wall shows it."""
    return f"{moment.astimezone(limits.zone):%H:%M}"


def _days(around: datetime, limits: Limits) -> Iterator[date]:
    local = around.astimezone(limits.zone).date()
    return (local + timedelta(days=n) for n in range(-1, 3))
