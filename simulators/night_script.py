"""Everything the devices of a night say, as it leaves them.

A home's gateway has the home's name. Luck comes from one stream per client or home and purpose,
so that somebody more in the night changes nobody else's.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from simulators import dispenser, native, zigbee
from simulators.chance import stream
from simulators.night import Client, Night, Scene, length
from simulators.routine import Home, into_bed, moves, ordinary_day, out_of_bed, through_the_door
from simulators.scenes import Worn
from simulators.stage import Happening, split

NOON = timedelta(hours=12)
HALF_A_MINUTE = timedelta(seconds=30)
FAR, NEAR = 900.0, 40.0  # metres from home


def script(night: Night, seed: int) -> list[Happening]:
    """Every message of the night in order; what lasts already is said in its first half minute."""
    if night.recorded is not None:
        return list(night.recorded.said)
    told = [
        replace(one, routine=True)
        for client in night.clients
        for one in _routine(night, client, seed)
    ]
    for number, scene in enumerate(night.timeline):
        told += _scene(night, scene, stream(seed, scene.whom, scene.what, str(number)))
    return sorted(one for one in [*told, *_batteries(night)] if not _is_empty(night, one))


def _batteries(night: Night) -> Iterator[Happening]:
    """Whose batteries run low says so once, when they do."""
    for fault in night.faults:
        if fault.what == "battery":
            at = fault.during.begins or night.start
            for worn in _worn_by(night, night.client(fault.whom)):
                payload = native.low(worn.device, at)
                yield Happening(at, worn.gateway, "native", worn.device, payload, about="battery")


def _is_empty(night: Night, one: Happening) -> bool:
    """Whether a device says nothing any more: its battery ran low, and then out."""
    for fault in night.faults:
        ends = fault.during.ends
        if fault.what == "battery" and ends is not None and one.at >= ends:
            worn = {each.device for each in _worn_by(night, night.client(fault.whom))}
            if one.topic in worn:
                return True
    return False


def _worn_by(night: Night, client: Client) -> Iterator[Worn]:
    for device in ("pendant", "dispenser", "tracker"):
        if device in client.devices:
            yield Worn(gateway(night, client.home), f"{device}-{client.name}")


def sensors(night: Night, client: Client) -> Home:
    """The sensors around one client, by their Zigbee names."""
    name = client.name
    return Home(
        name,
        gateway(night, client.home),
        f"{name}-bed",
        f"{name}-voordeur",
        f"{name}-slaapkamer",
        f"{name}-badkamer",
        f"{name}-woonkamer",
    )


def gateway(night: Night, home: str) -> str:
    """The MQTT user of a home's gateway."""
    return f"{night.home(home).of}/{home}"


def _routine(night: Night, client: Client, seed: int) -> Iterator[Happening]:
    if client.routine == "none" or "sensors" not in client.devices:
        return
    home, start = sensors(night, client), night.start
    evening = (start.astimezone(night.zone) - NOON).date()
    present, coming = split(ordinary_day(home, evening, seed), start)
    for number, one in enumerate(present):
        yield _at(one, start + HALF_A_MINUTE * (number + 1) / (len(present) + 1))
    if client.routine == "asleep":
        yield into_bed(home, start + HALF_A_MINUTE, stream(seed, client.name, "asleep"))
    else:
        yield from (one for one in coming if start + HALF_A_MINUTE < one.at <= night.end)


def _at(one: Happening, at: datetime) -> Happening:
    return Happening(at, one.gateway, one.adapter, one.topic, one.payload, one.lasts, one.about)


def _scene(night: Night, scene: Scene, luck: Random) -> Iterator[Happening]:
    for number in range(scene.times):
        at = scene.at + scene.every * number
        if scene.what == "smoke":
            yield from _smoke(night, scene, at, luck)
        elif scene.what in OF_DOSES:
            yield _of_doses(night, scene, at)
        elif scene.what in WORN:
            yield _worn(night, night.client(scene.whom), scene, at)
        else:
            yield from AT_HOME[scene.what](sensors(night, night.client(scene.whom)), at, luck)


