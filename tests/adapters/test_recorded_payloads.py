"""Every recorded payload comes out as its file says, the same twice, whatever is done to it."""

from random import Random
from typing import Any

import pytest

from adapters.contract import Decoded, Ignored, Rejected
from adapters.kit.fixtures import as_told
from adapters.kit.mutants import mutants
from hub.decoders.translation import manifest_of
from tests.adapters.fuzz import assert_storable, damage, storable
from tests.adapters.recorded import ADAPTERS, NAMES, Recorded, an_inbound, recorded

MESSAGES = dict(recorded())
every_message = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
MUTANTS = 60  # the long form: python -m tests.adapters.fuzz


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
def test_no_damaged_payload_is_a_crash_and_none_loses_its_alarm_in_silence(
    message: Recorded,
) -> None:
    damage(message, MUTANTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_that_an_adapter_declares_is_recorded(name: str) -> None:
    told = {
        kind
        for message in MESSAGES.values()
        if message.adapter == name
        for kind in _kinds_of(message)
    }
    assert set(manifest_of(ADAPTERS[name]).kinds) <= told
    assert told <= {*manifest_of(ADAPTERS[name]).kinds, "presence.heartbeat"}


@pytest.mark.parametrize("name", ADAPTERS)
def test_no_topic_is_a_crash(name: str) -> None:
    luck = Random(7)
    topics = [
        *(f"zigbee2mqtt/{one}/availability" for one in "abc"), "bridge/event", "a/b/set",
        "v3/a@b/devices/c/up", "application/a/device/b/event/up", "owntracks/a/b/event",
        "shelly-1/events/rpc", "shelly-1/online",
    ]  # fmt: skip
    for topic in topics:
        for mutant in mutants(topic.encode(), luck, 300):
            inbound = an_inbound(mutant.decode(errors="surrogateescape"), b'{"kind":"alarm.fall"}')
            device = ADAPTERS[name].identify(inbound)
            assert device is None or storable(device)
            outcome = ADAPTERS[name].decode(inbound, Recorded(name, {}).binding(device))
            assert_storable(outcome)


def _kinds_of(message: Recorded) -> set[str]:
    binding = message.binding(message.decoder.identify(message.inbound))
    outcome = message.decoder.decode(message.inbound, binding)
    readings = outcome.readings if isinstance(outcome, Decoded) else ()
    return {one.kind.value for one in readings if one.kind is not None}


def _only(told: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: told.get(name, "not there") for name in expected}
