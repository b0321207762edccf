"""Reads who there is in a night: organisations, homes, clients, and people with their manners."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from simulators import night
from simulators.night_reader import Reading
from simulators.night_yaml import Place
from simulators.people import Person


def organisations(reading: Reading) -> Iterable[night.Organisation]:
    """Every organisation."""
    for name, said in reading.data["organisations"].items():
        if reading.needs(said, ("organisations", name), "is"):
            yield night.Organisation(
                name,
                said["is"],
                said.get("name", name.title()),
                said.get("backup", ""),
                tuple(_days(reading, said.get("holidays", ()), ("organisations", name))),
            )


def _days(reading: Reading, said: Iterable[str], place: Place) -> Iterable[date]:
    for number, one in enumerate(said):
        try:
            yield date.fromisoformat(one)
        except ValueError:
            reading.wrong((*place, "holidays", number), f"there is no day {one!r}")


def turns(reading: Reading) -> Iterable[night.Turn]:
    """Whose turn it is."""
    for number, said in enumerate(reading.data.get("turns", ())):
        place = ("turns", number)
        partner = reading.known("organisations", said["partner"], (*place, "partner"))
        yield night.Turn(partner, reading.span(said, place))


def receivers(reading: Reading) -> Iterable[str]:
    """The organisations whose software hears of their alerts."""
    said = reading.data.get("receivers", ())
    if said and "crowd" in reading.data:
        what = "a night with `crowd` has organisations of its own; leave one of the two out"
        reading.wrong(("receivers",), what)
    for number, one in enumerate(said):
        yield reading.known("organisations", one, ("receivers", number))


def service_hour(reading: Reading) -> timedelta | None:
    """The hour at which turns change, since midnight."""
    if (said := reading.data.get("service_hour")) is None:
        return None
    hours, minutes = said.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def homes(reading: Reading) -> Iterable[night.Home]:
    """Every home."""
    for name, said in reading.data["homes"].items():
        if reading.needs(said, ("homes", name), "of"):
            reading.known("organisations", said["of"], ("homes", name, "of"))
            living = said.get("living", "spread")
            yield night.Home(name, said["of"], living, said.get("smoke", False))


def clients(reading: Reading) -> Iterable[night.Client]:
    """Every client."""
    for name, said in reading.data["clients"].items():
        place = ("clients", name)
        if not reading.needs(said, place, "home", *(() if reading.is_recorded else ("team",))):
            continue
        for noun, key in (("homes", "home"), ("people", "team")):
            reading.known(noun, said.get(key, ""), (*place, key))
        for number, one in enumerate(said.get("caregivers", ())):
            reading.known("people", one["who"], (*place, "caregivers", number, "who"))
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
            plan=tuple(
                _agreed(one, reading.file.own.line((*place, "plan", number, "kinds")))
                for number, one in enumerate(said.get("plan", ()))
            ),
            heard_every=(night.length(said["heard_every"]) if "heard_every" in said else None),
            mode=said.get("mode", ""),
            options=said.get("options", {}),
        )


def people(reading: Reading) -> Iterable[night.Somebody]:
    """Everybody who can be called, and who works at a desk."""
    for name, said in reading.data["people"].items():
        place = ("people", name)
        if not reading.needs(said, place, "of", "level"):
            continue
        reading.known("organisations", said["of"], (*place, "of"))
        reading.known("people", said.get("member_of", ""), (*place, "member_of"))
        if said.get("finishes") and said["level"] == "informal_caregiver":
            what = "a caregiver does not finish an alert; leave this out, or say `all_well: 1`"
            reading.wrong((*place, "finishes"), what)
        yield night.Somebody(
            name=name,
            of=said["of"],
            level=said["level"],
            sort=said.get("is", "person"),
            member_of=said.get("member_of", ""),
            absent=said.get("absent", False),
            off=tuple(
                reading.span(one, (*place, "off", number))
                for number, one in enumerate(said.get("off", ()))
            ),
            manner=_manner(name, said),
            talks=night.spread(said.get("talks", {"median": "70s", "p95": "170s"})),
            by_telephone=said.get("by_telephone", 0.6),
        )


def _agreed(said: Mapping[str, Any], line: int) -> night.Agreed:
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
        line=line,
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
