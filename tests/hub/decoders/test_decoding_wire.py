"""What a third party's adapter said is the same on both sides of the wire."""

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from adapters.contract import (
    Channel,
    Counter,
    Decoded,
    Edge,
    Kind,
    Level,
    Phase,
    Position,
    ProofOfCopy,
    Reading,
)
from hub.decoders.decoding_wire import LENGTH, BrokenAnswer, frame, read_outcome, said_of

AT = datetime(2026, 1, 12, 22, tzinfo=UTC)
WHERE = Position(52.1, 5.2, 8.0, AT)
PRESSED = Edge(
    "m-1", Kind.BUTTON, Phase.START, AT, ProofOfCopy("7f/3"), True, True, {"a": 1}, WHERE, "x",
    Counter("7f", 3),
)  # fmt: skip
SMOKE = Level(
    "m-1", Channel.SMOKE, True, Kind.SMOKE, AT, ProofOfCopy("7f/4"), True, {"b": "c"}, WHERE,
    Counter("7f", 4),
)  # fmt: skip


@pytest.mark.parametrize("reading", [PRESSED, SMOKE])
def test_every_field_of_a_reading_comes_over(reading: Reading) -> None:
    said = frame(said_of(Decoded((reading,))))[LENGTH.size :]
    assert read_outcome(said) == Decoded((reading,))
    assert all(getattr(reading, one.name) not in (None, {}, "") for one in fields(reading))


@pytest.mark.parametrize("number", [True, 2**63, -(2**63), "3", 3.0])
def test_a_counter_the_database_cannot_hold_is_no_counter(number: object) -> None:
    broken = said_of(Decoded((PRESSED,)))
    broken["readings"][0]["counter"]["number"] = number
    with pytest.raises(BrokenAnswer, match="counter"):
        read_outcome(frame(broken)[LENGTH.size :])
