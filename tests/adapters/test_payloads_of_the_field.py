"""Payloads of real systems, read where the collection is there beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Binding, Decoded, Edge, Ignored, Inbound, Outcome, Reading, Rejected
from tests.adapters.recorded import ADAPTERS, an_inbound

FOLDER = Path(__file__).parents[3] / "shared" / "payloads"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the collection is not here")

# What the collection calls it: what of our kinds and channels is so, or an outcome that is none.
WORDS: dict[str, Any] = {
    "activity.motion": ("motion", True),
    "alarm.button": ("alarm.button", True),
    "alarm.button (SOS)": ("alarm.button", True),
    "activity.door (open)": ("door", True),
    "(no new door event)": ("door", True),  # the same level again: no change, no event
    "activity.bed (occupied?)": ("bed", True),
    "activity.bed (occupied)": ("bed", True),
    "activity.bed (vacant)": ("bed", False),
    "alarm.bed_exit": ("alarm.bed_exit", True),
    "alarm.inactivity": ("lifestyle.inactivity", True),
    "alarm.fall": ("alarm.fall", True),
    "alarm.fall end (status 2 Resolve, same trigger_id)": ("alarm.fall", False),
    "activity.presence (absent)": ("occupancy", False),
    "activity.presence (occupied)": ("occupancy", True),
    "activity.posture": ("occupancy", True),
    "alarm.smoke": ("alarm.smoke", True),
    "alarm.smoke test=true": ("alarm.smoke", True),
    "alarm.water": ("alarm.water", True),
    "alarm.wandering (geofence exit)": ("location.left_zone", True),
    "alarm.wandering, occurred_at := received_at, clock_suspect": ("location.left_zone", True),
    "location.geofence_enter": ("presence.heartbeat", True),  # a shop: nothing to be called for
    "location.report": ("presence.heartbeat", True),
    "technical.battery": ("technical.battery_low", True),
    "technical.battery 88.3 (no alarm)": ("technical.battery_low", False),
    "technical.connectivity (lost)": ("technical.offline", True),
    "technical.connectivity (joined)": ("technical.offline", False),
    "technical.gateway (lost)": ("technical.gateway_offline", True),
    "technical.device_removed": ("technical.offline", True),
    "technical.fault / possible spoof signal": ("technical.fault", True),
    "REJECT malformed_json": "malformed_json",
    "REJECT unknown_device_model unless bound": "unknown_device_model",
    "REJECT or alarm.button from decoded_payload": "no_bytes",
    "REJECT empty (also: empty retained = retained delete)": "empty",
    "REJECT ambiguous_json (or alarm): last-wins would hide the alarm": "ambiguous_json",
    "REJECT too_deep (json.loads raises RecursionError)": "too_deep",
    "alarm.button raised, battery dropped OR reject: never silently lose the alarm": "not_a_number",
    "REJECT identity_mismatch + security event": "identity_mismatch",
    "measurement.temperature": (),  # a sign of life: nobody is called for a temperature
    "(ignored)": None,
    "(ignored unless bound)": None,
    "(timestamp on its own topic)": None,
    "(config, no event)": None,
    "(state unknown)": (),
}
# Where one file is expected otherwise than its words say; docs/decisions/ says why.
OTHERWISE: dict[str, list[Any]] = {
    "thethingsstack/abeeway_asset_tracker_position.json": ["unknown_device_model"],
    "thethingsstack/milesight_vs370_README.json": [("occupancy", True)],
    "thethingsstack/milesight_ws301_README.json": [("door", True), ("technical.tamper", True)],
}
BINDINGS = {
    "zigbee2mqtt/button_single.json": {"role": "alarm_button"},
    "zigbee2mqtt/bed_pad_spm915.json": {"role": "bed"},
    "shelly/notify_event_long_push.json": {"role": "alarm_button"},
    "chirpstack/up_ws101_long_press.json": {"model": "WS101"},
    "homeassistant/statestream_quoted_string.txt": {"role": "bed"},
}
MODELS = ("ws101", "ws301", "vs370", "vs373", "em300-zld", "r312")


def _index() -> list[dict[str, Any]]:
    if not FOLDER.is_dir():
        return []
    listed: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
    return listed


def _adapter(listed: dict[str, Any]) -> str:
    """Whose the file is; those meant to break are told apart by their topic."""
    source = str(listed["source"]).removesuffix("-vs373")
    topics = {"zigbee2mqtt": "zigbee2mqtt", "application": "chirpstack", "owntracks": "owntracks"}
    return topics[listed["topic"].split("/")[0]] if source == "hostile" else source


def _topic(listed: dict[str, Any]) -> str:
    """Where it comes in; what has none, or one of one's own choice, gets one."""
    topic = listed["topic"]
    return "events" if topic is None or topic.startswith("(") else str(topic)


def _outcome(adapter: str, inbound: Inbound, **bound: Any) -> Outcome:
    device = ADAPTERS[adapter].identify(inbound)
    return ADAPTERS[adapter].decode(inbound, Binding(device or "", **bound))


@pytest.mark.parametrize("listed", _index(), ids=lambda one: str(one["file"]))
def test_a_payload_of_the_field_comes_out_as_the_collection_expects(
    listed: dict[str, Any],
) -> None:
    file, topic = listed["file"], _topic(listed)
    model = next((one for one in MODELS if f"/{one}" in topic), "")
    bound = BINDINGS.get(file, {"model": model})
    inbound = an_inbound(topic, (FOLDER / file).read_bytes())
    outcome = _outcome(_adapter(listed), inbound, **bound)
    words = [one.partition(" (must")[0] for one in listed["expect"]]
    expected = OTHERWISE[file] if file in OTHERWISE else [WORDS[one] for one in words]
    match outcome:
        case Ignored():
            assert expected == [None]
        case Rejected(code):
            assert expected == [code]
        case Decoded(readings):
            _hold_to(readings, set(expected) - {()})
    wants_test = any("test=true" in one for one in listed["expect"])
    told = outcome.readings if isinstance(outcome, Decoded) else ()
    assert any(one.test for one in told) is wants_test


def _hold_to(readings: tuple[Reading, ...], expected: set[tuple[str, bool]]) -> None:
    told = {_word(one) for one in readings}
    assert expected <= told
    calls = ("alarm.", "technical.", "lifestyle.", "location.")
    alarming = {word for word in told if word[0].startswith(calls) and word[1]}
    assert alarming <= expected


@pytest.mark.parametrize(
    "listed",
    [one for one in _index() if one["source"] == "hostile"],
    ids=lambda one: str(one["file"]),
)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_no_adapter_breaks_on_a_hostile_payload(adapter: str, listed: dict[str, Any]) -> None:
    _outcome(adapter, an_inbound(listed["topic"], (FOLDER / listed["file"]).read_bytes()))


def _word(reading: Reading) -> tuple[str, bool]:
    active = not reading.withdraws if isinstance(reading, Edge) else reading.active
    named = reading.kind if reading.kind is not None else getattr(reading, "channel", None)
    return (str(named), active)
