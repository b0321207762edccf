"""An adapter may do anything wrong: the hub gets an outcome, people get a reason."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from adapters.contract import (
    MOST_BYTES,
    MOST_READINGS,
    Binding,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    Kind,
    Rejected,
)
from hub.decoders.finding import load_adapters
from hub.decoders.translation import NoSuchAdapter, identify, manifest_of, translate
from tests.adapters.recorded import ADAPTERS, an_inbound

BOUND = Binding("p1")
SECRET = "mevrouw Jansen"


class Stranger:
    """A third party's adapter that answers with whatever it is given."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    def identify(self, inbound: Inbound) -> Any:
        return self.answer()

    def decode(self, inbound: Inbound, binding: Binding) -> Any:
        return self.answer()


def translated(answer: Any) -> Any:
    return translate(Stranger(lambda: answer), an_inbound("p1", b"{}"), BOUND)


def failing() -> None:
    raise ValueError(SECRET)


def endless() -> Any:
    return endless()


def test_a_good_outcome_comes_through() -> None:
    for outcome in (Decoded((Edge("p1", Kind.BUTTON),)), Ignored("nothing"), Rejected("x", "y")):
        assert translated(outcome) == outcome


@pytest.mark.parametrize("answer", [None, 5, (), Decoded(["p1"]), Decoded(None), Decoded(("x",))])  # type: ignore[arg-type]
def test_anything_else_is_rejected(answer: Any) -> None:
    assert translated(answer).code == "adapter_error"


@pytest.mark.parametrize("answer", [failing, endless])
def test_an_exception_is_rejected_and_logged_without_its_words(
    answer: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        outcome = translate(Stranger(answer), an_inbound("p1", b"{}"), BOUND)
        key = identify(Stranger(answer), an_inbound("p1", b"{}"))
    assert isinstance(outcome, Rejected)
    assert isinstance(key, Rejected)
    assert outcome.code == key.code == "adapter_error"
    assert len(caplog.records) == 2
    assert all(SECRET not in str(vars(record)) for record in caplog.records)
    assert SECRET not in outcome.detail


def test_a_reading_about_another_device_is_refused() -> None:
    assert translated(Decoded((Edge("p2", Kind.BUTTON),))).code == "identity_mismatch"


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = Edge("p1", Kind.BUTTON, occurred_at=datetime(2026, 1, 5))  # noqa: DTZ001
    assert translated(Decoded((naive,))).code == "adapter_error"


def test_more_readings_than_allowed_are_refused() -> None:
    press = Edge("p1", Kind.BUTTON)
    assert translated(Decoded((press,) * MOST_READINGS)) == Decoded((press,) * MOST_READINGS)
    assert translated(Decoded((press,) * (MOST_READINGS + 1))).code == "too_many_readings"


def test_a_payload_over_64_kib_is_not_even_shown_to_the_adapter() -> None:
    large = an_inbound("p1", b" " * (MOST_BYTES + 1))
    outcome = translate(Stranger(failing), large, BOUND)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "too_large"


def test_a_payload_too_large_to_decode_still_has_its_device() -> None:
    large = an_inbound("p1", b" " * (MOST_BYTES + 1))
    assert identify(ADAPTERS["native"], large) == "p1"


def test_an_identity_is_a_text_or_none() -> None:
    inbound = an_inbound("p1", b"{}")
    assert identify(Stranger(lambda: "p1"), inbound) == "p1"
    assert identify(Stranger(lambda: None), inbound) is None
    assert isinstance(identify(Stranger(lambda: 4), inbound), Rejected)


def test_an_adapter_that_is_not_installed_is_said_in_one_line() -> None:
    with pytest.raises(NoSuchAdapter) as said:
        load_adapters(["native", "medido"])
    assert "'medido' is not installed; installed: " in str(said.value)
    assert "zigbee2mqtt. Install its package" in str(said.value)


def test_every_adapter_has_a_manifest() -> None:
    for name, adapter in ADAPTERS.items():
        assert manifest_of(adapter).name == name
