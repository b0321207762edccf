"""The invented region Veenland as its devices and people know it, and what happens there.

Every evening begins with the model night: by day the informal caregiver hears of it first, from
23:00 the care centre and then the regional night team. After that, incidents come far more
often than in real life, so that somebody who watches sees something: the rates of real nights
are some 0.04 per client and night, `BUSY` is how many come in an hour here.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from simulators import rates, scenes
from simulators.chance import duration, happens, stream
from simulators.people import Person, minutes
from simulators.routine import Home, moment, ordinary_day, without
from simulators.scenes import Scene, Told, Worn
from simulators.stage import Happening

WEST, TORENHOF, OOST = "lisdodde/gw-west", "lisdodde/gw-torenhof", "merelveld/gw-oost"
BUSY = 2.0  # incidents an hour

HOMES = tuple(
    Home(
        name,
        gateway,
        f"{name}_bed",
        f"{name}_voordeur",
        f"{name}_slaapkamer",
        f"{name}_badkamer",
        f"{name}_woonkamer",
    )
    for name, gateway in (("anna", WEST), ("wil", TORENHOF), ("corrie", TORENHOF), ("fatma", OOST))
)
WITH_FAMILY = (HOMES[0], HOMES[1], HOMES[3])
PENDANTS = tuple(
    Worn(gateway, f"p-{name}")
    for gateway, names in (
        (WEST, ("anna", "jan", "riet", "toos")),
        (TORENHOF, ("gerrit", "wil")),
        (OOST, ("hendrik", "fatma", "piet", "maria", "dirk")),
    )
    for name in names
)
DISPENSERS = (
    Worn(TORENHOF, "disp-gerrit", critical=True),
    Worn(OOST, "disp-hendrik"),
    Worn(OOST, "disp-maria"),
)
TRACKERS = (Worn(WEST, "tracker-toos"), Worn(OOST, "tracker-dirk"))
BOXES = (Worn(WEST, "box-anna"), Worn(TORENHOF, "box-wil"), Worn(OOST, "box-fatma"))
BUTTONS = ((HOMES[0], "anna_sos"), (HOMES[2], "corrie_sos"))
SMOKE = (WEST, "postma_rook")
DOSES = ("08:00", "12:30", "18:00", "22:00")
TAKEN_AFTER = (timedelta(minutes=4), timedelta(minutes=30))  # assumption

NEAR, FAR = minutes(6, 12), minutes(14, 25)
CAREGIVERS = (
    Person("sanne", answers=0.6, comes=0.8, travel=FAR, finishes=False),
    Person("mark", answers=0.5, comes=0.7, travel=FAR, finishes=False),
    Person("bram", answers=0.6, comes=0.7, travel=FAR, finishes=False),
    Person("els", answers=0.7, comes=0.8, kept=0.8, finishes=False),
    Person("joke", answers=0.6, comes=0.6, travel=NEAR, finishes=False),
    Person("karin", answers=0.8, comes=0.9, travel=NEAR, finishes=False),
    Person("tim", answers=0.3, comes=0.9, travel=FAR, finishes=False),
    Person("elif", answers=0.8, comes=0.8, travel=NEAR, finishes=False),
    Person("roos", answers=0.9, comes=0.5, travel=NEAR, finishes=False),
)
PROFESSIONALS = (
    Person("team-west", answers=0.8, comes=0.85, travel=NEAR),
    Person("team-oost", answers=0.8, comes=0.85, travel=NEAR),
    Person("nachtteam", answers=0.85, comes=0.9, kept=0.95),
    Person("achterwacht-west", answers=0.9, comes=0.5, travel=FAR),
    Person("achterwacht-oost", answers=0.9, comes=0.5, travel=FAR),
)
PEOPLE = (*CAREGIVERS, *PROFESSIONALS)
# What no message to somebody's telephone may contain: surnames of clients, and their streets.
PRIVATE = (
    "de Wit", "Postma", "Blom", "Kok", "Verhagen", "van Dam", "Smit", "Aydin", "Mulder",
    "Janssen", "Hofstra", "Vlierpad", "Kievitstuk", "Torenhof", "Molenwerf", "Hof van Lis",
    "Zwaluwkade", "Appelgaard", "Merelhuis", "Ooievaarsdijk",
)  # fmt: skip


def one_day(evening: date, seed: int) -> list[Happening]:
    """Everything every device says from noon of `evening` to the next noon."""
    told = [*model_night(evening, seed), *_incidents(evening, seed)]
    happenings = [one for scene in told for one in scene.happenings]
    for home in HOMES:
        ordinary = ordinary_day(home, evening, seed)
        for scene in told:
            if scene.home == home.name:
                ordinary = without(ordinary, scene.start, scene.end)
        happenings += ordinary
    return sorted([*happenings, *_doses(evening, seed), *_signs_of_life(evening)])


def model_night(evening: date, seed: int) -> Iterator[Scene]:
    """The evening's first hour: the same every time, in another home each evening."""
    turn = evening.toordinal()
    lost, out = WITH_FAMILY[turn % 3], WITH_FAMILY[(turn + 1) % 3]
    script: tuple[tuple[str, Told], ...] = (
        ("22:52", scenes.inactivity(BOXES[(turn + 2) % 3])),
        ("22:54", scenes.press(PENDANTS[(turn + 1) % len(PENDANTS)])),
        ("22:59", scenes.missed_dose(DISPENSERS[0], taken_later=True)),
        ("23:02", scenes.not_back_in_bed(lost)),
        ("23:08", scenes.leaves_home(out)),
        ("23:34", scenes.press(PENDANTS[(turn + 5) % len(PENDANTS)])),
        ("23:47", scenes.wander(TRACKERS[turn % 2])),
    )
    for clock, told in script:
        yield told(moment(evening, clock), stream(seed, "model night", evening.isoformat(), clock))


