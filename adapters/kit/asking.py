"""Asks an adapter whatever the kit likes, and survives the answer."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Self, TypeVar

from adapters.contract import (
    MOST_READINGS,
    Binding,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    InboundAdapter,
    Level,
    Outcome,
    Reading,
    Rejected,
)
from adapters.kit.fixtures import Fixture

WITHIN = 0.25  # seconds of processor time for one answer, as a hub gives it
LONGEST_KEY = 1_000  # bytes that an index of PostgreSQL takes
T = TypeVar("T")


class Failed(Exception):
    """An adapter broke its contract; the text says how."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an adapter made of a message."""

    device: str | None
    outcome: Outcome

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What it says, if anything."""
        return self.outcome.readings if isinstance(self.outcome, Decoded) else ()


def ask(adapter: InboundAdapter, fixture: Fixture, inbound: Inbound | None = None) -> Answer:
    """Identify and decode a message as a hub would. Raises Failed."""
    inbound = fixture.inbound if inbound is None else inbound
    device = identified(adapter, inbound)
    return Answer(device, decoded(adapter, inbound, fixture.binding(device)))


def identified(adapter: InboundAdapter, inbound: Inbound) -> str | None:
    """What `identify` says. Raises Failed."""
    with _Guard("identify"):
        device: object = adapter.identify(inbound)
    if device is not None and not isinstance(device, str):
        raise Failed(f"identify gave {type(device).__name__}: give a text or None")
    if device is not None and not storable(device):
        raise Failed("identify gave a text that cannot be stored: use adapters.text.visible")
    return device


def decoded(adapter: InboundAdapter, inbound: Inbound, binding: Binding) -> Outcome:
    """What `decode` says, held to the contract. Raises Failed."""
    with _Guard("decode"):
        outcome: object = adapter.decode(inbound, binding)
    if isinstance(outcome, Ignored | Rejected):
        texts = [outcome.reason] if isinstance(outcome, Ignored) else [outcome.code, outcome.detail]
        _hold(all(map(_is_text, texts)), "its words are no text, or cannot be stored")
        return outcome
    if not isinstance(outcome, Decoded):
        raise Failed(f"decode gave {type(outcome).__name__}: give Decoded, Ignored or Rejected")
    _hold(isinstance(outcome.readings, tuple), "Decoded wants a tuple of readings")
    _hold(len(outcome.readings) <= MOST_READINGS, f"more than {MOST_READINGS} readings")
    for reading in outcome.readings:
        _hold_reading(reading, binding)
    return outcome


def storable(text: str) -> bool:
    """Whether PostgreSQL takes a text, also as a key of an index."""
    try:
        return "\x00" not in text and len(text.encode()) < LONGEST_KEY
    except UnicodeEncodeError:
        return False


def texts_of(reading: Reading) -> list[str]:
    """Every text that a reading brings along."""
    key = "" if reading.key is None else reading.key.value
    matter = reading.correlation_key if isinstance(reading, Edge) else ""
    values = [value for value in reading.value.values() if isinstance(value, str)]
    return [reading.device, key, matter, *reading.value, *values]


def _hold_reading(reading: object, binding: Binding) -> None:
    if not isinstance(reading, Level | Edge):
        raise Failed(f"a reading is {type(reading).__name__}: give Level or Edge")
    _hold(reading.device == binding.device, "a reading is not of the binding's device")
    at = reading.occurred_at
    _hold(at is None or at.utcoffset() is not None, "occurred_at has no time zone")
    _hold(all(map(_is_text, texts_of(reading))), "a reading has a text that cannot be stored")


def _hold(true: bool, otherwise: str) -> None:
    if not true:
        raise Failed(f"decode: {otherwise}")


def _is_text(text: object) -> bool:
    return isinstance(text, str) and storable(text)


class _TooSlow(BaseException):
    """No adapter catches this by accident."""


class _Guard:
    """Turns whatever goes wrong inside into Failed, also code that goes on for ever."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGVTALRM, _too_slow)
        signal.setitimer(signal.ITIMER_VIRTUAL, WITHIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, self._before)
        if isinstance(error, _TooSlow):
            raise Failed(f"{self.what} took longer than {WITHIN} s of processor time") from None
        if isinstance(error, Exception):
            raise Failed(f"{self.what} raised {_told(error)}") from error


def _too_slow(_: int, __: FrameType | None) -> None:
    raise _TooSlow


def _told(error: Exception) -> str:
    trace, at = error.__traceback__, ""
    while trace is not None:
        at = f" at {trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {str(error)[:200]}{at}"
