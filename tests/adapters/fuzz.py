"""Damages every recorded payload: nothing may crash, and no alarm may be dropped in silence.

`python -m tests.adapters.fuzz [mutants]`: so many damaged copies of each recorded message of each
adapter, 2,000 unless told. The short form is in the tests.

What "dropped in silence" means: a copy that is still JSON, and still says all that said in the
original that somebody must be called (its heart: for each adapter the fields in `HEARTS`), rings
as the original did, or is Rejected, so that people see it. It is never a sign of life or Ignored.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from random import Random
from typing import Any

from adapters.contract import (
    MOST_READINGS,
    Binding,
    Decoded,
    Edge,
    Ignored,
    Outcome,
    Reading,
    Rejected,
)
from adapters.kit.mutants import mutants
from adapters.readings import rings
from tests.adapters.recorded import Recorded, an_inbound, recorded

LONG = 2_000
LONGEST_PAYLOAD = 2_000
_PLACES = ("switch:0", "smoke:0", "flood:0", "input:0")
HEARTS: Mapping[str, Sequence[str]] = {
    "native": (
        "kind", "channel", "active", "worn", "type",
        *(f"data.{name}" for name in ("kind", "channel", "active", "worn")),
    ),
    "zigbee2mqtt": (
        "action", "click", "sos", "fall_down_status", "status", "smoke", "carbon_monoxide", "gas",
        "water_leak",
    ),
    "thethingsstack": (
        "uplink_message.frm_payload", "uplink_message.f_port", "uplink_message.version_ids",
    ),
    "chirpstack": ("data", "fPort", "deviceInfo.tags", "deviceInfo.deviceProfileName"),
    "owntracks": ("_type", "event", "desc"),
    "traccar": (
        "event", "event.type", "event.attributes", "position.attributes", "geofence.name",
    ),
    "shelly": ("method", "params.events", *(f"params.{place}" for place in _PLACES)),
    "milesight": ("trigger_data", "device_info.trigger_data"),
}  # fmt: skip


def damage(message: Recorded, many: int) -> None:
    """Damage one message so often; AssertionError with the copy that was not survived."""
    binding = message.binding(message.decoder.identify(message.inbound))
    payload = message.payload[:LONGEST_PAYLOAD]
    for mutant in mutants(payload, Random(sha256(payload).digest()), many):
        outcome = survived(message, mutant, binding)
        assert not dropped(message, mutant, binding, outcome), mutant


def survived(message: Recorded, mutant: bytes, binding: Binding) -> Outcome:
    """What becomes of one damaged copy: the same twice, and nothing that cannot be stored."""
    inbound = an_inbound(message.inbound.topic, mutant)
    device = message.decoder.identify(inbound)
    assert device is None or storable(device), mutant
    outcome = message.decoder.decode(inbound, binding)
    assert outcome == message.decoder.decode(inbound, binding), mutant
    assert_storable(outcome)
    return outcome


def dropped(message: Recorded, mutant: bytes, binding: Binding, outcome: Outcome) -> bool:
    """Whether a copy that still says the alarm is neither that alarm nor seen by people."""
    called = _called(message.decoder.decode(message.inbound, binding))
    hearts = HEARTS.get(message.adapter, ())
    said = _heart(message.payload, hearts)
    if not called or not said or said != _heart(mutant, hearts) or isinstance(outcome, Rejected):
        return False
    return not called <= _called(outcome)


def assert_storable(outcome: Outcome) -> None:
    """Hold an outcome to what PostgreSQL can store, and to the contract."""
    match outcome:
        case Decoded(readings):
            assert len(readings) <= MOST_READINGS
            for reading in readings:
                assert reading.occurred_at is None or reading.occurred_at.utcoffset() is not None
                assert all(map(storable, _texts_of(reading)))
        case Ignored(reason):
            assert storable(reason)
        case Rejected(code, detail):
            assert code
            assert storable(code + detail)


def storable(text: str) -> bool:
    """PostgreSQL takes it, as text and as a key of an index."""
    return "\x00" not in text and len(text.encode()) < 1_000


def _called(outcome: Outcome) -> set[str]:
    readings = outcome.readings if isinstance(outcome, Decoded) else ()
    return {str(one.kind) for one in readings if rings(one)}


def _heart(payload: bytes, names: Sequence[str]) -> dict[str, str]:
    """Those fields that are there, each as JSON; none where the payload is no object."""
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    found = {name: _at(message, name.split(".")) for name in names}
    return {name: json.dumps(value) for name, value in found.items() if value is not None}


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _texts_of(reading: Reading) -> list[str]:
    key = "" if reading.key is None else reading.key.value
    series = "" if reading.counter is None else reading.counter.series
    matter = reading.correlation_key if isinstance(reading, Edge) else ""
    values = [value for value in reading.value.values() if isinstance(value, str)]
    return [reading.device, key, series, matter, *reading.value, *values]


def main(many: int) -> None:
    """Damage every recorded message so often and say how many there were."""
    messages = dict(recorded())
    for name, message in messages.items():
        try:
            damage(message, many)
        except Exception as error:
            raise SystemExit(f"{name}: {error!r}") from error
    print(f"{len(messages)} messages, {many} damaged copies of each: all survived, none dropped")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LONG)
