"""What a bad connection does to what devices say: lost, twice, late, or in another order.

A pure rearrangement of the script, so that the same night goes wrong in the same way on every
stage. Luck comes from one stream per gateway.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from simulators.chance import duration, happens, stream
from simulators.night import Fault, Night, spread
from simulators.stage import Happening

LINKS = ("link_down", "link_poor")
SOON = timedelta(milliseconds=200)


def through_links(night: Night, happenings: Iterable[Happening], seed: int) -> list[Happening]:
    """What comes out of the gateways, each message at the moment it does."""
    if not any(one.what in LINKS for one in night.faults):
        return list(happenings)
    by_gateway: dict[str, list[Happening]] = defaultdict(list)
    for one in happenings:
        by_gateway[one.gateway].append(one)
    arriving: list[Happening] = []
    for gateway, said in by_gateway.items():
        faults = [one for one in night.faults if _concerns(one, gateway)]
        arriving += _poor(_down(said, faults), faults, stream(seed, gateway, "link"))
    return sorted(arriving)


def _concerns(fault: Fault, gateway: str) -> bool:
    home = gateway.rpartition("/")[2]
    return fault.what in LINKS and fault.whom in (home, "all")


def _down(said: Iterable[Happening], faults: Iterable[Fault]) -> Iterable[Happening]:
    """What is said while the link is down comes when it is back, in order, or never."""
    down = [one for one in faults if one.what == "link_down"]
    kept = 0
    for one in said:
        fault = next((each for each in down if each.during.covers(one.at)), None)
        if fault is None:
            yield one
        elif fault.said.get("buffers", False) and fault.during.ends is not None:
            kept += 1
            yield replace(one, at=fault.during.ends + kept * SOON)


def _poor(said: Iterable[Happening], faults: Iterable[Fault], luck: Random) -> Iterable[Happening]:
    poor = [one for one in faults if one.what == "link_poor"]
    for one in said:
        fault = next((each for each in poor if each.during.covers(one.at)), None)
        if fault is None:
            yield one
        else:
            yield from _through(one, fault, luck)


def _through(one: Happening, fault: Fault, luck: Random) -> Iterable[Happening]:
    if happens(luck, fault.said.get("drop", 0.0)):
        return
    at: datetime = one.at
    if "delay" in fault.said:
        at += duration(luck, *spread(fault.said["delay"]))
    if happens(luck, fault.said.get("reorder", 0.0)):
        at += timedelta(seconds=luck.uniform(5, 30))  # assumption: behind what is said next
    yield replace(one, at=at)
    if happens(luck, fault.said.get("duplicate", 0.0)):
        yield replace(one, at=at + timedelta(seconds=luck.uniform(0.5, 10)))
