"""Checks 7 to 10: copies, identity, restarts and time."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import Binding, Edge, Level, Rejected
from adapters.kit.asking import Answer, Failed, decoded, identified
from adapters.kit.bell import Bell
from adapters.kit.bronze import asked, said
from adapters.kit.fixtures import Fixture
from adapters.kit.json_values import Path, leaves, value_of, with_value
from adapters.kit.subject import Subject, Wrong
from adapters.readings import rings

STRANGER = "kit-another-device"
_DIGITS = re.compile(rb"\d+")


def keys(subject: Subject) -> str:
    """Check 7."""
    seen: dict[str, set[str]] = {}
    many = 0
    for fixture, answer in subject.answers():
        found = _keys_of(answer)
        again = replace(
            fixture.inbound,
            received_at=fixture.inbound.received_at + timedelta(hours=1),
            qos=0,
            replayed=True,
        )
        if found and _keys_of(asked(subject, fixture, again)) != found:
            raise Wrong(
                f"{fixture.about!r}: another key when it is delivered again an hour later",
                "make the key of what the device sent, not of when or how it came",
            )
        if found and not _follows_the_message(subject, fixture, found):
            raise Wrong(
                f"{fixture.about!r}: {found[0]!r}, whatever number in the message is changed",
                "a key is the vendor's message id, or a boot or session id with a counter",
            )
        if found and _edges(answer):
            many += 1
            seen.setdefault(answer.device or "", set()).update(found)
    if many and all(len(one) < 2 for one in seen.values()):
        alike = ", ".join(sorted(key for one in seen.values() for key in one))
        raise Wrong(
            f"no two events of one device have two keys: {alike}",
            "record two presses, one after the other; give no key where the device has no good one",
        )
    return f"{many} events with a key" if many else "no event has a key"


def _keys_of(answer: Answer) -> list[str]:
    return [one.key.value for one in answer.readings if one.key is not None]


def _edges(answer: Answer) -> bool:
    return any(isinstance(one, Edge) for one in answer.readings)


def _follows_the_message(subject: Subject, fixture: Fixture, found: list[str]) -> bool:
    payload = fixture.payload
    for at in _DIGITS.finditer(payload):
        more = str(int(at.group()) + 1).encode().rjust(len(at.group()), b"0")
        changed = fixture.with_payload(payload[: at.start()] + more + payload[at.end() :])
        if _has_other_keys(asked(subject, fixture, changed), found):
            return True
    others = _with_other_texts(subject, fixture)
    return any(_has_other_keys(one, found) for one in others)


def _has_other_keys(answer: Answer, found: list[str]) -> bool:
    return bool(keys := _keys_of(answer)) and keys != found


def _with_other_texts(subject: Subject, fixture: Fixture) -> Iterator[Answer]:
    value = value_of(fixture.payload)
    for path, leaf in leaves(value):
        if isinstance(leaf, str):
            changed = with_value(value, path, leaf + "x")
            yield asked(subject, fixture, fixture.with_payload(changed))


def identity(subject: Subject) -> str:
    """Check 8."""
    swapped = refused = 0
    for fixture, answer in subject.answers():
        _speaks_of_the_binding(subject, fixture)
        refused += isinstance(answer.outcome, Rejected) and "identity" in answer.outcome.code
        if not answer.device or not answer.readings:
            continue
        value = value_of(fixture.payload)
        for path, leaf in leaves(value):
            if leaf == answer.device:
                swapped += 1
                _in_anothers_name(
                    subject, fixture, answer.device, with_value(value, path, STRANGER)
                )
    if not swapped and not refused:
        return "no message names its device twice"
    return f"{swapped + refused} messages in another's name"


def _speaks_of_the_binding(subject: Subject, fixture: Fixture) -> None:
    try:
        decoded(subject.adapter, fixture.inbound, replace(fixture.binding(""), device=STRANGER))
    except Failed as error:
        raise Wrong(
            f"{fixture.about!r}, decoded for the device {STRANGER!r}: {error}",
            "give readings of binding.device, which is who was identified",
        ) from error


def _in_anothers_name(subject: Subject, fixture: Fixture, device: str, payload: bytes) -> None:
    inbound = fixture.with_payload(payload)
    named = identified(subject.adapter, inbound)
    if named != device and device not in fixture.topic:
        return  # the payload alone says who speaks
    outcome = decoded(subject.adapter, inbound, Binding(named or ""))
    if not isinstance(outcome, Rejected):
        raise Wrong(
            f"{fixture.about!r}: the topic says {device!r}, the payload {STRANGER!r}: {outcome}",
            'answer Rejected("identity_mismatch", ...) where the two are not the same',
        )


def restart(subject: Subject) -> str:
    """Check 9."""
    known = list(subject.answers())
    cached = [pair for pair in known if pair[0].cached]
    has_levels = any(isinstance(one, Level) for _, answer in known for one in answer.readings)
    if has_levels and not cached and subject.manifest.cached != "nothing":
        raise Wrong(
            "no message is marked as cached",
            "mark what the gateway sends again after a restart with cached = true; where that is"
            ' nothing, write cached = "nothing" in the manifest',
        )
    bell = Bell()
    for fixture, answer in cached:
        bell.hear(answer, fixture.payload)
    for fixture, _ in cached:
        again = asked(subject, fixture, replace(fixture.inbound, replayed=True))
        if rung := bell.hear(again, fixture.payload):
            raise Wrong(
                f"{fixture.about!r}, delivered again after a restart, rings {', '.join(rung)}",
                "what lasts is a Level, not an Edge; or give the key that proves the copy",
            )
    for fixture, answer in known:
        if (twice := _told_twice(answer)) != "":
            raise Wrong(f"{fixture.about!r} tells {twice} twice", "tell it once: Level or Edge")
    return f"{len(cached)} cached messages" if cached else "nothing is cached"


def _told_twice(answer: Answer) -> str:
    """The kind that two readings of one message ring for, though they say the same."""
    ringing = [one for one in answer.readings if rings(one)]
    for number, one in enumerate(ringing):
        for other in ringing[:number]:
            if one.kind == other.kind and (one == other or type(one) is not type(other)):
                return str(one.kind)
    return ""


def time(subject: Subject) -> str:
    """Check 10."""
    timed = 0
    for fixture, answer in subject.answers():
        if not any(one.occurred_at is not None for one in answer.readings):
            continue
        for path, leaf in _moments(subject, fixture, answer):
            timed += 1
            for probe, zone, expected in _probes(leaf):
                _probed(subject, fixture, answer, path, (probe, zone, expected))
    return f"{timed} moments" if timed else "no message has a moment of its own"


Probe = tuple[Any, str, tuple[datetime, ...]]
HOME, AWAY = "Europe/Amsterdam", "America/New_York"
_MILLISECONDS = 100_000_000_000


def _moments(subject: Subject, fixture: Fixture, answer: Answer) -> Iterator[tuple[Path, Any]]:
    """The places of a message whose value decides the moment."""
    value = value_of(fixture.payload)
    for path, leaf in leaves(value):
        if isinstance(leaf, bool) or not isinstance(leaf, str | int | float):
            continue
        other = asked(subject, fixture, fixture.with_payload(with_value(value, path, _later(leaf))))
        if said(other) == said(answer) and _moment(other) != _moment(answer):
            yield path, leaf


def _later(leaf: str | float) -> str | float:
    if isinstance(leaf, str):
        return "2026-02-03T04:56:07+01:00"
    return leaf + (60_000 if abs(leaf) >= _MILLISECONDS else 60)


def _moment(answer: Answer) -> set[datetime | None]:
    return {one.occurred_at for one in answer.readings}


def _probes(leaf: str | float) -> list[Probe]:
    if isinstance(leaf, str):
        gap = (_utc("2026-03-29T00:30:00"), _utc("2026-03-29T01:30:00"))
        return [
            ("2026-01-05T03:12:00", HOME, (_utc("2026-01-05T02:12:00"),)),
            ("2026-01-05T03:12:00", AWAY, (_utc("2026-01-05T08:12:00"),)),
            ("2026-01-05T03:12:00Z", AWAY, (_utc("2026-01-05T03:12:00"),)),
            ("2026-03-29T02:30:00", HOME, gap),
            ("2026-10-25T02:30:00", HOME, (_utc("2026-10-25T00:30:00"),)),
            ("2099-01-01T00:00:00Z", HOME, (_utc("2099-01-01T00:00:00"),)),
            ("9999-12-31T23:59:59-14:00", HOME, ()),
        ]
    per = 1000 if abs(leaf) >= _MILLISECONDS else 1
    return [
        (1_770_862_200 * per, AWAY, (_utc("2026-02-12T02:10:00"),)),
        (4_070_908_800 * per, HOME, (_utc("2099-01-01T00:00:00"),)),
        (10**17, HOME, ()),
    ]


def _probed(subject: Subject, fixture: Fixture, answer: Answer, path: Path, probe: Probe) -> None:
    written, zone, expected = probe
    payload = with_value(value_of(fixture.payload), path, written)
    there = replace(fixture, registered={**fixture.registered, "time_zone": zone})
    other = asked(subject, there, fixture.with_payload(payload))
    if any(map(rings, answer.readings)) and said(other) != said(answer):
        raise Wrong(
            f"{fixture.about!r} with the moment {written!r}: {other.outcome}",
            "a moment that cannot be read stops no alarm: leave occurred_at out",
        )
    for at in _moment(other) - _moment(answer) - {None}:
        if expected and at not in expected:
            raise Wrong(
                f"{fixture.about!r} with {written!r} in {zone}: {at}, expected {expected[0]}",
                "read moments with Fields.moment(name, binding.time_zone)",
            )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
