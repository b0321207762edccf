"""`nachtwacht night crowd`: a whole region for one night, on the whole hub, as fast as it goes."""

import argparse
import json
import resource
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import uvloop

from hub.rehearsal import database, places, report
from hub.rehearsal.account import CROWDED, Account
from hub.rehearsal.building import open_pools
from hub.rehearsal.play import rehearse_on
from hub.rehearsal.progress import Progress
from simulators.crowd import Size, crowd
from simulators.night import Night
from simulators.routine import moment

LIKELY = "2026-11-22"
YEARS = range(2000, 2100)
LEAST = 0.01  # of all; what took less is not told apart


def add_crowd(commands: Any) -> None:
    """Add the command to its parser."""
    adding = commands.add_parser("crowd", help="play one night of a generated region")
    adding.add_argument("--clients", type=_clients, default=1000, help="how many; 1000")
    adding.add_argument("--night", type=_day, default=LIKELY, help="the evening, as 2026-10-24")
    adding.add_argument("--seed", type=int, default=1, help="another seed is another night")
    adding.add_argument(
        "--telemetry", type=_share, default=0.1, help="share of sensor homes that say all; 0.1"
    )
    adding.add_argument("--storm", action="store_true", help="the network fails in between")
    adding.add_argument(
        "--json",
        type=places.result,
        metavar="FILE",
        help="write everything as JSON; - is the output",
    )
    adding.set_defaults(run=_crowd)


def _clients(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("give a number from 1 to 100000")
    return int(text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("give a date such as 2026-10-24") from error
    if day.year not in YEARS:
        said = f"give a date from {YEARS[0]} to {YEARS[-1]}, such as 2026-10-24"
        raise argparse.ArgumentTypeError(said)
    return day


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("give a share from 0 to 1")
    return share


def _crowd(given: argparse.Namespace) -> int:
    start, end = moment(given.night, "23:00"), moment(given.night, "07:00")
    size = Size(given.clients, given.telemetry, given.storm)
    night = crowd(size, start, end - start, given.seed)
    before = _others()
    with database.of_its_own() as url:
        account = uvloop.run(_played(url, night))
    print(*lines(account, size, _others() - before), sep="\n", file=places.beside(given.json))
    if given.json:
        places.write(given.json, json.dumps(report.as_json([account], []), indent=1) + "\n")
    return int(bool(account.broken))


async def _played(url: str, night: Night) -> Account:
    async with open_pools(url) as pools:
        database.empty(url)
        print(f"{len(night.clients)} clients, {len(night.timeline)} scenes", file=sys.stderr)
        return await rehearse_on(pools, night, progress=Progress())


def _others() -> float:
    """How many seconds of the processor programs used that this one began, and that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lines(account: Account, size: Size, database: float) -> Sequence[str]:
    """How it went, and what the seconds went to; `database` are those of its processor.

    They are 0 where its server ran already, as after a crowd that was killed.
    """
    hours = (account.night.end - account.night.start) / timedelta(hours=1)
    nights = size.clients * hours / 8
    speed = (
        f"{nights:g} client-nights of eight hours; {size.telemetry:.0%} of the homes with sensors "
        f"said all they would: {nights / account.seconds * 60:.0f} a minute, "
        f"{account.messages / account.seconds:.0f} messages a second, one process"
    )
    there = f"{database / nights * 1000:.1f} ms" if database else "what was not measured"
    cost = (
        f"a client-night took {account.processor / nights * 1000:.1f} ms of the processor here "
        f"and {there} in its database"
    )
    pace = f"judged once in {CROWDED.looks.seconds} s of the night, as the desks looked"
    return [
        *report.lines(account),
        speed,
        cost,
        f"the processor's {account.processor:.1f} s here went to {_went_to(account)}",
        pace,
    ]


def _went_to(account: Account) -> str:
    parts = sorted(account.spent.items(), key=lambda one: -one[1])
    told = [one for one in parts if one[1] >= LEAST * account.processor]
    rest = account.processor - sum(seconds for _, seconds in told)
    return ", ".join(f"{what} {seconds:.1f}" for what, seconds in (*told, ("the rest", rest)))
