"""The journal of a played night as events for a reader: who, what, and the line that was kept."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.rehearsal.ledger import ASKS, Ledger

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)$")


@dataclass(frozen=True, slots=True)
class Event:
    """One journal line. `who` is the person it is about, `line` what was kept, for people."""

    id: str
    at: datetime
    alert: int
    what: str
    who: str
    line: str
    facts: Mapping[str, Any]

    @property
    def look(self) -> str:
        """The form of its mark."""
        if self.what == "attempt":
            return "sent" if self.facts.get("state") in ("sent", "taken") else "failed"
        if self.what in ("warn", "ring"):
            return "asked" if self.facts.get("why") in ASKS else "called"
        return self.what if self.counts else "refused"

    @property
    def counts(self) -> bool:
        """Whether an answer had an effect; True for what is no answer."""
        return self.facts.get("verdict", "") in ("done", "no_change", "")


def events(ledger: Ledger) -> list[Event]:
    """Every journal line that concerns an alert, in the order in which it was written."""
    return [
        _event(f"e{number}", line, ledger)
        for number, line in enumerate(ledger.lines, 1)
        if line.alert_id in ledger.numbers
    ]


def of_alert(told: Sequence[Event], number: int) -> list[Event]:
    """What concerns one alert."""
    return [one for one in told if one.alert == number]


def _event(own: str, line: Any, ledger: Ledger) -> Event:
    about = line.actor_id or line.facts.get("contact_id")
    said = _said(line.facts, ledger, leave_out=() if line.actor_id else ("contact_id",))
    return Event(
        id=own,
        at=line.at,
        alert=ledger.numbers[line.alert_id],
        what=line.what,
        who=ledger.name(about),
        line=said,
        facts=line.facts,
    )


def _said(facts: Mapping[str, Any], ledger: Ledger, leave_out: Sequence[str]) -> str:
    shown = [
        f"{key.removesuffix('_id')} {_value(facts[key], ledger)}"
        for key in sorted(facts)
        if key not in (*leave_out, "event_id") and facts[key] not in (None, "", [], {}, "done")
    ]
    return ", ".join(shown)


def _value(value: Any, ledger: Ledger) -> str:
    if isinstance(value, str) and _is_id(value):
        return ledger.name(value)
    if isinstance(value, str) and MOMENT.match(value):
        return f"{datetime.fromisoformat(value).astimezone(ledger.night.zone):%H:%M:%S}"
    if isinstance(value, float):
        return f"{value:g} s"
    if isinstance(value, list):
        return " + ".join(_value(one, ledger) for one in value)
    if isinstance(value, dict):
        return f"({_said(value, ledger, ())})"
    return str(value)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class State:
    """How an alert stood from a moment on: calling a step, claimed, coming, on_site or lost."""

    at: datetime
    look: str
    text: str


HELD = {"claimed": "claimed", "accepted": "coming", "arrived": "on_site"}
FREED = ("custody_lost", "watch_ended")


def states(told: Sequence[Event]) -> Iterator[State]:
    """How one alert stood, from its events; the last lasts until it is resolved.

    Telling those who have it once more takes it from nobody.
    """
    holder = ""
    for one in told:
        if one.what in HELD and one.counts:
            holder = one.who
            yield State(one.at, HELD[one.what], f"{HELD[one.what].replace('_', ' ')}: {one.who}")
        elif one.facts.get("what") in FREED and one.who == holder:
            holder = ""
            yield State(one.at, "lost", f"no word from {one.who}")
        elif holder and (one.who == holder or one.facts.get("why") == "repeat"):
            continue
        elif one.look == "called":
            holder = ""
            yield State(one.at, "calling", _called(one))


def _called(one: Event) -> str:
    if one.what == "ring":
        return f"care centre ({one.facts['why']})"
    step, turn = int(one.facts["step"]) + 1, int(one.facts["round"])
    again = f", round {turn}" if turn > 1 else ""
    return f"step {step}{again}: {one.who}"
