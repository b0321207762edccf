"""Every recorded payload comes out as its file says, the same twice, whatever is done to it."""

import json
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from adapters.contract import MOST_READINGS, Decoded, Edge, Ignored, Outcome, Reading, Rejected
from tests.adapters.mutants import mutants
from tests.adapters.recorded import ADAPTERS, Recorded, an_inbound, as_told, recorded

MESSAGES = dict(recorded())
every_message = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
MUTANTS = 2_000


@every_message
def test_a_recorded_payload_means_what_its_file_says(message: Recorded) -> None:
    device = message.decoder.identify(message.inbound)
    outcome = message.decoder.decode(message.inbound, message.binding(device))
    wanted = message.wanted
    if "device" in wanted:
        assert (device or "") == wanted["device"]
    match outcome:
        case Decoded(readings):
            assert "readings" in wanted, outcome
            assert len(readings) == len(wanted["readings"]), outcome
            for reading, expected in zip(readings, wanted["readings"], strict=True):
                assert _only(as_told(reading), expected) == expected
        case Ignored(reason):
            assert wanted.get("ignored", "no") in reason, outcome
        case Rejected(code, detail):
            assert code == wanted.get("rejected"), outcome
            assert wanted.get("detail", "") in detail


@every_message
def test_no_mutant_of_a_payload_is_a_crash_and_each_is_decoded_the_same_twice(
    message: Recorded,
) -> None:
    topic = message.inbound.topic
    binding = message.binding(message.decoder.identify(message.inbound))
    payload = message.payload[:2_000]
    luck = Random(sha256(payload).digest())
    for mutant in mutants(payload, luck, MUTANTS):
        inbound = an_inbound(topic, mutant)
        device = message.decoder.identify(inbound)
        assert device is None or _storable(device)
        outcome = message.decoder.decode(inbound, binding)
        assert outcome == message.decoder.decode(inbound, binding)
        _assert_storable(outcome)
        if (kind := _still_says(message, mutant)) is not None:
            assert _is_kept(kind, outcome), mutant


@pytest.mark.parametrize("name", ADAPTERS)
def test_no_topic_is_a_crash(name: str) -> None:
    luck = Random(7)
    topics = [*(f"zigbee2mqtt/{one}/availability" for one in "abc"), "bridge/event", "a/b/set"]
    for topic in topics:
        for mutant in mutants(topic.encode(), luck, 300):
            inbound = an_inbound(mutant.decode(errors="surrogateescape"), b'{"kind":"alarm.fall"}')
            device = ADAPTERS[name].identify(inbound)
            assert device is None or _storable(device)
            outcome = ADAPTERS[name].decode(inbound, Recorded(name, {}).binding(device))
            _assert_storable(outcome)


def _still_says(message: Recorded, mutant: bytes) -> str | None:
    """The alarm that a damaged message of our own profile still names, at its own place."""
    said = _object(message.payload).get("kind", "")
    named = message.adapter == "native" and "readings" in message.wanted
    if not named or not str(said).startswith("alarm.") or _object(mutant).get("kind") != said:
        return None
    return str(said)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _is_kept(kind: str, outcome: Outcome) -> bool:
    """Whether people hear of it: it rings, or it is work on the board."""
    if isinstance(outcome, Rejected):
        return True
    return isinstance(outcome, Decoded) and kind in [one.kind for one in outcome.readings]


def _only(told: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: told.get(name, "not there") for name in expected}


def _assert_storable(outcome: Outcome) -> None:
    match outcome:
        case Decoded(readings):
            assert len(readings) <= MOST_READINGS
            for reading in readings:
                assert reading.occurred_at is None or reading.occurred_at.utcoffset() is not None
                assert all(map(_storable, _texts_of(reading)))
        case Ignored(reason):
            assert _storable(reason)
        case Rejected(code, detail):
            assert code
            assert _storable(code + detail)


def _texts_of(reading: Reading) -> list[str]:
    key = "" if reading.key is None else reading.key.value
    matter = reading.correlation_key if isinstance(reading, Edge) else ""
    values = [value for value in reading.value.values() if isinstance(value, str)]
    return [reading.device, key, matter, *reading.value, *values]


def _storable(text: str) -> bool:
    """PostgreSQL takes it, as text and as a key of an index."""
    return "\x00" not in text and len(text.encode()) < 1_000
