"""Checks 1 to 6: what an adapter needs before anybody can rely on it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from random import Random
from typing import Any

from adapters.contract import (
    CONTRACT,
    MOST_BYTES,
    Channel,
    Decoded,
    Edge,
    Inbound,
    Kind,
    Level,
    Outcome,
    Rejected,
)
from adapters.kit.asking import Answer, Failed, ask
from adapters.kit.fixtures import Fixture, difference
from adapters.kit.json_values import every_object, value_of
from adapters.kit.mutants import mutants
from adapters.kit.purity import Impure, Watch
from adapters.kit.subject import Subject, Wrong
from adapters.manifest import LEVELS
from adapters.readings import rings

NAME = re.compile(r"[a-z0-9-]{1,63}")
FAMILIES = ("personal_alarm", "lifestyle", "medication", "location")
LONGEST_DAMAGED = 2_000  # bytes of a message that are damaged; more only takes longer


def manifest(subject: Subject) -> str:
    """Check 1."""
    said = subject.manifest
    if not NAME.fullmatch(said.name):
        raise Wrong(f"name: {said.name!r}", "use small letters, digits and -, at most 63")
    if said.contract.partition(".")[0] != CONTRACT.partition(".")[0]:
        raise Wrong(f"contract: {said.contract!r}", f'write contract = "{CONTRACT}"')
    if not said.version:
        raise Wrong("version: empty", 'write version = "1.0.0"')
    if said.level not in ("", *LEVELS):
        raise Wrong(f"level: {said.level!r}", f"write one of {', '.join(LEVELS)}, or leave it out")
    _known("families", said.families, FAMILIES)
    _known("kinds", said.kinds, tuple(Kind))
    _known("channels", said.channels, tuple(Channel))
    readings = [one for _, answer in subject.answers() for one in answer.readings]
    kinds = {one.kind.value for one in readings if one.kind is not None}
    channels = {one.channel.value for one in readings if isinstance(one, Level)}
    _same("kinds", set(said.kinds), kinds)
    _same("channels", set(said.channels), channels)
    return f"{len(subject.fixtures)} messages, {len(kinds)} kinds, {len(channels)} channels"


def _known(name: str, said: tuple[str, ...], words: tuple[str, ...]) -> None:
    for one in said:
        if one not in words:
            raise Wrong(f"{name}: {one!r} is not known", f"use: {', '.join(words)}")


def _same(name: str, declared: set[str], seen: set[str]) -> None:
    if missing := sorted(declared - seen):
        raise Wrong(
            f"{name}: no message gives {', '.join(missing)}",
            "record a message for each in payloads.toml, or take it out of the manifest",
        )
    if more := sorted(seen - declared):
        raise Wrong(f"{name}: {', '.join(more)} is not declared", "add it to the manifest")


def golden(subject: Subject) -> str:
    """Check 2."""
    if not subject.fixtures:
        raise Wrong(
            "no recorded messages", "write payloads.toml beside manifest.toml, or give --payloads"
        )
    for fixture, answer in subject.answers():
        if (wrong := difference(fixture, answer.device, answer.outcome)) != "":
            raise Wrong(f"{fixture.about!r}: {wrong}", "correct the decoder or the expectation")
    return ""


def deterministic(subject: Subject) -> str:
    """Check 3."""
    first = [answer for _, answer in subject.answers()]
    backwards = [subject.ask(one) for one in reversed(subject.fixtures)]
    for fixture, one, two in zip(subject.fixtures, first, reversed(backwards), strict=True):
        if one != two:
            raise Wrong(
                f"{fixture.about!r}: {one.outcome}, and later {two.outcome}",
                "keep nothing between messages: decode looks at its arguments only",
            )
        _in_another_order(subject, fixture, one)
    return ""


def _in_another_order(subject: Subject, fixture: Fixture, first: Answer) -> None:
    if (value := value_of(fixture.payload)) is None:
        return
    shuffled = every_object(value, lambda fields: dict(reversed(fields.items())))
    again = asked(subject, fixture, fixture.with_payload(shuffled))
    if again.device != first.device or _in_any_order(again) != _in_any_order(first):
        raise Wrong(
            f"{fixture.about!r} with its fields in another order: {again.outcome}",
            "read fields by name: JSON does not keep their order",
        )


def _in_any_order(answer: Answer) -> object:
    match answer.outcome:
        case Decoded(readings):
            return sorted(map(_without_order, readings))
        case other:
            return type(other)


def _without_order(reading: Any) -> str:
    return repr(replace(reading, value=dict(sorted(reading.value.items()))))


def pure(subject: Subject) -> str:
    """Check 4."""
    for fixture in subject.fixtures:
        watch = Watch()
        try:
            with watch:
                ask(subject.adapter, fixture)
        except (Impure, Failed):
            pass
        if watch.seen:
            raise Wrong(
                f"{fixture.about!r}: it calls {watch.seen}",
                "use what Inbound and Binding say; a message without a moment needs none",
            )
    return ""


def fuzz(subject: Subject) -> str:
    """Check 5."""
    for fixture in subject.fixtures:
        payload = fixture.payload[:LONGEST_DAMAGED]
        luck = Random(sha256(payload).digest())  # noqa: S311 - the same mutants every time
        for mutant in mutants(payload, luck, subject.mutants):
            one = asked(subject, fixture, fixture.with_payload(mutant))
            if one != asked(subject, fixture, fixture.with_payload(mutant)):
                raise Wrong(f"{fixture.about!r} damaged to {mutant!r}: twice, not the same", PURE)
    return f"{subject.mutants} of each message"


PURE = "decode looks at its arguments only"


def hostile(subject: Subject) -> str:
    """Check 6."""
    for fixture in subject.fixtures:
        for payload in HOSTILE:
            asked(subject, fixture, fixture.with_payload(payload))
        _ambiguous(subject, fixture)
    for topic in TOPICS:
        fixture = subject.fixtures[0]
        asked(subject, fixture, replace(fixture.inbound, topic=topic))
    return f"{len(HOSTILE)} payloads, {len(TOPICS)} topics"


HOSTILE = (
    b"",
    b" \n",
    b"\x00" * 100,
    b"\xff\xfe\x00",
    b"[" * 60_000,
    b'{"a":' * 12_000,
    b'"' + b"\\u0000" * 5_000 + b'"',
    b'{"a":"\\ud800"}',
    b'{"a":1e999}',
    b'{"a":-Infinity}',
    b"9" * MOST_BYTES,
    b"a" * MOST_BYTES,
    b"null",
    b"[]",
    b"{}",
    b'"on"',
    b"0",
)
TOPICS = ("", "/", "\x00", "\ud800", "a/" * 30_000, "x" * 60_000, "+/#", "../../etc", "é" * 400)


def _ambiguous(subject: Subject, fixture: Fixture) -> None:
    """What could be read in two ways, or is no JSON, must not be read as if nothing were wrong."""
    answer = subject.ask(fixture)
    value = value_of(fixture.payload)
    if not isinstance(value, dict) or not value or not any(map(rings, answer.readings)):
        return
    inner = fixture.payload.strip().removeprefix(b"\xef\xbb\xbf")[1:]
    twice = "".join(f"{_quoted(name)}:null," for name in value).encode()
    for payload, what in (
        (b"{" + twice + inner, "every field twice, first null"),
        (b'{"strange":NaN,' + inner, "NaN beside the alarm"),
    ):
        outcome = asked(subject, fixture, fixture.with_payload(payload)).outcome
        if not isinstance(outcome, Rejected):
            raise Wrong(
                f"{fixture.about!r} with {what}: {_short(outcome)}",
                "read JSON with adapters.strict_json, which refuses it",
            )


def asked(subject: Subject, fixture: Fixture, inbound: Inbound) -> Answer:
    """What it makes of a changed message. Raises Wrong with the message as its witness."""
    try:
        return ask(subject.adapter, fixture, inbound)
    except Failed as error:
        shown = inbound.payload if len(inbound.payload) < 200 else inbound.payload[:200] + b"..."
        raise Wrong(
            f"{fixture.about!r}, topic {inbound.topic[:100]!r}, payload {shown!r}: {error}",
            "answer Rejected(code, detail) for what you cannot read; rejects_unreadable helps",
        ) from error


def alarms(subject: Subject) -> Iterator[tuple[Fixture, Answer]]:
    """The recorded messages for which a person may be called. Raises Wrong."""
    for fixture, answer in subject.answers():
        if any(map(rings, answer.readings)):
            yield fixture, answer


def said(answer: Answer) -> list[str]:
    """What the readings of an answer are about, without moments and values."""
    told = [
        f"{one.kind} withdraws {one.withdraws}"
        if isinstance(one, Edge)
        else f"{one.channel} {one.active}"
        for one in answer.readings
    ]
    return sorted(told)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _short(outcome: Outcome) -> str:
    return str(outcome)[:200]
