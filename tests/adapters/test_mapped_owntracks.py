"""OwnTracks as a mapping gives the same as in code: zones, places, moments, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contract import Binding, Decoded, Edge, Ignored, Level, Outcome, Reading, Rejected
from adapters.kit.checking import checked
from adapters.kit.result import Verdict
from adapters.kit.subject import Subject
from hub.commands.adapter_finding import locate
from hub.decoders.mapped import read_folder
from tests.adapters.recorded import Recorded, an_inbound, recorded

FOLDER = Path(__file__).parent / "mappings" / "owntracks"
MAPPED, _ = read_folder(FOLDER)
MESSAGES = {name: one for name, one in recorded() if one.adapter == "owntracks"}
BASE = "owntracks/"
# In code a number in a text is no place; in a mapping digits in a text count, as everywhere.
READ_HERE = {"a place that cannot be read"}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_owntracks_as_a_mapping_says_the_same_as_in_code(message: Recorded) -> None:
    inbound = message.inbound
    mapped = replace(inbound, topic=BASE + inbound.topic.removeprefix(BASE))
    device = message.decoder.identify(inbound)
    coded = message.decoder.decode(inbound, message.binding(device))
    outcome = MAPPED.decode(mapped, message.binding(device))
    if message.wanted["about"] in READ_HERE:
        assert isinstance(outcome, Decoded)
        return
    assert _compared(outcome) == _compared(coded)
    if isinstance(outcome, Decoded):
        assert MAPPED.identify(mapped) == device
        _hold_keys_to(outcome, coded)


def _compared(outcome: Outcome) -> object:
    match outcome:
        case Decoded(readings):
            return sorted(map(_told, readings))
        case Ignored():
            return "ignored"
        case Rejected(code):
            named = {"identity_mismatch", "wrong_value"}
            return code if code in named else "rejected"  # a mapping has no codes of its own


def _told(reading: Reading) -> tuple[str, ...]:
    named = reading.channel if isinstance(reading, Level) else reading.kind
    active = reading.active if isinstance(reading, Level) else not reading.withdraws
    more = (reading.occurred_at, reading.position, dict(reading.value), reading.test)
    return (str(named), str(active), *map(str, more))


def _hold_keys_to(outcome: Decoded, coded: Outcome) -> None:
    """The same proofs, in its own words; without a region's id a mapping gives none, and rings."""
    assert isinstance(coded, Decoded)
    own = [one.key.value for one in outcome.readings if one.key is not None]
    theirs = [one.key.value.replace(" ", "/") for one in coded.readings if one.key is not None]
    assert own == [one for one in theirs if not one.endswith("/Thuis")]


def test_two_zones_left_at_one_moment_are_two_events() -> None:
    payload = b'{"_type":"transition","event":"leave","desc":"%s","rid":"%s","tst":1767579120}'
    told = [
        MAPPED.decode(an_inbound("owntracks/a/b/event", payload % (one, one)), Binding("a/b"))
        for one in (b"Thuis", b"Dorp")
    ]
    keys = [one.readings[0].key for one in told if isinstance(one, Decoded)]
    assert len(set(keys)) == 2


def test_a_zone_event_is_an_edge_that_rings() -> None:
    outcome = MAPPED.decode(
        an_inbound("owntracks/a/b/event", b'{"_type":"transition","event":"leave"}'),
        Binding("a/b"),
    )
    assert isinstance(outcome, Decoded)
    assert isinstance(outcome.readings[0], Edge)


def test_it_passes_the_conformance_kit() -> None:
    found = locate(str(FOLDER), None)
    results = checked(Subject(found.adapter, found.manifest, found.fixtures(None), 10))
    assert [one for one in results if one.verdict is not Verdict.PASSED] == []
