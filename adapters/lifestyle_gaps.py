"""What of a client's rhythm is not watched now, and why: nothing is concluded from silence."""

from dataclasses import dataclass

from adapters.contract import Kind
from adapters.lifestyle_limits import Around, Limits, Sensor

BED, DOOR, MOVEMENT = "bed", "outside_door", "movement"
SHARED = "er wonen er meer, en dit apparaat is van de woning, niet van één persoon"
SILENT = "meldt zich niet"
SILENT_MANY = "melden zich niet"
MISSING = "er is geen {} ingeschreven"
WORDS = {BED: "bedsensor", DOOR: "sensor op een buitendeur", MOVEMENT: "bewegingsmelder"}
NEEDS = {
    Kind.NOT_BACK_IN_BED: (BED,),
    Kind.LEFT_HOME: (DOOR,),
    Kind.NOT_UP: (MOVEMENT,),
    Kind.INACTIVITY: (MOVEMENT,),
    Kind.NOT_HOME: (DOOR, MOVEMENT),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule that nothing can be concluded by now, and why in Dutch.

    `folded`: only because a base station or vendor is lost, which is told of already.
    """

    kind: Kind
    why: str
    folded: bool = False


def gaps(limits: Limits, around: Around) -> tuple[Gap, ...]:
    """What cannot be watched now; nothing where nobody looked the sensors up.

    The two rules of the night are asked for by the sensor they need: without one there is no gap.
    """
    if around.sensors is None:
        return ()
    by_night = [kind for kind in (Kind.NOT_BACK_IN_BED, Kind.LEFT_HOME) if _asked(kind, around)]
    by_day = [one for one in limits.by_day if one is not Kind.NOT_HOME or limits.home_by]
    found = (_gap(kind, around.sensors) for kind in (*by_night, *by_day))
    return tuple(one for one in found if one is not None)


def hears_elsewhere(room: str, around: Around) -> bool:
    """Whether some sensor of this client's movement is heard outside this room."""
    if around.sensors is None:
        return True
    return any(
        one.use == MOVEMENT and not one.silent and not one.shared and one.room != room
        for one in around.sensors
    )


def not_heard(around: Around) -> str:
    """Say of a finding that rests on movement how many sensors could not have seen any."""
    own = [one for one in around.sensors or () if one.use == MOVEMENT and not one.shared]
    silent = sum(1 for one in own if one.silent)
    return f" {silent} van de {len(own)} bewegingsmelders {SILENT_MANY}." if silent else ""


def _asked(kind: Kind, around: Around) -> bool:
    return any(one.use in NEEDS[kind] for one in around.sensors or ())


def _gap(kind: Kind, sensors: tuple[Sensor, ...]) -> Gap | None:
    for use in NEEDS[kind]:
        there = [one for one in sensors if one.use == use]
        own = [one for one in there if not one.shared or kind is Kind.LEFT_HOME]
        if not own:
            return Gap(kind, SHARED if there else MISSING.format(WORDS[use]))
        if all(one.silent for one in own):
            folded = all(one.silent == "folded" for one in own)
            return Gap(kind, f"{WORDS[use]} {SILENT}", folded)
    return None
