"""Things that go wrong at night, as the devices tell them: one function per scene."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from simulators import native, zigbee
from simulators.routine import MINUTE, Home, into_bed, moves, out_of_bed, through_the_door
from simulators.stage import Happening


@dataclass(frozen=True, slots=True)
class Worn:
    """A device that speaks the native profile, and the gateway it speaks through."""

    gateway: str
    device: str
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens from `start` to `end`; `home` has nothing ordinary happening meanwhile."""

    start: datetime
    end: datetime
    happenings: tuple[Happening, ...]
    home: str = ""


Told = Callable[[datetime, Random], Scene]


def press(pendant: Worn) -> Told:
    """Somebody presses their pendant."""
    return _says(pendant, native.pressed, "hanger gedrukt")


def fall(pendant: Worn) -> Told:
    """A pendant notices a fall."""
    return _says(pendant, native.fell, "val gemeld")


def inactivity(box: Worn) -> Told:
    """A lifestyle box has seen nobody for hours."""
    return _says(box, lambda device, at: native.inactive(device, at, 170), "geen beweging gezien")


def sos(home: Home, button: str) -> Told:
    """Somebody presses the SOS button beside the bed, or pulls the cord."""

    def told(at: datetime, luck: Random) -> Scene:
        payload = zigbee.sos(luck)
        one = Happening(at, home.gateway, "zigbee2mqtt", zigbee.topic(button), payload)
        return _scene([one], "")

    return told


def smoke(gateway: str, detector: str) -> Told:
    """A smoke detector that sounds for a few minutes."""

    def told(at: datetime, luck: Random) -> Scene:
        ends = at + luck.uniform(2, 5) * MINUTE
        happenings = [
            Happening(
                moment,
                gateway,
                "zigbee2mqtt",
                zigbee.topic(detector),
                zigbee.smoke(luck, alarm=alarm),
                lasts=True,
                about="rook" if alarm else "geen rook meer",
            )
            for moment, alarm in ((at, True), (ends, False))
        ]
        return _scene(happenings, "")

    return told


def not_back_in_bed(home: Home) -> Told:
    """Somebody gets up at night, moves once in the bathroom, and then nowhere."""

    def told(at: datetime, luck: Random) -> Scene:
        found = at + luck.uniform(50, 65) * MINUTE  # by then somebody has helped
        happenings = [
            out_of_bed(home, at, luck),
            *moves(home, home.bathroom, at + MINUTE, luck),
            *moves(home, home.bathroom, found - 4 * MINUTE, luck),
            into_bed(home, found, luck),
        ]
        return _scene(happenings, home.name)

    return told


def leaves_home(home: Home) -> Told:
    """Somebody gets up at night and goes out by the front door."""

    def told(at: datetime, luck: Random) -> Scene:
        out, back = at + 3 * MINUTE, at + luck.uniform(40, 60) * MINUTE
        happenings = [
            out_of_bed(home, at, luck),
            *moves(home, home.living, at + 0.5 * MINUTE, luck),
            *through_the_door(home, out, luck),
            *through_the_door(home, back, luck),
            *moves(home, home.living, back + MINUTE, luck),
            into_bed(home, back + 5 * MINUTE, luck),
        ]
        return _scene(happenings, home.name)

    return told


def missed_dose(dispenser: Worn, *, taken_later: bool = False) -> Told:
    """A dose nobody took within 45 minutes; some are taken after all."""

    def told(at: datetime, luck: Random) -> Scene:
        due_at = at - timedelta(minutes=45)
        said = [("missed_dose", at)]
        if taken_later:
            said.append(("taken", at + luck.uniform(15, 30) * MINUTE))
        happenings = [_dose(dispenser, what, moment, due_at) for what, moment in said]
        return _scene(happenings, "")

    return told


def wander(tracker: Worn) -> Told:
    """Somebody walks out of the zone that was agreed, and comes back."""

    def told(at: datetime, luck: Random) -> Scene:
        far = luck.uniform(600, 1_400)
        happenings = [
            _zone(tracker, at, far / 3, outside=True),
            *(_walk(tracker, at + step * MINUTE, far * step / 20) for step in (4, 8, 12, 16, 20)),
            _zone(tracker, at + 40 * MINUTE, 40, outside=False),
        ]
        return _scene(happenings, "")

    return told


def dose_taken(dispenser: Worn, due_at: datetime, after: timedelta) -> Iterable[Happening]:
    """An ordinary dose: dispensed when due, taken a while later."""
    yield _dose(dispenser, "dispensed", due_at, due_at)
    yield _dose(dispenser, "taken", due_at + after, due_at)


def alive(worn: Worn, at: datetime) -> Happening:
    """A sign of life."""
    return _native(worn, at, native.alive(worn.device, at))


def _says(worn: Worn, payload: Callable[[str, datetime], bytes], about: str) -> Told:
    def told(at: datetime, luck: Random) -> Scene:
        moment = at + timedelta(seconds=luck.uniform(0, 5))
        return _scene([_native(worn, moment, payload(worn.device, moment), about)], "")

    return told


def _dose(dispenser: Worn, what: str, at: datetime, due_at: datetime) -> Happening:
    payload = native.dose(dispenser.device, what, at, due_at, critical=dispenser.critical)
    return _native(dispenser, at, payload, what)


def _walk(tracker: Worn, at: datetime, metres: float) -> Happening:
    return _native(tracker, at, native.walking(tracker.device, at, metres), "loopt")


def _zone(tracker: Worn, at: datetime, metres: float, *, outside: bool) -> Happening:
    payload = native.zone(tracker.device, at, outside=outside, metres=metres)
    return _native(tracker, at, payload, "buiten zone" if outside else "terug in zone")


def _native(worn: Worn, at: datetime, payload: bytes, about: str = "") -> Happening:
    return Happening(at, worn.gateway, "native", worn.device, payload, about=about)


def _scene(happenings: list[Happening], home: str) -> Scene:
    ordered = tuple(sorted(happenings))
    return Scene(ordered[0].at, ordered[-1].at + MINUTE, ordered, home)
