"""A night file being read: mistakes are gathered, so that all of them are told at once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators import night
from simulators.night import NoSuchMoment, Span
from simulators.night_file import NightFile, Problem
from simulators.night_yaml import Place


class Reading:
    """One night being read; `data` is the file on top of its region."""

    def __init__(self, file: NightFile) -> None:
        self.file, self.data = file, file.data
        self.problems: list[Problem] = []
        self.zone = self._zone()
        self.start = self.moment(("start",), lambda: night.local(self.data["start"], self.zone))
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

    def moment(self, place: Place, read: Callable[[], datetime]) -> datetime:
        try:
            return read()
        except (NoSuchMoment, ValueError) as error:
            self.wrong(place, str(error))
            return datetime.fromisoformat("2026-01-12T22:00:00+00:00")

    def clock(self, said: Mapping[str, Any], name: str, place: Place) -> datetime | None:
        if name not in said:
            return None
        at = (*place, name)
        return self.moment(at, lambda: night.clock(said[name], self.start, self.zone))

    def span(self, said: Mapping[str, Any], place: Place) -> Span:
        return Span(self.clock(said, "from", place), self.clock(said, "until", place))

    def known(self, noun: str, name: str, place: Place) -> str:
        known = self.data[noun]
        if name and name not in known:
            self.wrong(place, f"there is no {name!r} among {noun}: {', '.join(sorted(known))}")
        return name

    def needs(self, said: Mapping[str, Any], place: Place, *names: str) -> bool:
        missing = [one for one in names if one not in said]
        if missing:
            whole = ".".join(map(str, place))
            self.wrong(place, f"{whole} is not in the region and misses {', '.join(missing)}")
        return not missing

    def one_of(self, said: Mapping[str, Any], place: Place, words: Iterable[str]) -> str:
        words = tuple(words)
        there = [one for one in words if one in said]
        if len(there) != 1:
            found = " and ".join(there) or "none"
            whole = ".".join(map(str, place))
            self.wrong(place, f"{whole} needs exactly one of {', '.join(words)}; it has {found}")
        return there[0] if len(there) == 1 else ""
