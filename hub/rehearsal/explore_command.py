"""`nachtwacht night explore`: search for a broken promise for so many minutes."""

import argparse
import time
from typing import Any

import uvloop

from hub.rehearsal import database, places, report
from hub.rehearsal.account import Account
from hub.rehearsal.building import open_pools
from hub.rehearsal.explore import Explorer, Found

TELL_EVERY = 20  # nights


def add_explore(commands: Any) -> None:
    """Add the command to its parser."""
    explore = commands.add_parser(
        "explore", help="invent nights until a promise breaks, and keep the smallest that breaks it"
    )
    explore.add_argument("--minutes", type=_minutes, default=1.0, help="how long to search")
    explore.add_argument("--seed", type=int, default=1, help="the first night to invent")
    explore.add_argument("--nights", type=int, help="end after so many, whatever the time")
    explore.add_argument("--folder", type=places.folder, default=".", help="where found nights go")
    explore.set_defaults(run=_explore)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 24 * 60:
        raise argparse.ArgumentTypeError("give a number of minutes, such as 10")
    return minutes


def _explore(given: argparse.Namespace) -> int:
    with database.of_its_own() as url:
        found = uvloop.run(_searched(given, url))
    return int(bool(found))


async def _searched(given: argparse.Namespace, url: str) -> list[Found]:
    until = time.perf_counter() + given.minutes * 60
    accounts: list[Account] = []
    async with open_pools(url) as pools:
        explorer = Explorer(pools, url, given.folder, accounts.append)
        seed = given.seed
        while time.perf_counter() < until and seed - given.seed != given.nights:
            found = await explorer.search(seed, lambda: time.perf_counter() >= until)
            seed += 1
            if found is not None:
                _tell(found)
            elif (seed - given.seed) % TELL_EVERY == 0:
                print(f"{seed - given.seed} nights invented, seed {seed - 1} was the last")
    figures = report.speed(accounts)
    print(
        f"{seed - given.seed} nights invented (seeds {given.seed} to {seed - 1}), {len(accounts)} "
        f"played in {figures['seconds']:.0f} s; {len(explorer.found)} promises broken"
    )
    return explorer.found


def _tell(found: Found) -> None:
    print(f"FAIL seed {found.seed}: {found.broken.promise}: {found.broken.what}")
    print(f"     kept as {found.file} after {found.tried} smaller nights; play it with")
    print(f"     nachtwacht night check {found.file} --whole", flush=True)
