"""Every shipped night twice with each of two seeds: `python -m tests.nights.twice`.

The same seed must give the same journal, byte for byte. CI does it with a few (the short form is
in test_shipped_nights.py). The exit status is 1 where a journal differs.
"""

import difflib
import sys
from collections.abc import Iterator
from itertools import islice

import uvloop

from hub.rehearsal import database
from hub.rehearsal.building import open_pools
from hub.rehearsal.play import rehearse_on
from hub.serving.stores import Stores
from simulators.night import Night
from simulators.night_file import shipped
from simulators.night_reading import load

SEEDS = 2
SHOWN = 6  # lines of a difference


async def journal(pools: Stores, url: str, night: Night, seed: int) -> str:
    """The journal of a night on an emptied database."""
    database.empty(url)
    return (await rehearse_on(pools, night, seed)).journal


def differences(first: str, second: str) -> Iterator[str]:
    """The first lines that are not the same."""
    lines = difflib.unified_diff(first.splitlines(), second.splitlines(), lineterm="", n=0)
    return islice(lines, SHOWN)


async def _every_night(url: str) -> int:
    wrong = 0
    async with open_pools(url) as pools:
        for night in map(load, shipped()):
            for seed in range(night.seed, night.seed + SEEDS):
                first = await journal(pools, url, night, seed)
                second = await journal(pools, url, night, seed)
                same = first.encode() == second.encode()
                wrong += not same
                print(f"{night.name:28} {seed:6} {len(first):9} bytes  {same}", flush=True)
                print(*differences(first, second), sep="\n", end="")
    print(f"{wrong} differ")
    return int(wrong > 0)


if __name__ == "__main__":
    with database.of_its_own() as given:
        sys.exit(uvloop.run(_every_night(given)))
