"""A night as values: who there is, what happens, what goes wrong, what must come of it.

Everything is checked here: names that do not exist, moments the clock skips. What a `Night`
holds can be played.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from simulators.people import Person, Spread
from simulators.recorded import Recorded

LENGTH = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,10})s)?")  # a century at most
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment until another; None is open."""

    begins: datetime | None
    ends: datetime | None

    def covers(self, at: datetime) -> bool:
        """Whether a moment falls in it."""
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A provider, partner or centre."""

    name: str
    sort: str
    title: str
    backup: str
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """An address with a gateway of the same name."""

    name: str
    of: str
    living: str
    smoke: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of an agreement."""

    level: str
    wait: timedelta
    needed: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """One agreement of a client; a whole day where `begins` is empty.

    `days` are weekdays, none for every day; `holidays` says what a holiday does to it.
    `line` is where its kinds stand in the file.
    """

    kinds: tuple[str, ...]
    begins: str
    ends: str
    priority: str
    steps: tuple[Rung, ...]
    days: tuple[str, ...] = ()
    holidays: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who is cared for, and the devices around them."""

    name: str
    home: str
    team: str
    caregivers: tuple[tuple[str, bool], ...]
    devices: frozenset[str]
    routine: str
    out_of_bed: timedelta
    dose_matters: bool
    care_ended: bool
    plan: tuple[Agreed, ...]
    heard_every: timedelta | None = None  # what they wear must be heard so often
    mode: str = ""  # away, hospital, ... all night
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)  # limits, as registered


@dataclass(frozen=True, slots=True)
class Somebody:
    """A contact. `off` are the times their telephone is off, which the hub does not know."""

    name: str
    of: str
    level: str
    sort: str
    member_of: str
    absent: bool
    off: tuple[Span, ...]
    manner: Person
    talks: Spread
    by_telephone: float

    @property
    def is_operator(self) -> bool:
        """Whether they answer at a screen of the care centre."""
        return self.sort == "operator"

    @property
    def has_telephone(self) -> bool:
        """Whether the hub can call them."""
        return self.sort in ("person", "team", "organisation")


@dataclass(frozen=True, slots=True)
class Turn:
    """A partner coordinates the region's night for a while."""

    partner: str
    during: Span


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happens: `what` is the word of the timeline, `whom` a client or home."""

    at: datetime
    what: str
    whom: str
    times: int
    every: timedelta
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: `what` is the word of the file, `whom` what it happens to."""

    what: str
    whom: str
    during: Span
    said: Mapping[str, Any]

    @property
    def by(self) -> timedelta:
        """How long whatever the hub stores has to wait, while the database is slow."""
        return length(self.said.get("by", "2s"))


@dataclass(frozen=True, slots=True)
class Fact:
    """What to look for: a word such as `called`, about whom, and of which client or kind."""

    what: str
    who: str
    client: str = ""
    kind: str = ""
    priority: str = ""

    def __str__(self) -> str:
        about = [f"{self.what} {self.who}", self.priority, self.kind]
        said = ", ".join(one for one in about if one)
        return f"{said}, about {self.client}" if self.client else said


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of it. `form` is reached, never, exactly_once, order or open_at_end.

    `prob` is the share of all seeds that must meet it; None: every one.
    """

    form: str
    facts: tuple[Fact, ...]
    during: Span
    at_least: int
    at_most: int | None
    count: int
    about: str
    line: int
    prob: float | None = None


@dataclass(frozen=True)
class Night:
    """A whole night."""

    name: str
    file: str
    title: str
    seed: int
    zone: ZoneInfo
    start: datetime
    end: datetime
    organisations: tuple[Organisation, ...]
    turns: tuple[Turn, ...]
    homes: tuple[Home, ...]
    clients: tuple[Client, ...]
    people: tuple[Somebody, ...]
    timeline: tuple[Scene, ...]
    faults: tuple[Fault, ...]
    expectations: tuple[Expectation, ...]
    recorded: Recorded | None = None
    is_crowd: bool = False
    service_hour: timedelta | None = None  # since midnight, at which turns change
    receivers: tuple[str, ...] = ()  # organisations that hear of their alerts by webhook

    @property
    def gateways(self) -> tuple[str, ...]:
        """The MQTT users of every gateway: provider and name."""
        if self.recorded is not None:
            return self.recorded.gateways
        return tuple(f"{one.of}/{one.name}" for one in self.homes)

    @property
    def speaking(self) -> frozenset[str]:
        """The clients whose devices say anything at all this night."""
        if self.recorded is not None:
            return self.recorded.speaking
        concerned = {one.whom for one in self.timeline}
        return frozenset(
            one.name
            for one in self.clients
            if not concerned.isdisjoint((one.name, one.home))
            or (one.routine != "none" and "sensors" in one.devices)
        )

    def home(self, name: str) -> Home:
        """One home by name."""
        return self._homes[name]

    def client(self, name: str) -> Client:
        """One client by name."""
        return self._clients[name]

    @cached_property
    def _homes(self) -> Mapping[str, Home]:
        return {one.name: one for one in self.homes}

    @cached_property
    def _clients(self) -> Mapping[str, Client]:
        return {one.name: one for one in self.clients}


def length(text: str) -> timedelta:
    """Read a length of time: `8h`, `2m30s`."""
    matched = LENGTH.fullmatch(text)
    assert matched is not None
    hours, minutes, seconds = (int(one or 0) for one in matched.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def spread(said: Any) -> Spread:
    """Read a spread; one length alone hardly varies."""
    if isinstance(said, str):
        return length(said), length(said) * 1.0001
    return length(said["median"]), length(said["p95"])


class NoSuchMoment(ValueError):
    """The clock skips this time, or shows it only once."""


def local(text: str, zone: ZoneInfo) -> datetime:
    """Read a local date and time; the first one where the clock shows it twice."""
    wall = datetime.fromisoformat(text).replace(tzinfo=zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise NoSuchMoment(f"the clock skips {text} on this night; choose another time")
    return moment


def clock(text: str, start: datetime, zone: ZoneInfo) -> datetime:
    """The first moment from `start` on at which the clock on the wall shows this."""
    if text.startswith("+"):
        return start + length(text[1:])
    wall, _, again = text.partition(" ")
    day = start.astimezone(zone).date()
    for one in (day, day + DAY):
        moment = local(f"{one.isoformat()}T{wall}", zone)
        second = moment.astimezone(zone).replace(fold=1).astimezone(UTC)
        if again and second == moment and one == day:
            continue
        if again and second == moment:
            raise NoSuchMoment(f"the clock shows {wall} only once this night; leave out `again`")
        if (second if again else moment) >= start:
            return second if again else moment
    raise NoSuchMoment(f"{text} is not within a day of the start; use a length such as +26h")
