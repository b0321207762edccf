"""Turns a night file into a `Night`, or says everything that is wrong with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators import night
from simulators.crowd import Size, crowd
from simulators.night import Expectation, Fact, Fault, Night, NoSuchMoment, Scene, Span
from simulators.night_file import NightFile, NightRefused, Problem, read_night
from simulators.night_yaml import Place
from simulators.people import Person
from simulators.recorded import Recorded, read_recorded

ABOUT_CLIENT = {
    "press": "pendant", "fall": "pendant", "missed_dose": "dispenser", "dose_taken": "dispenser",
    "leave_zone": "tracker", "back_in_zone": "tracker", "leave_home": "sensors",
    "come_home": "sensors", "out_of_bed": "sensors", "into_bed": "sensors", "moves": "sensors",
    "dose_due": "doses", "dose_emptied": "doses", "jam": "doses", "jam_over": "doses",
    "visit": "", "mains_lost": "pendant", "mains_back": "pendant", "alive": "pendant",
}  # fmt: skip
ABOUT_HOME = ("smoke",)
FAULTS = (
    "link_down", "link_poor", "hub_down", "hub_killed", "broker_down", "channel_fails", "clock_off",
    "battery", "database_slow",
)  # fmt: skip
ABOUT_OTHERS = {"channel_fails": "people", "clock_off": "clients", "battery": "clients"}
FORMS = ("reached", "never", "exactly_once", "order", "open_at_end")
FACTS = (
    "called", "stood_down", "told", "accepted", "declined", "all_well", "arrived", "claimed",
    "forwarded", "refused", "skipped", "asked", "opened", "repeated", "withdrawn", "resolved",
)  # fmt: skip
ABOUT_PEOPLE = frozenset(FACTS[:12])
LEVELS = (
    "informal_caregiver", "own_team", "night_partner", "care_centre", "backup", "technical_desk",
)  # fmt: skip
ANYBODY = "anybody"
EVERYTHING = "all"


def load(path: Path) -> Night:
    """Read a night from its file. Raises NightRefused."""
    return _Reading(read_night(path), path.stem).whole()


class _Reading:
    """One night being read; mistakes are gathered, so that all of them are told at once."""

    def __init__(self, file: NightFile, name: str) -> None:
        self.file, self.data, self.name = file, file.data, name
        self.problems: list[Problem] = []
        self.zone = self._zone()
        self.start = self._moment(("start",), lambda: night.local(self.data["start"], self.zone))
        self.end = self.start + night.length(self.data["for"])
        self.is_recorded = "recorded" in self.data

    def whole(self) -> Night:
        """Everything together. Raises NightRefused."""
        clients, people = tuple(self._clients()), tuple(self._people())
        read = Night(
            name=self.name,
            file=self.file.name,
            title=self.data["title"],
            seed=self.data.get("seed", 1),
            zone=self.zone,
            start=self.start,
            end=self.end,
            organisations=tuple(self._organisations()),
            turns=tuple(self._turns()),
            homes=tuple(self._homes()),
            clients=clients,
            people=people,
            timeline=tuple(self._timeline()),
            faults=(*self._faults(), *self._unheard()),
            expectations=tuple(self._expectations()),
            recorded=self._recorded(),
            service_hour=self._service_hour(),
        )
        if (size := self.data.get("crowd")) is not None:
            read = self._crowded(read, size)
        if self.problems:
            raise NightRefused(sorted(self.problems, key=lambda one: one.line))
        return read

    def _crowded(self, read: Night, size: Mapping[str, Any]) -> Night:
        """The same night in a generated region; what the file says comes on top."""
        asked = Size(size["clients"], size.get("telemetry", 0.0), size.get("storm", False))
        crowded = crowd(asked, read.start, read.end - read.start, read.seed)
        return replace(
            crowded,
            name=read.name,
            file=read.file,
            title=read.title,
            faults=(*crowded.faults, *read.faults),
            expectations=read.expectations,
        )

    def _wrong(self, place: Place, what: str) -> None:
        self.problems.append(self.file.problem(place, what))

    def _zone(self) -> ZoneInfo:
        name = self.data.get("time_zone", "Europe/Amsterdam")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            self._wrong((), f"there is no time zone {name!r}")
            return ZoneInfo("Europe/Amsterdam")

    def _moment(self, place: Place, read: Callable[[], datetime]) -> datetime:
        try:
            return read()
        except (NoSuchMoment, ValueError) as error:
            self._wrong(place, str(error))
            return datetime.fromisoformat("2026-01-12T22:00:00+00:00")

    def _clock(self, said: Mapping[str, Any], name: str, place: Place) -> datetime | None:
        if name not in said:
            return None
        at = (*place, name)
        return self._moment(at, lambda: night.clock(said[name], self.start, self.zone))

    def _span(self, said: Mapping[str, Any], place: Place) -> Span:
        return Span(self._clock(said, "from", place), self._clock(said, "until", place))

    def _known(self, noun: str, name: str, place: Place) -> str:
        known = self.data[noun]
        if name and name not in known:
            self._wrong(place, f"there is no {name!r} among {noun}: {', '.join(sorted(known))}")
        return name

    def _needs(self, said: Mapping[str, Any], place: Place, *names: str) -> bool:
        missing = [one for one in names if one not in said]
        if missing:
            whole = ".".join(map(str, place))
            self._wrong(place, f"{whole} is not in the region and misses {', '.join(missing)}")
        return not missing

    def _organisations(self) -> Iterable[night.Organisation]:
        for name, said in self.data["organisations"].items():
            if self._needs(said, ("organisations", name), "is"):
                yield night.Organisation(
                    name,
                    said["is"],
                    said.get("name", name.title()),
                    said.get("backup", ""),
                    tuple(self._days(said.get("holidays", ()), ("organisations", name))),
                )

    def _days(self, said: Iterable[str], place: Place) -> Iterable[date]:
        for number, one in enumerate(said):
            try:
                yield date.fromisoformat(one)
            except ValueError:
                self._wrong((*place, "holidays", number), f"there is no day {one!r}")

    def _turns(self) -> Iterable[night.Turn]:
        for number, said in enumerate(self.data.get("turns", ())):
            place = ("turns", number)
            partner = self._known("organisations", said["partner"], (*place, "partner"))
            yield night.Turn(partner, self._span(said, place))

    def _service_hour(self) -> timedelta | None:
        if (said := self.data.get("service_hour")) is None:
            return None
        hours, minutes = said.split(":")
        return timedelta(hours=int(hours), minutes=int(minutes))

    def _homes(self) -> Iterable[night.Home]:
        for name, said in self.data["homes"].items():
            if self._needs(said, ("homes", name), "of"):
                self._known("organisations", said["of"], ("homes", name, "of"))
                living = said.get("living", "spread")
                yield night.Home(name, said["of"], living, said.get("smoke", False))

    def _clients(self) -> Iterable[night.Client]:
        for name, said in self.data["clients"].items():
            place = ("clients", name)
            if not self._needs(said, place, "home", *(() if self.is_recorded else ("team",))):
                continue
            for noun, key in (("homes", "home"), ("people", "team")):
                self._known(noun, said.get(key, ""), (*place, key))
            for number, one in enumerate(said.get("caregivers", ())):
                self._known("people", one["who"], (*place, "caregivers", number, "who"))
            yield night.Client(
                name=name,
                home=said["home"],
                team=said.get("team", ""),
                caregivers=tuple(
                    (one["who"], one.get("consent", True)) for one in said.get("caregivers", ())
                ),
                devices=frozenset(said.get("devices", ("pendant",))),
                routine=said.get("routine", "none"),
                out_of_bed=night.length(said.get("out_of_bed", "20m")),
                dose_matters=said.get("dose_matters", False),
                care_ended=said.get("care_ended", False),
                plan=tuple(_agreed(one) for one in said.get("plan", ())),
                heard_every=(night.length(said["heard_every"]) if "heard_every" in said else None),
                mode=said.get("mode", ""),
            )

    def _people(self) -> Iterable[night.Somebody]:
        for name, said in self.data["people"].items():
            place = ("people", name)
            if not self._needs(said, place, "of", "level"):
                continue
            self._known("organisations", said["of"], (*place, "of"))
            self._known("people", said.get("member_of", ""), (*place, "member_of"))
            yield night.Somebody(
                name=name,
                of=said["of"],
                level=said["level"],
                sort=said.get("is", "person"),
                member_of=said.get("member_of", ""),
                absent=said.get("absent", False),
                off=tuple(
                    self._span(one, (*place, "off", number))
                    for number, one in enumerate(said.get("off", ()))
                ),
                manner=_manner(name, said),
                talks=night.spread(said.get("talks", {"median": "70s", "p95": "170s"})),
                by_telephone=said.get("by_telephone", 0.6),
            )

    def _timeline(self) -> Iterable[Scene]:
        for number, said in enumerate(self.data.get("timeline", ())):
            place = ("timeline", number)
            what = self._one_of(said, place, (*ABOUT_CLIENT, *ABOUT_HOME))
            at = self._clock(said, "at", place)
            if not what or at is None or not self._happens_to(what, said[what], (*place, what)):
                continue
            if not self.start <= at <= self.end:
                self._wrong((*place, "at"), "this is after the end of the night; see `for`")
            yield Scene(
                at=at,
                what=what,
                whom=said[what],
                times=said.get("times", 1),
                every=night.length(said.get("every", "1m")),
                lasts=night.length(said.get("for", "20m")),
            )

    def _happens_to(self, what: str, whom: str, place: Place) -> bool:
        if what in ABOUT_HOME:
            return self._has(whom in self.data["homes"], self._home_smokes(whom), what, whom, place)
        needed = ABOUT_CLIENT[what]
        devices = self.data["clients"].get(whom, {}).get("devices", ("pendant",))
        return self._has(
            whom in self.data["clients"], not needed or needed in devices, what, whom, place
        )

    def _home_smokes(self, name: str) -> bool:
        return bool(self.data["homes"].get(name, {}).get("smoke"))

    def _has(self, there: bool, able: bool, what: str, whom: str, place: Place) -> bool:
        noun = "homes" if what in ABOUT_HOME else "clients"
        if not there:
            self._known(noun, whom, place)
        elif not able:
            device = "smoke: true" if noun == "homes" else f"devices: [{ABOUT_CLIENT[what]}]"
            self._wrong(place, f"{whom} has no device for {what!r}; give them `{device}`")
        return there and able

    def _one_of(self, said: Mapping[str, Any], place: Place, words: Iterable[str]) -> str:
        words = tuple(words)
        there = [one for one in words if one in said]
        if len(there) != 1:
            found = " and ".join(there) or "none"
            whole = ".".join(map(str, place))
            self._wrong(place, f"{whole} needs exactly one of {', '.join(words)}; it has {found}")
        return there[0] if len(there) == 1 else ""

    def _faults(self) -> Iterable[Fault]:
        for number, said in enumerate(self.data.get("faults", ())):
            place = ("faults", number)
            what = self._one_of(said, place, FAULTS)
            if not what:
                continue
            whom = "" if isinstance(said[what], bool) else said[what]
            noun = ABOUT_OTHERS.get(what, "homes")
            if whom not in ("", EVERYTHING):
                self._known(noun, whom, (*place, what))
            yield Fault(what, whom, self._span(said, place), said)

    def _unheard(self) -> Iterable[Fault]:
        """The attempts at calling somebody that failed in a recorded night."""
        for said in self.data.get("recorded", {}).get("unheard", ()):
            begins, ends = (self.start + timedelta(seconds=said[one]) for one in ("from", "until"))
            yield Fault("channel_fails", said["who"], Span(begins, ends), said)

    def _recorded(self) -> Recorded | None:
        if not self.is_recorded:
            return None
        if self.data.get("timeline"):
            what = "a recorded night has no timeline of its own; leave one of the two out"
            self._wrong(("timeline",), what)
        return read_recorded(self.data["recorded"], self.start)

    def _expectations(self) -> Iterable[Expectation]:
        for number, said in enumerate(self.data["expect"]):
            place = ("expect", number)
            form = self._one_of(said, place, FORMS)
            if not form:
                continue
            during = self._expected_during(said, place)
            listed = said[form] if isinstance(said[form], list) else [said[form]]
            facts = () if form == "open_at_end" else self._facts(listed, (*place, form))
            yield Expectation(
                form=form,
                facts=tuple(facts),
                during=during,
                at_least=said.get("at_least", 1),
                at_most=said.get("at_most"),
                count=said[form] if form == "open_at_end" else 0,
                about=said.get("about", ""),
                line=self.file.own.line(place),
                prob=said.get("prob"),
            )

    def _expected_during(self, said: Mapping[str, Any], place: Place) -> Span:
        after, until = self._clock(said, "after", place), self._clock(said, "until", place)
        if "within" in said:
            until = (after or self.start) + night.length(said["within"]) + timedelta(microseconds=1)
        return Span(after, until)

    def _facts(self, listed: Iterable[Mapping[str, Any]], place: Place) -> Iterable[Fact]:
        for number, said in enumerate(listed):
            at = (*place, number) if (*place, number) in self.file.own.lines else place
            what = self._one_of(said, at, FACTS)
            if not what:
                continue
            if what in ABOUT_PEOPLE and said[what] not in (*LEVELS, ANYBODY):
                self._known("people", said[what], (*at, what))
            self._known("clients", said.get("client", ""), (*at, "client"))
            yield Fact(
                what,
                said[what],
                said.get("client", ""),
                said.get("kind", ""),
                said.get("priority", ""),
            )


def _agreed(said: Mapping[str, Any]) -> night.Agreed:
    return night.Agreed(
        kinds=tuple(said["kinds"]),
        begins=said.get("from", ""),
        ends=said.get("until", ""),
        priority=said.get("priority", ""),
        days=tuple(said.get("days", ())),
        holidays=said.get("holidays", ""),
        steps=tuple(
            night.Rung(one["level"], night.length(one["wait"]), one.get("needed", 1))
            for one in said["steps"]
        ),
    )


def _manner(name: str, said: Mapping[str, Any]) -> Person:
    return Person(
        name=name,
        answers=said.get("answers", 0.0),
        comes=said.get("comes", 1.0),
        kept=said.get("arrives", 1.0),
        finishes=said.get("finishes", said["level"] != "informal_caregiver"),
        says_well=said.get("all_well", 0.0),
        gets_in=said.get("gets_in", 1.0),
        delay=night.spread(said.get("after", {"median": "40s", "p95": "110s"})),
        travel=night.spread(said.get("travel", {"median": "9m", "p95": "18m"})),
        visit=night.spread(said.get("visit", {"median": "12m", "p95": "25m"})),
    )
