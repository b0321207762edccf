"""A line of an alert's journal as a CloudEvent for integrators, if it is one they are told.

No names, addresses or free text: things are called by their external ids.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from escalation.model import Level

TYPE = "nl.nachtwacht.alert."
GAP = "nl.nachtwacht.stream.gap"
SCHEMA_PATH = "/api/v1/out/schema.json"

Facts = Mapping[str, Any]

QUESTIONS = frozenset({"still_coming", "who_goes", "are_you_safe", "offer"})
ANSWERS = (
    "claimed", "accepted", "arrived", "extended", "released", "declined", "deferred",
    "handed_over", "taken_over", "person_named", "forwarded", "all_well", "outside",
)  # fmt: skip
NOTES = ("resolved", "raised", "withdrawn", "custody_lost", "watch_ended")
TYPES = (
    "opened", "called", "rang", *ANSWERS, "repeated", "raised", "withdrawn", "unreachable",
    "custody_lost", "watch_ended", "stuck", "resolved",
)  # fmt: skip
# What a line must be called to be told at all; of these, some are not told after all.
TOLD = ("opened", "warn", "ring", *ANSWERS, "repeated", "unreachable", "stuck")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A contact by external ids, and the level at which they answer.

    `contact` is empty where the listener is not told who it is.
    """

    organisation: str
    contact: str
    level: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A journal line with what must be known of its alert; ids are external but `alert_id`.

    `kind` and `priority` are the alert's when its event was numbered.
    """

    journal_id: int
    alert_id: UUID
    at: datetime
    what: str
    facts: Facts
    organisation: str
    kind: str
    priority: str
    opened_at: datetime
    home: str | None = None
    clients: tuple[str, ...] = ()
    device: str | None = None
    gateway: str | None = None
    by: Somebody | None = None
    entered_by: Somebody | None = None
    people: Mapping[str, Somebody] = field(default_factory=dict)  # by internal id


@dataclass(frozen=True, slots=True)
class Told:
    """What a line becomes: the last word of its type, and what only this type says."""

    type: str
    more: Mapping[str, Any]


def told(line: Happened) -> Told | None:
    """Say what integrators are told of a line; None when it is nothing to them."""
    name, facts = line.what, line.facts
    if name == "note":
        name = facts["what"]
        return Told(name, _of_note(line)) if name in NOTES else None
    if name in ANSWERS and facts.get("verdict") != "done":
        return None
    if name == "warn":
        asks = facts.get("why") in QUESTIONS
        return None if asks else Told("called", _of_call(line))
    if name not in TOLD:
        return None
    return Told("rang" if name == "ring" else name, _MORE.get(name, _nothing)(line))


def for_party(line: Happened, listener: str) -> Happened:
    """The line as a party that does not own the alert is told of it.

    Equipment is the owner's own affair, and so is who a relative or neighbour is.
    """
    return replace(
        line,
        device=None,
        gateway=None,
        by=_masked(line.by, listener),
        entered_by=_masked(line.entered_by, listener),
        people={key: _veiled(one, listener) for key, one in line.people.items()},
    )


def _masked(one: Somebody | None, listener: str) -> Somebody | None:
    return None if one is None else _veiled(one, listener)


def _veiled(one: Somebody, listener: str) -> Somebody:
    private = one.level == Level.INFORMAL_CAREGIVER and one.organisation != listener
    return replace(one, contact="") if private else one


def event_id(alert_id: UUID, sequence: int, party_id: UUID | None = None) -> UUID:
    """The id of an alert's n-th event: the same on every road and on every retry.

    A party that does not own the alert counts for itself, so its ids are its own.
    """
    return uuid5(alert_id, f"out/{sequence}" if party_id is None else f"out/{party_id}/{sequence}")


def cloud_event(
    line: Happened, what: Told, own_id: UUID, sequence: int, position: int, url: str
) -> str:
    """Write the event as CloudEvents 1.0 JSON; `url` is where this hub's schema is published."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": str(own_id),
            "source": f"/organisations/{line.organisation}",
            "type": TYPE + what.type,
            "subject": str(line.alert_id),
            "time": _moment(line.at),
            "datacontenttype": "application/json",
            "dataschema": url + SCHEMA_PATH,
            "alertsequence": sequence,
            "position": str(position),
            "data": {**_of_alert(line), **what.more},
        },
        separators=(",", ":"),
    )


def gap(organisation: str, after: int, until: int, now: datetime, url: str) -> str:
    """Write the event that says what a subscriber missed: fetch `after` up to `until`."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"gap-{after}-{until}",
            "source": f"/organisations/{organisation}",
            "type": GAP,
            "time": _moment(now),
            "datacontenttype": "application/json",
            "dataschema": url + SCHEMA_PATH,
            "position": str(until),
            "data": {"after": str(after), "until": str(until)},
        },
        separators=(",", ":"),
    )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _of_alert(line: Happened) -> dict[str, Any]:
    alert = {
        "kind": line.kind,
        "priority": line.priority,
        "opened_at": _moment(line.opened_at),
        "clients": list(line.clients),
    }
    things = {"home": line.home, "device": line.device, "gateway": line.gateway}
    people = {"by": _shown(line.by), "entered_by": _shown(line.entered_by)}
    return alert | {key: said for key, said in (things | people).items() if said is not None}


def _shown(one: Somebody | None) -> dict[str, str] | None:
    if one is None:
        return None
    who = {"contact": one.contact} if one.contact else {}
    return {"organisation": one.organisation, **who, "level": one.level}


def _nothing(_: Happened) -> dict[str, Any]:
    return {}


def _of_opening(line: Happened) -> dict[str, Any]:
    return {
        "kind": line.facts["kind"],
        "priority": line.facts["priority"],
        "marks": list(line.facts.get("marks", ())),
        "occurred_at": _moment(datetime.fromisoformat(line.facts["occurred_at"])),
    }


def _of_call(line: Happened) -> dict[str, Any]:
    facts = line.facts
    whom = _shown(line.people.get(str(facts.get("contact_id"))))
    return {
        "contact": whom,
        "ways": list(facts["ways"]),
        "step": facts["step"],
        "round": facts["round"],
        "why": facts["why"],
    }


def _of_note(line: Happened) -> dict[str, Any]:
    what, detail = line.facts["what"], str(line.facts.get("detail", ""))
    whom = _shown(line.people.get(str(line.facts.get("contact_id"))))
    if what == "resolved":
        return {"outcome": detail} | ({"by": whom} if whom else {})
    if what == "raised":
        return {"priority": detail.partition(" ")[0]}
    if what == "withdrawn":
        return {"happened": detail}
    return {"contact": whom} if whom else {}


def _seconds(name: str) -> Callable[[Happened], dict[str, Any]]:
    def more(line: Happened) -> dict[str, Any]:
        said = line.facts.get(name)
        return {} if said is None else {f"{name}_seconds": said}

    return more


def _of_unreachable(line: Happened) -> dict[str, Any]:
    whom = _shown(line.people.get(str(line.facts.get("contact_id"))))
    return {"contact": whom, "ways": [line.facts["way"]]}


_MORE: Mapping[str, Callable[[Happened], dict[str, Any]]] = {
    "opened": _of_opening,
    "ring": lambda line: {"scope": line.facts["scope"], "why": line.facts["why"]},
    "accepted": _seconds("eta"),
    "extended": _seconds("more"),
    "deferred": _seconds("after"),
    "outside": lambda line: {"service": line.facts["service"]},
    "repeated": lambda line: {"happened": line.facts["kind"]},
    "unreachable": _of_unreachable,
}
