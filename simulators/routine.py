"""An ordinary day of somebody at home, as the sensors in the house tell it.

A day runs from noon to noon, local time, so that a night is never cut in two. The same home,
evening and seed give the same day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from simulators import rates, zigbee
from simulators.chance import duration, happens, how_many, stream
from simulators.stage import Happening

LOCAL = ZoneInfo("Europe/Amsterdam")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Home:
    """One client's Zigbee2MQTT sensors by friendly name; an empty name is a sensor not there."""

    name: str
    gateway: str
    bed: str = ""
    door: str = ""
    bedroom: str = ""
    bathroom: str = ""
    living: str = ""


def moment(evening: date, clock: str) -> datetime:
    """The aware UTC moment of a local clock time: before noon belongs to the morning after."""
    wall = time.fromisoformat(clock)
    day = evening + timedelta(days=1) if wall.hour < 12 else evening
    return datetime.combine(day, wall, LOCAL).astimezone(ZoneInfo("UTC"))


def ordinary_day(home: Home, evening: date, seed: int) -> list[Happening]:
    """Everything the sensors of this home say from noon of `evening` to the next noon."""
    days = (home.name, evening.isoformat())
    to_bed = moment(evening, "22:10") + _about(stream(seed, *days, "to bed"), 15)
    up = moment(evening, "07:20") + _about(stream(seed, *days, "up"), 25)
    told = list(_reports(home, moment(evening, "12:00"), stream(seed, *days, "reports")))
    told += _afternoon_and_morning(home, evening, to_bed, up, stream(seed, *days, "day"))
    told += _night(home, to_bed, up, stream(seed, *days, "night"))
    return sorted(told)


def without(happenings: list[Happening], start: datetime, end: datetime) -> list[Happening]:
    """The same day with a hole in it, for something else to happen in."""
    return [one for one in happenings if not start <= one.at < end]


def out_of_bed(home: Home, at: datetime, luck: Random) -> Happening:
    """The bed becomes empty."""
    return _say(home, home.bed, at, zigbee.bed(luck, occupied=False), "uit bed")


def into_bed(home: Home, at: datetime, luck: Random) -> Happening:
    """The bed is taken."""
    return _say(home, home.bed, at, zigbee.bed(luck, occupied=True), "in bed")


def moves(home: Home, sensor: str, at: datetime, luck: Random) -> Iterator[Happening]:
    """Somebody moves in a room; the sensor clears by itself."""
    if sensor:
        yield _say(home, sensor, at, zigbee.motion(luck, seen=True), "beweging")
        cleared = at + rates.MOTION_CLEARS
        yield _say(home, sensor, cleared, zigbee.motion(luck, seen=False), "stil")


def through_the_door(home: Home, at: datetime, luck: Random) -> Iterator[Happening]:
    """The front door opens and closes."""
    yield _say(home, home.door, at, zigbee.door(luck, is_open=True), "deur open")
    shut = at + timedelta(seconds=luck.uniform(8, 40))
    yield _say(home, home.door, shut, zigbee.door(luck, is_open=False), "deur dicht")


def _reports(home: Home, at: datetime, luck: Random) -> Iterator[Happening]:
    """Every sensor says once a day how it is: nobody in bed, the door shut, nothing moves."""
    if home.bed:
        yield out_of_bed(home, at, luck)
    if home.door:
        yield _say(home, home.door, at, zigbee.door(luck, is_open=False), "deur dicht")
    for sensor in (home.bedroom, home.bathroom, home.living):
        if sensor:
            yield _say(home, sensor, at, zigbee.motion(luck, seen=False), "stil")


def _night(home: Home, to_bed: datetime, up: datetime, luck: Random) -> Iterator[Happening]:
    if not home.bed:
        return
    yield into_bed(home, to_bed, luck)
    hours = (up - to_bed - 120 * MINUTE) / (how_many(luck, rates.TOILET_TRIPS) + 1)
    trip = to_bed + 60 * MINUTE + hours * luck.uniform(0.6, 1.0)
    while trip < up - 45 * MINUTE:
        yield from _toilet(home, trip, luck)
        trip += hours * luck.uniform(0.8, 1.2)
    yield out_of_bed(home, up, luck)


def _toilet(home: Home, at: datetime, luck: Random) -> Iterator[Happening]:
    dwell = min(duration(luck, *rates.TOILET_DWELL), 12 * MINUTE)
    yield out_of_bed(home, at, luck)
    yield from moves(home, home.bathroom, at + 0.6 * MINUTE, luck)
    yield into_bed(home, at + dwell + MINUTE, luck)


def _afternoon_and_morning(
    home: Home, evening: date, to_bed: datetime, up: datetime, luck: Random
) -> Iterator[Happening]:
    yield from _pottering(home, moment(evening, "12:00"), to_bed, luck)
    if home.door and happens(luck, rates.OUTING):
        leaves = moment(evening, "14:00") + _about(luck, 60)
        yield from through_the_door(home, leaves, luck)
        back = leaves + min(duration(luck, *rates.AWAY), timedelta(hours=4))
        yield from through_the_door(home, back, luck)
    yield from _pottering(home, up, moment(evening, "11:59"), luck)


def _pottering(home: Home, start: datetime, end: datetime, luck: Random) -> Iterator[Happening]:
    at = start + luck.uniform(1, 6) * MINUTE
    while at < end:
        room = luck.choice([home.living, home.living, home.bathroom, home.bedroom])
        yield from moves(home, room, at, luck)
        at += luck.uniform(6, 22) * MINUTE


def _say(home: Home, sensor: str, at: datetime, payload: bytes, about: str) -> Happening:
    return Happening(
        at, home.gateway, "zigbee2mqtt", zigbee.topic(sensor), payload, lasts=True, about=about
    )


def _about(luck: Random, minutes: float) -> timedelta:
    return timedelta(minutes=luck.gauss(0, minutes / 2))
