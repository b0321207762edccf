"""What a value means: lists of words, units, moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from adapters.contract import Scalar
from adapters.fields import Fields, Json, Unreadable
from adapters.text import visible

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRONG = "wrong_value"


@dataclass(frozen=True, slots=True)
class Unit:
    """How a number becomes one of our units: percent, V, °C, m, s, or as it is."""

    times: float = 1.0
    plus: float = 0.0


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "percent": Unit(),
        "fraction": Unit(100.0),  # 0.15 is 15 percent
        "V": Unit(),
        "mV": Unit(0.001),
        "C": Unit(),
        "F": Unit(5 / 9, -160 / 9),
        "m": Unit(),
        "km": Unit(1000.0),
        "ft": Unit(0.3048),
        "s": Unit(),
        "ms": Unit(0.001),
        "min": Unit(60.0),
    }
)
AS_IT_IS = Unit()


@dataclass(frozen=True, slots=True)
class Listed:
    """Values that mean the same. A text may begin or end with `*`, which stands for any text."""

    values: tuple[Scalar, ...]

    def __contains__(self, said: object) -> bool:
        """Whether a value is one of them; 1 is not true, and "1" is neither."""
        return any(_same(one, said) for one in self.values)


def _same(listed: Scalar, said: object) -> bool:
    if isinstance(listed, str):
        return isinstance(said, str) and _like(listed, said)
    if isinstance(listed, bool) or isinstance(said, bool):
        return listed is said
    return isinstance(said, int | float) and listed == said


def _like(listed: str, said: str) -> bool:
    if listed == "*":
        return True
    inner = listed.strip("*")
    starts, ends = listed.endswith("*"), listed.startswith("*")
    if starts and ends:
        return inner in said
    if starts:
        return said.startswith(inner)
    return said.endswith(inner) if ends else said == inner


def number_of(said: Json, name: str, unit: Unit, least: float, most: float) -> float:
    """A number in our unit; digits in a text count too. Raises Unreadable outside its range."""
    if isinstance(said, str):
        said = _digits(said, name)
    found = Fields({name: said}).number(name, least, most)
    return round(found * unit.times + unit.plus, 9)


def scalar_of(said: Json, name: str, unit: Unit | None) -> Scalar | None:
    """A value to keep beside an event; None for what is no text, number or flag."""
    if unit is not None and said is not None:
        return number_of(said, name, unit, -1e300, 1e300)
    if isinstance(said, str):
        return visible(said)
    return said if isinstance(said, int | float) else None


def label_of(said: Json, name: str) -> str:
    """A text or whole number as text, for identities and keys. Raises Unreadable."""
    return Fields({name: said}).label(name)


def moment_of(said: Json, name: str, written: str, time_zone: str) -> datetime:
    """A moment, aware UTC, `written` as iso, seconds or milliseconds since 1970.

    ISO text without an offset is local time of `time_zone`. Raises Unreadable.
    """
    if written == "iso":
        if not isinstance(said, str):
            raise Unreadable(WRONG, f"{name}: send a text such as 2026-01-05T03:12:00+01:00")
        return Fields({name: said}).moment(name, time_zone)
    unit = UNITS["ms" if written == "milliseconds" else "s"]
    try:
        return _EPOCH + timedelta(seconds=number_of(said, name, unit, -1e15, 1e15))
    except OverflowError as error:
        raise Unreadable(WRONG, f"{name}: send {written} since 1970") from error


def _digits(said: str, name: str) -> float:
    try:
        return float(said) if len(said) <= 40 and said.isascii() else float("nan")
    except ValueError as error:
        raise Unreadable(WRONG, f"{name}: send a number") from error