def _smoke(night: Night, scene: Scene, at: datetime, luck: Random) -> Iterator[Happening]:
    for moment, alarm in ((at, True), (at + scene.lasts, False)):
        yield Happening(
            moment,
            gateway(night, scene.whom),
            "zigbee2mqtt",
            zigbee.topic(f"{scene.whom}-rook"),
            zigbee.smoke(luck, alarm=alarm),
            lasts=True,
            about="rook" if alarm else "geen rook meer",
        )


OF_DOSES = ("dose_due", "dose_emptied", "jam", "jam_over")


def _of_doses(night: Night, scene: Scene, at: datetime) -> Happening:
    """A dispenser says it in the dispenser profile; what was emptied is what it offered last."""
    client, device = night.client(scene.whom), dispenser.topic(scene.whom)
    offered = [
        one.at
        for one in night.timeline
        if (one.what, one.whom) == ("dose_due", scene.whom) and one.at <= at
    ]
    match scene.what:
        case "dose_due":
            payload = dispenser.due(device, at, at, critical=client.dose_matters)
        case "dose_emptied":
            payload = dispenser.taken(device, at, max(offered, default=at))
        case _:
            payload = dispenser.jam(device, at, jammed=scene.what == "jam")
    said = Happening(
        at, gateway(night, client.home), "dispenser", device, payload, about=scene.what
    )
    return replace(said, routine=scene.what != "dose_emptied")


def _comes_home(home: Home, at: datetime, luck: Random) -> Iterator[Happening]:
    yield from through_the_door(home, at, luck)
    yield from moves(home, home.living, at + timedelta(seconds=20), luck)


AT_HOME: dict[str, Callable[[Home, datetime, Random], Iterable[Happening]]] = {
    "leave_home": through_the_door,
    "come_home": _comes_home,
    "out_of_bed": lambda home, at, luck: [out_of_bed(home, at, luck)],
    "into_bed": lambda home, at, luck: [into_bed(home, at, luck)],
    "moves": lambda home, at, luck: moves(home, home.living, at, luck),
}


Says = Callable[[str, datetime, Client], bytes]


def _dose(what: str) -> Says:
    def says(device: str, at: datetime, client: Client) -> bytes:
        due_at = at.replace(minute=0, second=0, microsecond=0)
        return native.dose(device, what, at, due_at, critical=client.dose_matters)

    return says


def _zone(*, outside: bool) -> Says:
    metres = FAR if outside else NEAR
    return lambda device, at, _: native.zone(device, at, outside=outside, metres=metres)


WORN: dict[str, tuple[str, Says]] = {
    "press": ("pendant", lambda device, at, _: native.pressed(device, at)),
    "fall": ("pendant", lambda device, at, _: native.fell(device, at)),
    "visit": ("pendant", lambda device, at, _: native.carer(device, at)),
    "missed_dose": ("dispenser", _dose("missed_dose")),
    "dose_taken": ("dispenser", _dose("taken")),
    "leave_zone": ("tracker", _zone(outside=True)),
    "back_in_zone": ("tracker", _zone(outside=False)),
    "mains_lost": ("pendant", lambda device, at, _: native.mains(device, at, lost=True)),
    "mains_back": ("pendant", lambda device, at, _: native.mains(device, at, lost=False)),
    "alive": ("pendant", lambda device, at, _: native.alive(device, at)),
}
BY_ITSELF = ("mains_lost", "mains_back", "alive")  # what no person does


def _worn(night: Night, client: Client, scene: Scene, at: datetime) -> Happening:
    """A device says it at `at`, with the moment on its own clock, which may be wrong."""
    device, says = WORN[scene.what]
    worn = Worn(gateway(night, client.home), f"{device}-{client.name}")
    payload = says(worn.device, at + _clock_off(night, client, at), client)
    said = Happening(at, worn.gateway, "native", worn.device, payload, about=scene.what)
    return replace(said, routine=scene.what in BY_ITSELF)


def _clock_off(night: Night, client: Client, at: datetime) -> timedelta:
    off = timedelta()
    for fault in night.faults:
        if fault.what == "clock_off" and fault.whom == client.name and fault.during.covers(at):
            off += length(fault.said.get("ahead", "0s")) - length(fault.said.get("behind", "0s"))
    return off
