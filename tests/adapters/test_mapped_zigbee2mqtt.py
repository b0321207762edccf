"""A built-in adapter as a mapping gives the same as in code, message by message."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contract import Decoded, Edge, Ignored, Level, Outcome, Reading, Rejected
from hub.decoders.mapped import read_folder
from tests.adapters.recorded import Recorded, recorded

MAPPED, _ = read_folder(Path(__file__).parent / "mappings" / "zigbee2mqtt")
MESSAGES = {name: one for name, one in recorded() if one.adapter == "zigbee2mqtt"}
BASE = "zigbee2mqtt/"


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_zigbee2mqtt_as_a_mapping_says_the_same_as_in_code(message: Recorded) -> None:
    inbound = message.inbound
    mapped = replace(inbound, topic=BASE + inbound.topic.removeprefix(BASE))
    device = message.decoder.identify(inbound)
    if "/get/" not in inbound.topic:  # in code its name is the whole topic, of which nobody hears
        assert MAPPED.identify(mapped) == device
    binding = message.binding(device)
    coded = message.decoder.decode(inbound, binding)
    assert _compared(MAPPED.decode(mapped, binding)) == _compared(coded)


def _compared(outcome: Outcome) -> object:
    """What must be the same: readings in any order, and how a message that is none is called."""
    match outcome:
        case Decoded(readings):
            return sorted(map(_told, readings))
        case Ignored():
            return "ignored"
        case Rejected(code, _):
            return code


def _told(reading: Reading) -> tuple[str, ...]:
    channel = reading.channel if isinstance(reading, Level) else ""
    active = reading.active if isinstance(reading, Level) else isinstance(reading, Edge)
    more = (reading.occurred_at, reading.key, dict(reading.value))
    # In code only an alarm's own level carries the mark of a test; the mapping marks them all.
    test = reading.test if reading.kind is not None and reading.kind.family == "alarm" else ""
    return (str(reading.kind), str(channel), str(active), str(test), *map(str, more))
