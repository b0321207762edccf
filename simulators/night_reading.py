"""Turns a night file into a `Night`, or says everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulators import night_happening, night_who
from simulators.crowd import Size, crowd
from simulators.night import Night
from simulators.night_expecting import expectations
from simulators.night_file import NightRefused, read_night
from simulators.night_reader import Reading


def load(path: Path) -> Night:
    """Read a night from its file. Raises NightRefused."""
    return _whole(Reading(read_night(path)), path.stem)


def _whole(reading: Reading, name: str) -> Night:
    """Everything together. Raises NightRefused."""
    clients, people = tuple(night_who.clients(reading)), tuple(night_who.people(reading))
    read = Night(
        name=name,
        file=reading.file.name,
        title=reading.data["title"],
        seed=reading.data.get("seed", 1),
        zone=reading.zone,
        start=reading.start,
        end=reading.end,
        organisations=tuple(night_who.organisations(reading)),
        turns=tuple(night_who.turns(reading)),
        homes=tuple(night_who.homes(reading)),
        clients=clients,
        people=people,
        timeline=tuple(night_happening.timeline(reading)),
        faults=(*night_happening.faults(reading), *night_happening.unheard(reading)),
        expectations=tuple(expectations(reading)),
        recorded=night_happening.recorded(reading),
        service_hour=night_who.service_hour(reading),
        receivers=tuple(night_who.receivers(reading)),
    )
    if (size := reading.data.get("crowd")) is not None:
        read = _crowded(read, size)
    if reading.problems:
        raise NightRefused(sorted(reading.problems, key=lambda one: one.line))
    return read


def _crowded(read: Night, size: Mapping[str, Any]) -> Night:
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