def _incidents(evening: date, seed: int) -> Iterator[Scene]:
    luck = stream(seed, "incidents", evening.isoformat())
    taken: dict[str, datetime] = {}
    for start, end in (("12:00", "22:40"), ("00:10", "06:40"), ("07:30", "11:50")):
        at = moment(evening, start)
        while (at := at + timedelta(hours=luck.expovariate(BUSY))) < moment(evening, end):
            told = luck.choice(_possible(is_night=start == "00:10"))
            scene = told(at, stream(seed, "incident", at.isoformat()))
            if not scene.home or taken.get(scene.home, at) <= at:
                taken[scene.home] = scene.end
                yield scene


def _possible(*, is_night: bool) -> list[Told]:
    """Half of what happens is a pendant; two things happen at night only."""
    anywhere = [
        *(scenes.press(one) for one in PENDANTS),
        *(scenes.fall(one) for one in PENDANTS[:2]),
        *(scenes.sos(*one) for one in BUTTONS),
        *(scenes.missed_dose(one, taken_later=index == 0) for index, one in enumerate(DISPENSERS)),
        *(scenes.wander(one) for one in TRACKERS),
        scenes.smoke(*SMOKE),
    ]
    if is_night:
        night = [
            told(home) for home in HOMES for told in (scenes.not_back_in_bed, scenes.leaves_home)
        ]
        return anywhere + night
    return [*anywhere, *(scenes.inactivity(one) for one in BOXES)]


def _doses(evening: date, seed: int) -> Iterator[Happening]:
    for dispenser in DISPENSERS:
        luck = stream(seed, "doses", dispenser.device, evening.isoformat())
        for clock in DOSES:
            after = min(duration(luck, *TAKEN_AFTER), timedelta(minutes=40))
            if not happens(luck, rates.DOSE_NOT_TAKEN):  # the missed ones are scenes
                yield from scenes.dose_taken(dispenser, moment(evening, clock), after)


def _signs_of_life(evening: date) -> Iterator[Happening]:
    for number, worn in enumerate((*PENDANTS, *DISPENSERS, *TRACKERS, *BOXES)):
        first = moment(evening, "12:00") + timedelta(minutes=3 * number)
        for hour in range(24):
            yield scenes.alive(worn, first + timedelta(hours=hour))
