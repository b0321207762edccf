"""Invents nights nobody thought of, and makes one smaller: plain data in the form of a night file.

A night from here is no likely night. Things happen close together, people are at their worst and
whatever can go wrong does, because that is where promises break.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from simulators.chance import stream

Data = dict[str, Any]

STARTS = (
    "2026-01-12T22:30",
    "2026-05-06T05:40",
    "2026-07-14T16:00",
    "2026-10-24T23:10",  # the clock goes back
    "2026-12-24T17:00",
    "2027-03-27T23:10",  # the clock goes forward
)
SCENES: Mapping[str, Sequence[str]] = {
    "press": ("anna", "jan", "riet", "gerrit", "toos", "wil"),
    "fall": ("anna", "jan", "riet", "gerrit", "toos", "wil"),
    "visit": ("anna", "jan", "gerrit", "toos"),
    "smoke": ("huis-postma",),
    "leave_home": ("anna",),
    "come_home": ("anna",),
    "out_of_bed": ("anna",),
    "into_bed": ("anna",),
    "moves": ("anna",),
    "missed_dose": ("gerrit",),
    "dose_taken": ("gerrit",),
    "leave_zone": ("toos",),
    "back_in_zone": ("toos",),
}
CALLED = ("sanne", "bram", "els", "karin", "team", "nachtteam", "maanteam", "achterwacht")
LEVELS = ("informal_caregiver", "own_team", "night_partner", "care_centre")
KINDS = (["alarm.button", "alarm.fall"], ["lifestyle.*", "location.*", "alarm.left_home"], ["*"])
SHARES = (0.0, 0.3, 0.7, 1.0)
HOMES = ("all", "huis-anna", "huis-postma", "huis-gerrit", "huis-toos", "hof-wil")


def invent(seed: int) -> Data:
    """A night of its own for each seed, on top of the built-in village."""
    luck = stream(seed, "invention")
    minutes = luck.randint(90, 360)
    night: Data = {
        "night": 1,
        "title": f"Invented night {seed}",
        "seed": seed,
        "start": luck.choice(STARTS),
        "for": f"{minutes}m",
        "clients": dict(_clients(luck)),
        "people": dict(_people(luck, minutes)),
        "timeline": list(_timeline(luck, minutes)),
        "faults": list(_faults(luck, minutes)),
        "expect": [],
    }
    if luck.random() < 0.4:
        night["turns"] = list(_turns(luck, minutes))
    return {key: said for key, said in night.items() if said not in ({}, []) or key == "expect"}


def _at(luck: Random, minutes: int) -> str:
    return f"+{luck.randint(1, minutes - 60)}m{luck.choice((0, 0, 0, 7, 30, 59))}s"


def _timeline(luck: Random, minutes: int) -> Iterator[Data]:
    minute = luck.randint(1, minutes - 60)
    for _ in range(luck.randint(1, 7)):
        what = luck.choice(tuple(SCENES))
        scene: Data = {"at": f"+{minute}m{luck.randint(0, 59)}s", what: luck.choice(SCENES[what])}
        if what == "press" and luck.random() < 0.3:
            scene |= {"times": luck.randint(2, 5), "every": luck.choice(("1s", "20s", "2m"))}
        yield scene
        near = luck.random() < 0.6
        minute += luck.randint(0, 3) if near else luck.randint(4, 60)
        minute = min(minute, minutes - 31)


def _people(luck: Random, minutes: int) -> Iterator[tuple[str, Data]]:
    for name in CALLED:
        if luck.random() < 0.3:
            continue
        said: Data = {
            "answers": luck.choice(SHARES),
            "comes": luck.choice(SHARES),
            "arrives": luck.choice(SHARES),
            "after": luck.choice(("2s", "40s", "2m", "4m", "11m")),
            "travel": luck.choice(("3m", "15m", "50m")),
        }
        if luck.random() < 0.2:
            said["off"] = [{"from": _at(luck, minutes)}]
        if luck.random() < 0.2:
            said["absent"] = True
        yield name, said
    yield (
        "noor",
        {"answers": luck.choice((0.0, 1.0, 1.0)), "after": luck.choice(("5s", "50s", "5m"))},
    )


def _clients(luck: Random) -> Iterator[tuple[str, Data]]:
    for name in ("anna", "jan", "riet", "toos", "wil"):
        if luck.random() < 0.5:
            continue
        said: Data = {"plan": [_agreed(luck, kinds) for kinds in KINDS if luck.random() < 0.5]}
        if luck.random() < 0.1:
            said["care_ended"] = True
        yield name, {key: value for key, value in said.items() if value}


def _agreed(luck: Random, kinds: Sequence[str]) -> Data:
    agreed: Data = {
        "kinds": list(kinds),
        "steps": [
            {"level": luck.choice(LEVELS), "wait": luck.choice(("30s", "2m", "5m", "10m"))}
            for _ in range(luck.randint(1, 4))
        ],
    }
    if luck.random() < 0.4:
        agreed |= {"from": luck.choice(("22:00", "23:00", "02:30")), "until": "07:00"}
    return agreed


def _turns(luck: Random, minutes: int) -> Iterator[Data]:
    change = _at(luck, minutes)
    first, second = luck.sample(("uilen", "maan"), 2)
    yield {"partner": first, "until": change}
    if luck.random() < 0.8:
        yield {"partner": second, "from": change}


def _faults(luck: Random, minutes: int) -> Iterator[Data]:
    for _ in range(luck.randint(0, 4)):
        begins = luck.randint(1, minutes - 60)
        span = {"from": f"+{begins}m", "until": f"+{begins + luck.randint(1, 25)}m"}
        yield luck.choice(FAULTS)(luck, span)


def _hub_killed(_: Random, span: Data) -> Data:
    return {"hub_killed": True, "from": span["from"]}


def _link_down(luck: Random, span: Data) -> Data:
    return {"link_down": luck.choice(HOMES), "buffers": luck.random() < 0.7, **span}


def _link_poor(luck: Random, _: Data) -> Data:
    return {
        "link_poor": luck.choice(HOMES),
        "duplicate": luck.choice((0.2, 0.9)),
        "reorder": luck.choice((0.0, 0.5)),
        "delay": {"median": "2s", "p95": "20s"},
    }


def _channel_fails(luck: Random, span: Data) -> Data:
    how = luck.choice(("busy", "refuses", "hangs", "no_receipt"))
    return {"channel_fails": luck.choice((*CALLED, "all")), "how": how, **span}


def _clock_off(luck: Random, _: Data) -> Data:
    off = luck.choice(("30s", "3m", "2h", "26h"))
    return {
        "clock_off": luck.choice(("anna", "gerrit")),
        luck.choice(("ahead", "behind")): off,
    }


FAULTS: Sequence[Callable[[Random, Data], Data]] = (
    _hub_killed,
    lambda _, span: {"hub_down": True, **span},
    lambda _, span: {"broker_down": True, **span},
    lambda luck, span: {"database_slow": True, "by": luck.choice(("1s", "4s")), **span},
    _link_down,
    _link_poor,
    _channel_fails,
    _clock_off,
    lambda luck, span: {"battery": luck.choice(("anna", "gerrit", "toos")), **span},
)


def smaller(night: Data) -> Iterator[Data]:
    """The same night with one thing less, the largest first; each is a night of its own."""
    for key in ("faults", "timeline", "turns", "clients", "people"):
        for place in _places(night.get(key)):
            yield _without(night, (key, *place))


def _places(said: Any) -> Iterator[tuple[str | int, ...]]:
    """Everything that can be left out of a part: its entries, then what these say."""
    if isinstance(said, list):
        yield from ((number,) for number in reversed(range(len(said))))
    elif isinstance(said, dict):
        yield from ((name,) for name in said)
        for name, inner in said.items():
            yield from ((name, *rest) for rest in _places(inner))


def _without(night: Data, place: tuple[str | int, ...]) -> Data:
    left = deepcopy(night)
    around: Any = left
    for key in place[:-1]:
        around = around[key]
    del around[place[-1]]
    return {key: said for key, said in left.items() if said not in ({}, []) or key == "expect"}
