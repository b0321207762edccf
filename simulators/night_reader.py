"""A night file being read: mistakes are gathered, so that all of them are told at once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators import night
from simulators.night import NoSuchMoment, Span
from simulators.night_file import NightFile, Problem
from simulators.night_yaml import Place

FIRST = "a time is the first one from the start on"
REVERSED = f"this ends before it begins; {FIRST} (leave `from` out for what lasts already)"
OVER = f"this is after the end of the night; see `for`, and `start`: {FIRST}"
ELSE = datetime.fromisoformat("2026-01-12T22:00:00+00:00")  # so that the rest can be read


class Reading:
    """One night being read; `data` is the file on top of its region."""

    def __init__(self, file: NightFile) -> None:
        self.file, self.data = file, file.data
        self.problems: list[Problem] = []
        self.zone = self._zone()
        said = self.data["start"]
        self.start = self._moment(("start",), lambda: night.local(said, self.zone)) or ELSE
        self.end = self.start + night.length(self.data["for"])
        self.is_recorded = "recorded" in self.data

    def wrong(self, place: Place, what: str) -> None:
        self.problems.append(self.file.problem(place, what))

    def _zone(self) -> ZoneInfo:
        name = self.data.get("time_zone", "Europe/Amsterdam")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            self.wrong((), f"there is no time zone {name!r}")
            return ZoneInfo("Europe/Amsterdam")

    def _moment(self, place: Place, read: Callable[[], datetime]) -> datetime | None:
        try:
            return read()
        except NoSuchMoment as error:
            self.wrong(place, str(error))
        except ValueError as error:
            self.wrong(place, f"there is no such moment: {error}; choose another")
        return None

    def clock(self, said: Mapping[str, Any], name: str, place: Place) -> datetime | None:
        if name not in said:
            return None
        at = (*place, name)
        return self._moment(at, lambda: night.clock(said[name], self.start, self.zone))

    def span(self, said: Mapping[str, Any], place: Place) -> Span:
        begins, ends = self.clock(said, "from", place), self.clock(said, "until", place)
        self.ends_later(begins, ends, (*place, "until"))
        return Span(begins, ends)

    def ends_later(self, begins: datetime | None, ends: datetime | None, place: Place) -> None:
        """Refuse a time that is over before it begins: nothing would ever fall in it."""
        if begins is not None and ends is not None and ends <= begins:
            self.wrong(place, REVERSED)

    def not_over(self, at: datetime | None, place: Place) -> None:
        """Refuse a moment outside the night."""
        if at is not None and not self.start <= at <= self.end:
            self.wrong(place, OVER)

    def known(self, noun: str, name: str, place: Place, *also: str) -> str:
        known = (*self.data[noun], *also)
        if name and name not in known:
            self.wrong(place, f"there is no {name!r} among {noun}: {', '.join(sorted(known))}")
        return name

    def needs(self, said: Mapping[str, Any], place: Place, *names: str) -> bool:
        missing = [one for one in names if one not in said]
        if missing:
            whole = ".".join(map(str, place))
            what = f"is not in the region and misses {', '.join(missing)}; add it, or mend the name"
            self.wrong(place, f"{whole} {what}")
        return not missing

    def one_of(self, said: Mapping[str, Any], place: Place, words: Iterable[str]) -> str:
        words = tuple(words)
        there = [one for one in words if one in said]
        if len(there) != 1:
            found = " and ".join(there) or "none"
            whole = ".".join(map(str, place))
            self.wrong(place, f"{whole} needs exactly one of {', '.join(words)}; it has {found}")
        return there[0] if len(there) == 1 else ""
