"""Payloads of real systems, read where the collection is there beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Binding, Decoded, Inbound, Outcome, Reading, Rejected
from tests.adapters.recorded import ADAPTERS, an_inbound

FOLDER = Path(__file__).parents[3] / "shared" / "payloads"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the collection is not here")

# What the collection calls it: a kind or channel of ours, and whether it is active.
WORDS = {
    "activity.motion": ("motion", True),
    "alarm.button": ("alarm.button", True),
    "activity.door (open)": ("door", True),
    "(no new door event)": ("door", True),  # the same level again: no change, no event
    "activity.bed (occupied?)": ("bed", True),
    "alarm.fall": ("alarm.fall", True),
    "activity.presence (absent)": ("occupancy", False),
    "activity.posture": ("occupancy", True),
    "alarm.smoke": ("alarm.smoke", True),
    "alarm.smoke test=true": ("alarm.smoke", True),
    "alarm.water": ("alarm.water", True),
    "technical.battery": ("technical.battery_low", True),
    "technical.connectivity (lost)": ("technical.offline", True),
    "technical.gateway (lost)": ("technical.gateway_offline", True),
    "technical.device_removed": ("technical.offline", True),
}
ROLES = {"zigbee2mqtt/knop": "alarm_button", "zigbee2mqtt/bedmat": "bed"}


def _index(source: str) -> list[dict[str, Any]]:
    if not FOLDER.is_dir():
        return []
    listed: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
    return [one for one in listed if one["source"] == source]


def _outcome(adapter: str, inbound: Inbound) -> Outcome:
    device = ADAPTERS[adapter].identify(inbound)
    binding = Binding(device or "", role=ROLES.get(inbound.topic, ""))
    return ADAPTERS[adapter].decode(inbound, binding)


@pytest.mark.parametrize("listed", _index("zigbee2mqtt"), ids=lambda one: str(one["file"]))
def test_zigbee2mqtt_comes_out_as_the_collection_expects(listed: dict[str, Any]) -> None:
    inbound = an_inbound(listed["topic"], (FOLDER / listed["file"]).read_bytes())
    outcome = _outcome("zigbee2mqtt", inbound)
    assert isinstance(outcome, Decoded)
    expected = {WORDS[one.partition(" (must")[0]] for one in listed["expect"]}
    told = {_word(one) for one in outcome.readings}
    assert expected <= told
    alarming = {word for word in told if word[0].startswith(("alarm.", "technical.")) and word[1]}
    assert alarming <= expected
    wants_test = any("test=true" in one for one in listed["expect"])
    assert any(one.test for one in outcome.readings) is wants_test


@pytest.mark.parametrize("listed", _index("hostile"), ids=lambda one: str(one["file"]))
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_hostile_payloads_are_refused_in_words_or_ring(
    adapter: str, listed: dict[str, Any]
) -> None:
    inbound = an_inbound(listed["topic"], (FOLDER / listed["file"]).read_bytes())
    outcome = _outcome(adapter, inbound)
    said = listed["expect"][0]
    if adapter == "zigbee2mqtt" and listed["topic"].startswith("zigbee2mqtt"):
        assert isinstance(outcome, Rejected)
        code = said.partition("REJECT ")[2].split(" ")[0]
        assert outcome.code == (code or "not_a_number")


def _word(reading: Reading) -> tuple[str, bool]:
    active = getattr(reading, "active", True)
    named = reading.kind if reading.kind is not None else getattr(reading, "channel", None)
    return (str(named), active)
