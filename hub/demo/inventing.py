"""Invents the other clients of the example region: neighbours of those who have a story.

Always the same ones: nothing here is left to chance. Every name is plainly invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hub.demo.region import CAREGIVER, House, Resident, Sensor, Somebody

CLIENTS = 188  # with the twelve of the story: two hundred
FIRST = (
    *("Aaltje", "Bertus", "Coba", "Dirkje", "Evert", "Froukje", "Geertruida", "Harm", "Ina"),
    *("Jaap", "Klazien", "Lammert", "Mina", "Nelis", "Okke", "Pietje", "Rinus", "Sietske"),
    *("Teun", "Vroukje", "Wubbe", "Zwaantje"),
)
FAMILY = (
    *("Arjen", "Bente", "Carlijn", "Douwe", "Esther", "Floor", "Gijs", "Hanneke", "Jorrit"),
    *("Kirsten", "Luuk", "Marjan", "Nynke", "Olaf", "Petra", "Rik", "Silvia", "Tom", "Wendy"),
)
HALVES = (
    ("Mist", "Kikker", "Zilver", "Wolken", "Distel", "Veder", "Regen", "Klaver", "Schemer", "Egel"),
    ("veen", "stra", "hoven", "molen", "daal", "mans", "gracht", "berg", "wijk", "kamp", "brink"),
)
RELATIONS = ("dochter", "zoon", "buurvrouw", "zus", "buurman", "nicht")
FORMS = ("spread", "spread", "apartments", "spread", "institution", "clustered")
STREETS = ("Wilgenlaan", "Korenbloempad", "Sluisweg", "Torenzicht", "Hazelhof", "Zandpad")


@dataclass(frozen=True, slots=True)
class Area:
    """Where a provider's invented clients live; one gateway serves some twenty of them."""

    owner: str
    region: str
    team: str
    places: tuple[str, ...]


AREAS = (
    Area("lisdodde", "veenland", "team-west", ("Dassenveen", "Kwartelbroek")),
    Area("merelveld", "veenland", "team-oost", ("Uiterhaven", "Lissewoude")),
    Area("hoogwei", "heidekant", "team-heide", ("Roggeveld", "Vennebosch", "Hoog Wolde")),
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One invented client, with home, family and devices; a couple shares home and family."""

    area: Area
    house: House
    resident: Resident
    family: tuple[Somebody, ...]
    gateway: str
    sensors: tuple[Sensor, ...]


def neighbours() -> Iterator[Neighbour]:
    """Invent them all, in order."""
    number = 0
    while number < CLIENTS:
        couple = number % 9 == 4 and number + 1 < CLIENTS
        together = range(number, number + (2 if couple else 1))
        for one in together:
            yield _neighbour(one, home=number, couple=couple)
        number = together.stop


def _neighbour(number: int, home: int, *, couple: bool) -> Neighbour:
    area = AREAS[home % len(AREAS)]
    surname = HALVES[0][home % 10] + HALVES[1][home % 11]
    id_ = f"c-{number + 1:03}"
    house = House(
        area.owner,
        f"w-{home + 1:03}",
        f"{STREETS[home % 6]} {home + 1}",
        area.places[home % len(area.places)],
        FORMS[home // 3 % len(FORMS)],
    )
    family = tuple(_family(area, home, surname))
    resident = Resident(
        id_,
        f"{FIRST[number % len(FIRST)]} {surname}",
        date(1928, 1, 1) + timedelta(days=number * 43 % 8_000),
        house.id,
        tuple((one.id, RELATIONS[(home + at) % 6]) for at, one in enumerate(family)),
        "Sleutelkluis naast de voordeur." if number % 5 == 0 else "",
        dementia=number % 6 == 1,
        dose_matters=number % 23 == 7,
    )
    gateway = f"gw-{area.owner[:5]}-{home // 60 + 1}"
    sensors = tuple(_sensors(gateway, number, id_, house.id, couple=couple, first=number == home))
    return Neighbour(area, house, resident, family, gateway, sensors)


def _family(area: Area, home: int, surname: str) -> Iterator[Somebody]:
    """Nobody, one or two of the family, as it is in a real neighbourhood."""
    for at in range((2, 1, 1, 0, 1)[home % 5]):
        name = FAMILY[(home + at * 7) % len(FAMILY)]
        yield Somebody(area.owner, f"m-{home + 1:03}-{at + 1}", f"{name} {surname}", CAREGIVER)


def _sensors(
    gateway: str, number: int, of: str, home: str, *, couple: bool, first: bool
) -> Iterator[Sensor]:
    yield Sensor(gateway, "native", f"hanger-{number + 1:03}", "Hanger", "pendant", of)
    if first and number % 2 == 0:
        key = f"rook-{number + 1:03}"
        yield Sensor(gateway, "zigbee2mqtt", key, "Rookmelder", "smoke", home, "hall", shared=True)
    if not couple and number % 3 == 0:
        key = f"bed-{number + 1:03}"
        yield Sensor(gateway, "zigbee2mqtt", key, "Bedmat", "bed", of, "bedroom")
    if number % 6 == 1:
        key = f"gps-{number + 1:03}"
        yield Sensor(gateway, "native", key, "Gps-zender", "tracker", of)
    if number % 23 == 7:
        key = f"dispenser-{number + 1:03}"
        yield Sensor(gateway, "native", key, "Medicijndispenser", "dispenser", of)
