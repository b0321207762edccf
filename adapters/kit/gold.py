"""Checks 11 and 12: what begins can end, and nobody's name is passed on. 13 needs a hub."""

from dataclasses import replace
from typing import Any

from adapters.contract import Decoded, Edge, Ignored, Level, Outcome, Phase, Reading, Rejected
from adapters.kit.asking import texts_of
from adapters.kit.bronze import asked
from adapters.kit.json_values import every_object, leaves, value_of, with_value
from adapters.kit.subject import Subject, Wrong
from adapters.privacy import personal
from adapters.readings import only_informs

PLACES = frozenset({"zone", "room"})
CANARY = "Wilhelmina-van-Kanarie"
ASKED = ("name", "firstName", "last_name", "naam", "address", "phone", "email", "bsn", "patient")


def pairs(subject: Subject) -> str:
    """Check 11."""
    readings = [one for _, answer in subject.answers() for one in answer.readings]
    levels = [one for one in readings if isinstance(one, Level) and one.kind is not None]
    ended = {one.channel for one in levels if not one.active}
    for one in levels:
        if one.channel not in ended:
            raise Wrong(
                f"{one.channel.value}: messages make it active and none inactive",
                "send the end of a level too, or the next start changes nothing and rings for"
                " nobody; where the device tells of moments only, give an Edge",
            )
    edges = [one for one in readings if isinstance(one, Edge)]
    over = {one.kind for one in edges if one.phase is Phase.END}
    for edge in edges:
        waits = edge.phase is Phase.START and not only_informs(edge.kind)
        if waits and edge.kind not in over:
            raise Wrong(
                f"{edge.kind.value} starts and never ends", "record its end, or make it a point"
            )
    return f"{len({one.channel for one in levels})} levels"


def privacy(subject: Subject) -> str:
    """Check 12."""
    for fixture, answer in subject.answers():
        value = value_of(fixture.payload)
        for changed in _about_somebody(value):
            other = asked(subject, fixture, fixture.with_payload(changed))
            for text in _passed_on(other.outcome):
                if CANARY in text:
                    raise Wrong(
                        f"{fixture.about!r} with names of people in it passes one on: {text!r}",
                        "keep only the fields you know in `value`; name fields in a detail, never"
                        " what they hold",
                    )
        for reading in answer.readings:
            for name in reading.value:
                if personal(name):
                    raise Wrong(
                        f"{fixture.about!r}: value has {name!r}", "leave out who somebody is"
                    )
    return ""


def _without_places(reading: Reading) -> Reading:
    """The reading without its device and the names of zones and rooms: places, and no persons."""
    value = {name: one for name, one in reading.value.items() if name not in PLACES}
    return replace(reading, device="", value=value)


def _about_somebody(value: Any) -> list[bytes]:
    """The message with personal fields in each object, and in place of those that are there."""
    if value is None:
        return []
    somebody = dict.fromkeys(ASKED, CANARY)
    changed = [every_object(value, lambda fields: {**somebody, **fields})]
    for path, _ in leaves(value):
        if path and isinstance(path[-1], str) and personal(path[-1]):
            changed.append(with_value(value, path, CANARY))
    return changed


def _passed_on(outcome: Outcome) -> list[str]:
    match outcome:
        case Decoded(readings):
            return [text for one in readings for text in texts_of(_without_places(one))]
        case Ignored(reason):
            return [reason]
        case Rejected(_, detail):
            return [detail]
