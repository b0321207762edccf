"""Pretender people: what somebody does when the telephone in their hand asks them to come."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from simulators.chance import duration, happens

Spread = tuple[timedelta, timedelta]  # median, 95th percentile


def minutes(median: float, p95: float) -> Spread:
    """A spread in minutes."""
    return timedelta(minutes=median), timedelta(minutes=p95)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a telephone. `name` is the last part of the address they are called at.

    `answers` is the chance of any answer at all, `comes` the chance that it is a yes.
    `kept` is the chance that somebody who said yes also arrives. `finishes` is False for a
    caregiver, who telephones the desk instead of finishing an alert. `says_well` is the chance
    that somebody who would come telephones the client instead and says that all is well.
    `gets_in` is the chance that the key code is right; if not, they give the alert back.
    """

    name: str
    answers: float
    comes: float
    kept: float = 1.0
    finishes: bool = True
    says_well: float = 0.0
    gets_in: float = 1.0
    delay: Spread = (timedelta(seconds=40), timedelta(seconds=110))
    travel: Spread = (timedelta(minutes=9), timedelta(minutes=18))
    visit: Spread = (timedelta(minutes=12), timedelta(minutes=25))


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer: asleep, or the telephone is off."""


@dataclass(frozen=True, slots=True)
class No:
    """Says "ik kan niet", after a while."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Well:
    """Says "ik heb gebeld, alles goed" `after` a while, with an outcome."""

    after: timedelta
    outcome: str


@dataclass(frozen=True, slots=True)
class Yes:
    """Says "ik ga" `after` a while, is there `eta` later and done after `visit`, with an outcome.

    `eta` is what they say; `arrives` is False for somebody who never gets there.
    """

    after: timedelta
    eta: timedelta
    visit: timedelta
    arrives: bool
    outcome: str
    gets_in: bool = True


Reaction = Silence | No | Well | Yes


def react(person: Person, kind: str, luck: Random) -> Reaction:
    """What this person does when asked to come for this kind of alert."""
    answers, comes, kept = (luck.random() for _ in range(3))
    after = min(duration(luck, *person.delay), timedelta(minutes=5))
    eta = max(duration(luck, *person.travel), timedelta(minutes=2))
    visit = max(duration(luck, *person.visit), timedelta(minutes=3))
    if answers >= person.answers:
        return Silence()
    if comes >= person.comes:
        return No(after)
    turned_out = outcome(kind, luck)
    if person.says_well and happens(luck, person.says_well):
        return Well(after, turned_out)
    gets_in = person.gets_in >= 1 or happens(luck, person.gets_in)
    return Yes(after, eta, visit, kept < person.kept, turned_out, gets_in)


def outcome(kind: str, luck: Random) -> str:
    """How it turned out; about half of personal alarms are real (a Dutch study)."""
    if kind.startswith("medication."):
        return "taken_late"
    if kind == "alarm.smoke":
        return "sensor_false"
    if happens(luck, 0.5):
        return luck.choice(["real_emergency", "real_not_urgent", "real_not_urgent"])
    return luck.choice(["accidental", "social", "sensor_false"])
