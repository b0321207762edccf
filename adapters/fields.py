"""The fields of one JSON object, read by name and by type.

A field that is missing, null or of another type raises Unreadable, which names the field and
the remedy. Zero, false and "" are values like any other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.contract import Scalar
from adapters.privacy import personal
from adapters.text import visible

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MISSING = "missing_field"
_FIRST_MILLISECONDS = 100_000_000_000  # as seconds this is the year 5138
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """A message cannot be understood: `code` for machines, `detail` with field and remedy."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object. `path` is where it stands in the message, for the error's detail."""

    values: Mapping[str, Json]
    path: str = ""

    def __contains__(self, name: object) -> bool:
        """Whether the field is there with a value; null counts as not there."""
        return isinstance(name, str) and self.values.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def text(self, name: str) -> str:
        """A text, safe to store. Raises Unreadable."""
        if not isinstance(value := self._given(name), str):
            raise self._wrong(name, "a text")
        return visible(value)

    def label(self, name: str) -> str:
        """A text or a whole number, as text: for ids and counters. Raises Unreadable."""
        value = self._given(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self._wrong(name, "a text or a whole number")
        return visible(str(value))

    def integer(self, name: str) -> int:
        """A whole number. Raises Unreadable."""
        value = self._given(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        """A number from `least` to `most`. Raises Unreadable."""
        value = self._given(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        if not least <= value <= most:
            raise self._wrong(name, f"a number from {least:g} to {most:g}")
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false, not a word or a number for it. Raises Unreadable."""
        if not isinstance(value := self._given(name), bool):
            raise self._wrong(name, "true or false")
        return value

    def moment(self, name: str, time_zone: str) -> datetime:
        """A moment, aware UTC, from ISO 8601 text or from seconds or milliseconds since 1970.

        Text without an offset is local time of `time_zone`; an hour that comes twice, when the
        clock goes back, is the first. Raises Unreadable.
        """
        value = self._given(name)
        try:
            if isinstance(value, str) and len(value) > len("2026-01-05"):
                return _with_zone(datetime.fromisoformat(value), time_zone)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _since_epoch(value)
        except Unreadable:
            raise
        except (ValueError, OverflowError) as error:
            raise self._wrong(name, "a moment such as 2026-01-05T03:12:00+01:00") from error
        raise self._wrong(name, "a moment such as 2026-01-05T03:12:00+01:00")

    def inner(self, name: str) -> "Fields":
        """The fields of an object in this one. Raises Unreadable."""
        if not isinstance(value := self._given(name), dict):
            raise self._wrong(name, "an object")
        return Fields(value, f"{self.path}{name}.")

    def scalars(self, most: int = 20) -> dict[str, Scalar]:
        """The texts, numbers and flags among the fields, at most `most`; the rest is left out.

        So is what says who somebody is, by its name.
        """
        kept = ((name, value) for name, value in self.values.items() if not personal(name))
        pairs = [(visible(name, 60), value) for name, value in kept]
        return {
            name: visible(value) if isinstance(value, str) else value
            for name, value in pairs[:most]
            if isinstance(value, str | int | float)
        }

    def _given(self, name: str) -> Json:
        if name not in self:
            raise Unreadable(MISSING, f"{self.path}{name}: not there; add it")
        return self.values[name]

    def _wrong(self, name: str, wanted: str) -> Unreadable:
        return Unreadable("wrong_value", f"{self.path}{name}: send {wanted}")


def _with_zone(moment: datetime, time_zone: str) -> datetime:
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise Unreadable(
            "unknown_time_zone",
            f"{visible(time_zone, 60)!r} is no time zone: correct the device, or send an offset",
        ) from error
    return moment.replace(tzinfo=zone).astimezone(UTC)


def _since_epoch(value: float) -> datetime:
    seconds = value / 1000 if abs(value) >= _FIRST_MILLISECONDS else value
    return _EPOCH + timedelta(seconds=seconds)
