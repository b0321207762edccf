"""`nachtwacht night`: check nights in seconds, play one live, begin a new one, list the shipped."""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import uvloop

from hub.rehearsal import database, diff, places, report, viewer
from hub.rehearsal.account import Account
from hub.rehearsal.building import open_pools
from hub.rehearsal.chances import Verdict, chances
from hub.rehearsal.crowd_command import add_crowd
from hub.rehearsal.explore_command import add_explore
from hub.rehearsal.junit import as_junit
from hub.rehearsal.live_command import add_play, add_results
from hub.rehearsal.play import rehearse_on
from hub.rehearsal.progress import Progress
from hub.rehearsal.reading import read
from hub.rehearsal.record.command import add_record
from hub.rehearsal.record.registry import NoSuchTable
from simulators.night import LENGTH, Night, NoSuchMoment, clock, length
from simulators.night_file import NIGHTS, NightRefused, shipped
from simulators.night_reading import load

PATTERN = NIGHTS / "patterns" / "new_night.yaml"

Turn = tuple[Night, int, datetime | None]  # a night, its seed, where to stop


class NoSuchEnd(ValueError):
    """A night cannot be stopped at that moment."""


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; 0 all went as it must, 1 something broke, 2 wrong arguments."""
    given = _parser().parse_args(arguments)
    logging.getLogger().setLevel(logging.WARNING)  # what happened is told by the night itself
    try:
        return int(given.run(given))
    except NoSuchEnd as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 2
    except NoSuchTable as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nachtwacht night", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    check = commands.add_parser("check", help="play nights on the virtual stage, in seconds")
    check.add_argument("nights", nargs="+", metavar="FILE", help="a file, or a shipped night")
    check.add_argument("--seeds", type=_count, default=1, help="how many seeds, from its own on")
    check.add_argument("--seed", type=int, help="this seed instead of the night's own")
    check.add_argument("--until", metavar="CLOCK", help="stop there, and tell all: 02:20, +3h20m")
    check.add_argument("--whole", action="store_true", help="tell everything that happened")
    add_results(check)
    check.set_defaults(run=_check)
    add_play(commands)
    add_explore(commands)
    add_crowd(commands)
    add_record(commands)
    difference = commands.add_parser("diff", help="compare two results that --json wrote")
    difference.add_argument("before", metavar="A.json", type=Path)
    difference.add_argument("after", metavar="B.json", type=Path)
    difference.add_argument(
        "--within",
        metavar="LENGTH",
        type=_length,
        default="0s",
        help="moments as near as this are the same",
    )
    difference.set_defaults(run=_diff)
    new = commands.add_parser("new", help="write a commented night that passes, to begin with")
    new.add_argument("path", metavar="NAME", type=places.new_night, help="its name")
    new.set_defaults(run=_new)
    listing = commands.add_parser("list", help="the nights that come with Nachtwacht")
    listing.set_defaults(run=_list)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError("give a number from 1 to 10000")
    return int(text)


def _length(text: str) -> timedelta:
    if not LENGTH.fullmatch(text) or not text:
        raise argparse.ArgumentTypeError("give a length such as 2s or 1m30s")
    return length(text)


def _diff(given: argparse.Namespace) -> int:
    try:
        found = diff.compare(diff.read(given.before), diff.read(given.after), given.within)
    except diff.NotAResult as error:
        print(error, file=sys.stderr)
        return 2
    print(*found.lines, sep="\n")
    return int(found.differ > 0)


def _new(given: argparse.Namespace) -> int:
    with given.path.open("x") as file:
        file.write(PATTERN.read_text())
    print(f"Written: {given.path}. Play it with `nachtwacht night check {given.path}`.")
    return 0


def _list(_: argparse.Namespace) -> int:
    for path in shipped():
        night = load(path)
        print(f"{night.name:28}{night.title}")
    return 0


def _check(given: argparse.Namespace) -> int:
    if given.html and (len(given.nights) > 1 or given.seeds > 1):
        print("--html draws one night with one seed; leave out the others", file=sys.stderr)
        return 2
    said = places.beside(given.json, given.junit, given.html)
    nights, refused = _read(given.nights)
    turns = list(_turns(nights, given))
    for one in refused:
        print(*report.refused_lines(one), sep="\n", file=said, flush=True)
    whole = given.whole or given.until is not None

    def tell(account: Account) -> None:
        print(*report.lines(account, whole=whole), sep="\n", file=said, flush=True)

    accounts: list[Account] = []
    if turns:
        with database.of_its_own() as url:
            accounts = uvloop.run(_play(url, turns, tell))
        print(*report.chance_lines(chances(accounts)), _summary(accounts), sep="\n", file=said)
    if given.json:
        places.write(given.json, json.dumps(report.as_json(accounts, refused), indent=1) + "\n")
    if given.junit:
        places.write(given.junit, as_junit(accounts, refused))
    if given.html and accounts:
        places.write(given.html, viewer.page(accounts[0]))
    seldom = any(one.verdict is Verdict.BROKEN for one in chances(accounts))
    return int(bool(refused) or seldom or any(one.broken for one in accounts))


def _read(names: Sequence[str]) -> tuple[list[Night], list[NightRefused]]:
    nights: list[Night] = []
    refused: list[NightRefused] = []
    for name in names:
        try:
            nights.append(read(name))
        except NightRefused as error:
            refused.append(error)
    return nights, refused


def _turns(nights: Sequence[Night], given: argparse.Namespace) -> Iterator[Turn]:
    """Every night with every seed. Raises NoSuchEnd."""
    for night in nights:
        until = _until(night, given.until)
        first = night.seed if given.seed is None else given.seed
        yield from ((night, seed, until) for seed in range(first, first + given.seeds))


def _until(night: Night, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return clock(text, night.start, night.zone)
    except (NoSuchMoment, ValueError, AssertionError) as error:
        raise NoSuchEnd(f"--until {text}: use a time such as 02:20, or +3h20m") from error


async def _play(
    url: str,
    turns: Sequence[Turn],
    tell: Callable[[Account], None],
) -> list[Account]:
    accounts: list[Account] = []
    async with open_pools(url) as pools:
        for night, seed, until in turns:
            database.empty(url)
            accounts.append(await rehearse_on(pools, night, seed, until, progress=Progress()))
            tell(accounts[-1])
    return accounts


def _summary(accounts: Sequence[Account]) -> str:
    figures = report.speed(accounts)
    broken = sum(bool(one.broken) for one in accounts)
    return (
        f"{len(accounts)} nights, {broken} broken; {figures['client_nights']:g} client-nights of "
        f"eight hours with {figures['messages']:g} messages in {figures['seconds']:.1f} s: "
        f"{figures['client_nights_per_minute']:g} client-nights a minute, one process, "
        "every promise checked after every step"
    )
