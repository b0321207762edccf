"""Every shipped night on both stages: `python -m tests.nights.alike [NAME ...] [--speed 5]`.

A night without faults must give the same alerts and calls, and tell integrators the same, on the
virtual and on the live stage. One with faults is played live as it is: what gets lost on the way
is the machine's luck there, but it must go as it says. CI compares two (the short form is in
test_live_stage.py). The exit status is 1 where a stage differs or a night breaks.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from hub.rehearsal import database
from hub.rehearsal.live import cannot_play, perform
from hub.rehearsal.live_command import lines
from hub.rehearsal.play import rehearse
from simulators.night import Night
from simulators.night_file import shipped
from simulators.night_reading import load
from tests.nights.live_nights import differences, heard_by_all, patient

SHOWN = 6  # lines of what is wrong


async def wrong_with(night: Night, url: str, speed: float) -> list[str]:
    """What is not as it must be, of one night on both stages."""
    compared = not night.faults
    played = patient(heard_by_all(night) if compared else night)
    with TemporaryDirectory() as folder:
        database.empty(url)
        live = await perform(played, url, Path(folder), speed)
    found = list(lines(live)) if live.account.broken else []
    if compared:
        database.empty(url)
        found += differences(live.account, await rehearse(played, url))
    return found


def _chosen(names: list[str]) -> Iterator[Night]:
    for night in map(load, shipped()):
        if not night.is_crowd and (not names or night.name in names):
            yield from () if any(cannot_play(night)) else (night,)


async def _all_of_them(names: list[str], speed: float, url: str) -> int:
    wrong = 0
    for night in _chosen(names):
        found = await wrong_with(night, url, speed)
        wrong += bool(found)
        how = "has faults" if night.faults else "the same on both"
        print(
            f"{night.name:28} {'WRONG' if found else how}", *found[:SHOWN], sep="\n  ", flush=True
        )
    print(f"{wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.nights.alike")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--speed", type=float, default=5.0)
    given = parser.parse_args()
    with database.of_its_own() as its_own:
        sys.exit(uvloop.run(_all_of_them(given.names, given.speed, its_own)))
