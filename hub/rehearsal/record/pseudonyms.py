"""Gives everything in a recording another name, another day and another place.

Nothing is taken over because it looks harmless: text is kept only where it is one of the words
of the program itself.
"""

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from hashlib import sha256
from math import cos, pi, radians, sin
from types import ModuleType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import adapters.contract
import escalation.agreements
import escalation.defaults
import escalation.kinds
import escalation.model
import escalation.modes
import escalation.people
import escalation.windows
from hub.waiting import limits

MODULES = (
    adapters.contract,
    escalation.agreements,
    escalation.defaults,
    escalation.kinds,
    escalation.model,
    escalation.modes,
    escalation.people,
    escalation.windows,
)
OURS = (
    "alarm_button", "aanleunwoning", "badkamer", "bed", "centre", "desk", "dispenser", "gang",
    "hal", "integrator", "keuken", "medication_dispenser", "motion", "night", "operator",
    "organisation", "outside_door", "partner", "pendant", "person", "provider", "pull_cord",
    "slaapkamer", "smoke", "team", "tester", "toilet", "tracker", "webhook", "woonkamer",
)  # fmt: skip
OPTIONS = frozenset(
    {
        "dose_due", "dose_id", "doses", "due_at", "minutes", "missed_after_minutes", "percent",
        "room", "time_critical", "time_critical_medicines", "way", "zone", *limits.NAMES,
    }
)  # fmt: skip
CLOCKS = re.compile(r"[0-9]{1,2}:[0-5][0-9]([ ,]+[0-9]{1,2}:[0-5][0-9])*")  # "08:00 21:30"
FAMILY = re.compile(r"\*|(alarm|lifestyle|medication|location|technical|presence|observation)\.\*")
METRES_A_DEGREE = 111_320.0
HARBOUR = (53.25, 3.5)  # in the North Sea, where nobody lives
EARLIEST, LATEST = 60, 420  # weeks: a year and more, and less than would leave the time zone's law
DAY = timedelta(days=1)


def _enums(modules: Iterable[ModuleType]) -> Iterable[type[Enum]]:
    for module in modules:
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Enum):
                yield one


def _fields(modules: Iterable[ModuleType]) -> Iterable[str]:
    for module in modules:
        for one in vars(module).values():
            if isinstance(one, type) and is_dataclass(one):
                yield from (each.name for each in fields(one))


WORDS = frozenset(str(one.value) for kind in _enums(MODULES) for one in kind) | frozenset(OURS)
KEYS = frozenset(_fields(MODULES)) | OPTIONS | WORDS


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """What everything is called in one recording: the same key gives the same names.

    Without the key nobody can tell who was meant. `shift` is whole weeks.
    """

    key: bytes
    shift: timedelta

    def name(self, noun: str, identity: UUID | str) -> str:
        """Another name for something: small letters, digits and a hyphen."""
        told = f"{noun}/{identity}".encode()
        return f"{noun}-{hmac.new(self.key, told, sha256).hexdigest()[:12]}"

    def moment(self, at: datetime) -> datetime:
        """The same moment so many weeks away."""
        return at + self.shift

    def day(self, day: date) -> date:
        """The same weekday so many weeks away."""
        return day + self.shift

    def word(self, text: str) -> str:
        """A word of the program, a family of kinds or a time zone; anything else is empty."""
        if text in WORDS or FAMILY.fullmatch(text) or text in available_timezones():
            return text
        return ""

    def plain(self, said: Any) -> Any:
        """JSON without what somebody wrote: figures, times of day, words of the program, moments.

        A contact's id becomes `contact:NAME`; keys the program does not know are left out.
        """
        if isinstance(said, Mapping):
            return {key: self.plain(one) for key, one in said.items() if self._is_key(key)}
        if isinstance(said, list):
            kept = [(one, self.plain(one)) for one in said]
            return [one for before, one in kept if one != "" or before == ""]
        return self._text(said) if isinstance(said, str) else said

    def _is_key(self, key: str) -> bool:
        return key in KEYS or FAMILY.fullmatch(key) is not None

    def _text(self, said: str) -> str:
        if self.word(said) or CLOCKS.fullmatch(said):
            return said
        try:
            return f"contact:{self.name('contact', UUID(said))}"
        except ValueError:
            return self._moment_or_nothing(said)

    def _moment_or_nothing(self, said: str) -> str:
        try:
            if len(said) == len("2026-01-12"):
                return self.day(date.fromisoformat(said)).isoformat()
            at = datetime.fromisoformat(said)
        except ValueError:
            return ""
        return "" if at.tzinfo is None else self.moment(at).isoformat()

    def place(self, of: str, lat: float, lon: float, home: tuple[float, float]) -> dict[str, float]:
        """A place as far from home, and from the others of the same client, in the North Sea."""
        turn = _figure(self.key, f"turn/{of}") / 2**64 * 2 * pi
        north = (lat - home[0]) * METRES_A_DEGREE
        east = (lon - home[1]) * METRES_A_DEGREE * cos(radians(home[0]))
        turned = (
            north * cos(turn) - east * sin(turn),
            north * sin(turn) + east * cos(turn),
        )
        wide = METRES_A_DEGREE * cos(radians(HARBOUR[0]))
        return {
            "lat": round(HARBOUR[0] + turned[0] / METRES_A_DEGREE, 6),
            "lon": round(HARBOUR[1] + turned[1] / wide, 6),
        }


class NoSuchWeek(Exception):
    """No week within reach has the clock changing at the same moment of the night."""


def shift_for(key: bytes, begins: datetime, ends: datetime, zone: ZoneInfo) -> timedelta:
    """How far to move a night: whole weeks back, chosen by the key, that keep its local clock.

    A night in which the clock changes moves to another one in which it changes alike. An
    organisation's holidays move along. Raises NoSuchWeek.
    """
    for one in sorted(range(EARLIEST, LATEST), key=lambda week: _figure(key, f"week/{week}")):
        shift = timedelta(weeks=-one)
        if _same_clock(begins - DAY, ends + DAY, shift, zone):
            return shift
    raise NoSuchWeek("no other week has the clock of this night; record a shorter part of it")


def _figure(key: bytes, what: str) -> int:
    """A number below 2 to the 64th that nobody without the key can guess."""
    return int.from_bytes(hmac.new(key, what.encode(), sha256).digest()[:8])


def _same_clock(begins: datetime, ends: datetime, shift: timedelta, zone: ZoneInfo) -> bool:
    at = begins
    while at <= ends:
        if at.astimezone(zone).utcoffset() != (at + shift).astimezone(zone).utcoffset():
            return False
        at += timedelta(minutes=30)
    return True


def written(value: Any) -> str:
    """One value on one line, as both JSON and YAML read it."""
    return json.dumps(value, ensure_ascii=True)
