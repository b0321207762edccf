"""A whole region for one night: thousands of clients, and what happens to them at the usual rates.

Everything about people and chances that the table of default rates leaves open is an assumption,
and so are the sizes of the teams. Luck comes from one stream a client, so that a larger crowd
holds the smaller one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from simulators import rates
from simulators.chance import happens, stream
from simulators.night import (
    Agreed,
    Client,
    Fault,
    Home,
    Night,
    Organisation,
    Rung,
    Scene,
    Somebody,
    Span,
    Turn,
)
from simulators.people import Person, minutes
from simulators.routine import LOCAL

A_PROVIDER, A_TEAM, AN_OPERATOR = 2_520, 60, 2_500  # clients each; whole teams
A_VILLAGE = 300  # clients on one cable; assumption
MINUTE = timedelta(minutes=1)
TALKS = (timedelta(seconds=70), timedelta(seconds=170))
RHYTHM = ("lifestyle.*", "location.*", "alarm.left_home")


@dataclass(frozen=True, slots=True)
class Size:
    """How large: `telemetry` is the share of homes with sensors that say everything they would.

    `storm` is a power cut and a failure of the whole network in the middle of the night: a
    village loses its mains at one moment, then twenty minutes of everything come at once, every
    device says that it is there again, and some who woke up press.
    """

    clients: int
    telemetry: float
    storm: bool


def crowd(size: Size, start: datetime, lasts: timedelta, seed: int) -> Night:
    """The night of a generated region; the same arguments give the same night."""
    providers = [f"zorg-{number}" for number in range(1, 2 + (size.clients - 1) // A_PROVIDER)]
    clients = [_client(number, size, seed) for number in range(size.clients)]
    end = start + lasts
    scenes = [one for client in clients for one in _scenes(client, size, start, end, seed)]
    return Night(
        name=f"crowd_{size.clients}",
        file="crowd",
        title=f"{size.clients} clients, one night",
        seed=seed,
        zone=LOCAL,
        start=start,
        end=end,
        organisations=(
            *(
                Organisation(one, "provider", one.title(), f"{one}-achterwacht")
                for one in providers
            ),
            Organisation("uilen", "partner", "Nachtzorg De Uilen", ""),
            Organisation("lantaarn", "centre", "Zorgcentrale De Lantaarn", ""),
        ),
        turns=(Turn("uilen", Span(None, None)),),
        homes=tuple(_home(number) for number in range(size.clients)),
        clients=tuple(clients),
        people=(*_staff(size, providers), *(_caregiver(n) for n in range(size.clients))),
        timeline=tuple(sorted(scenes, key=lambda one: one.at)),
        faults=tuple(_storm(start, lasts)) if size.storm else (),
        expectations=(),
        is_crowd=True,
    )


def _provider(number: int) -> str:
    return f"zorg-{1 + number // A_PROVIDER}"


def _home(number: int) -> Home:
    return Home(f"huis-{number}", _provider(number), "spread", smoke=False)


def _client(number: int, size: Size, seed: int) -> Client:
    luck = stream(seed, f"c{number}", "home")
    sensors, told = luck.random() < 0.5, luck.random() < size.telemetry
    devices = {"pendant"}
    devices |= {"sensors"} if sensors and told else set()
    devices |= {"dispenser"} if luck.random() < 0.2 else set()
    devices |= {"tracker"} if luck.random() < 0.05 else set()
    return Client(
        name=f"c{number}",
        home=f"huis-{number}",
        team=f"team-{number // A_TEAM}",
        caregivers=((f"m{number}", True),),
        devices=frozenset(devices),
        routine="ordinary" if sensors and told else "none",
        out_of_bed=timedelta(minutes=20),
        dose_matters=luck.random() < 0.1,
        care_ended=False,
        plan=(_by_night(), _pressed()) if luck.random() < 0.6 else (),
    )


def _by_night() -> Agreed:
    steps = (
        Rung("care_centre", 2 * MINUTE, 1),
        Rung("night_partner", 3 * MINUTE, 1),
        Rung("care_centre", 3 * MINUTE, 1),
    )
    return Agreed(RHYTHM, "23:00", "07:00", "", steps)


def _pressed() -> Agreed:
    steps = (
        Rung("informal_caregiver", 2 * MINUTE, 1),
        Rung("night_partner", 2 * MINUTE, 1),
        Rung("care_centre", MINUTE, 1),
    )
    return Agreed(("alarm.button", "alarm.fall"), "", "", "", steps)


def _staff(size: Size, providers: list[str]) -> Iterator[Somebody]:
    for one in providers:
        yield _somebody(f"{one}-achterwacht", one, "backup", "person", 0.9, 0.5)
    for number in range(1 + (size.clients - 1) // A_TEAM):
        owner = _provider(number * A_TEAM)
        yield _somebody(f"team-{number}", owner, "own_team", "team", 0.9, 0.95)
    yield _somebody("nachtteam", "uilen", "night_partner", "team", 0.95, 0.95)
    yield _somebody("werkplek", "lantaarn", "care_centre", "desk", 0.0, 0.0)
    for number in range(1 + (size.clients - 1) // AN_OPERATOR):
        yield _somebody(f"centralist-{number}", "lantaarn", "care_centre", "operator", 1.0, 0.0)


def _caregiver(number: int) -> Somebody:
    owner, answers = _provider(number), rates.CAREGIVER_ANSWERS
    return _somebody(f"m{number}", owner, "informal_caregiver", "person", answers, 0.85)


def _somebody(name: str, of: str, level: str, sort: str, answers: float, comes: float) -> Somebody:
    finishes = level != "informal_caregiver"
    delay = minutes(0.4, 0.9) if sort == "operator" else minutes(0.7, 1.8)
    return Somebody(
        name=name,
        of=of,
        level=level,
        sort=sort,
        member_of="werkplek" if sort == "operator" else "",
        absent=False,
        off=(),
        manner=Person(name, answers, comes, 0.98, finishes, delay=delay),
        talks=TALKS,
        by_telephone=0.6,
    )


def _scenes(
    client: Client, size: Size, start: datetime, end: datetime, seed: int
) -> Iterator[Scene]:
    luck = stream(seed, client.name, "night")
    share = (end - start) / timedelta(hours=8)
    for what, rate in _rates(client).items():
        at = start + (end - start) * luck.uniform(0.01, 0.95)
        if happens(luck, rate * share):
            yield from _scene(client, what, at, luck)
    if size.storm:
        yield from _in_the_storm(client, _storm_ends(start, end - start), luck)


def _in_the_storm(client: Client, ends: datetime, luck: Random) -> Iterator[Scene]:
    if int(client.name[1:]) < A_VILLAGE:
        yield _one(client, "mains_lost", ends - 21 * MINUTE)
        yield _one(client, "mains_back", ends)
    yield _one(client, "alive", ends - MINUTE)  # kept by the gateway, as its link is down
    if happens(luck, rates.PRESSES_AFTER_A_STORM):
        yield _one(client, "press", ends + MINUTE * luck.uniform(0, 10))


def _rates(client: Client) -> dict[str, float]:
    found = {"press": rates.PRESS, "fall": rates.FALL}
    if "dispenser" in client.devices:
        found["missed_dose"] = rates.DOSE_NOT_TAKEN
    if "tracker" in client.devices:
        found["leave_zone"] = rates.LEFT_ZONE + rates.LEFT_ZONE_WRONGLY
    return found


def _scene(client: Client, what: str, at: datetime, luck: Random) -> Iterator[Scene]:
    yield _one(client, what, at)
    if what == "fall" and happens(luck, rates.PRESS_AFTER_FALL):
        yield _one(client, "press", at + MINUTE * luck.uniform(0.5, 8))
    if what == "leave_zone":
        yield _one(client, "back_in_zone", at + MINUTE * luck.uniform(3, 25))


def _one(client: Client, what: str, at: datetime) -> Scene:
    return Scene(at, what, client.name, 1, MINUTE, 20 * MINUTE)


def _storm_ends(start: datetime, lasts: timedelta) -> datetime:
    return start + lasts / 2


def _storm(start: datetime, lasts: timedelta) -> Iterator[Fault]:
    ends = _storm_ends(start, lasts)
    yield Fault("link_down", "all", Span(ends - 20 * MINUTE, ends), {"buffers": True})
