"""`nachtwacht night play`: one night on a running hub, at a speed, as a command."""

import json
import signal
import sys
import tempfile
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from hub.rehearsal import places, report, viewer
from hub.rehearsal.attached import Place, door
from hub.rehearsal.junit import as_junit
from hub.rehearsal.live import Performance, cannot_play, perform, perform_at
from hub.rehearsal.live_hub import HubFailed
from hub.rehearsal.live_playing import Figures
from hub.rehearsal.progress import Progress
from hub.rehearsal.reading import read
from hub.settings import pepper, read_settings
from hub.store.embedded import running
from hub.store.migrating import migrate
from simulators.night import Night
from simulators.night_file import NightRefused

SPEED = 10.0  # ten seconds of the night a second: quick, and two seconds of it can be met
FASTEST = 600.0  # what a hub allows
# What a rehearsal stores is forgotten sooner or later; a crash of the machine may cost it.
HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


Door = tuple[tuple[str, int], str, str]  # host and port, user, password

if TYPE_CHECKING:
    Commands = _SubParsersAction[ArgumentParser]


def add_play(commands: "Commands") -> None:
    """Add `play` to the commands."""
    play = commands.add_parser("play", help="play a night on a running hub of its own, live")
    play.add_argument("night", metavar="FILE", help="a file, or a shipped night")
    play.add_argument(
        "--to",
        metavar="mqtt://USER:PASSWORD@HOST:PORT",
        type=_door,
        help="a rehearsal hub that runs, in place of one of its own; no other hub is played on",
    )
    play.add_argument(
        "--pages", metavar="URL", help="where that hub's pages are (port 8300 of the same host)"
    )
    play.add_argument(
        "--speed", type=_speed, help=f"1 is real time, up to {FASTEST:g} (10; with --to the hub's)"
    )
    play.add_argument("--seed", type=int, help="this seed instead of the night's own")
    play.add_argument("--whole", action="store_true", help="tell everything that happened")
    add_results(play)
    play.set_defaults(run=play_one)


def add_results(command: ArgumentParser) -> None:
    """Add where the result of a night is to be written."""
    for name, what in (
        ("--json", "write everything as JSON; - is the output"),
        ("--junit", "write JUnit XML"),
        ("--html", "draw the night as a page; one night only"),
    ):
        command.add_argument(name, metavar="FILE", type=places.result, help=what)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= FASTEST:
        raise ArgumentTypeError(f"give a number from 1 to {FASTEST:g}")
    return speed


def _door(text: str) -> Door:
    try:
        return door(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def play_one(given: Namespace) -> int:
    """Play a night live; 0 all went as it must, 1 something broke, 2 wrong arguments."""
    said = places.beside(given.json, given.junit, given.html)
    try:
        night = read(given.night)
    except NightRefused as error:
        print(*report.refused_lines(error), sep="\n", file=said)
        return 1
    if wrong := [*cannot_play(night, elsewhere=given.to is not None), *_contradicts(given)]:
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: tidily
    try:
        played = _played(night, given) if given.to is None else _played_there(night, given)
    except HubFailed as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 1
    print(*lines(played, whole=given.whole), sep="\n", file=said)
    if given.json:
        places.write(given.json, json.dumps(as_json(played), indent=1) + "\n")
    if given.junit:
        places.write(given.junit, as_junit([played.account], []))
    if given.html:
        places.write(given.html, viewer.page(played.account))
    return int(bool(played.account.broken))


def _contradicts(given: Namespace) -> Iterator[str]:
    if given.to is not None and given.speed is not None:
        yield "--speed: with --to that is the hub's own NACHTWACHT_TIME_SCALE; leave it out"
    if given.to is None and given.pages is not None:
        yield "--pages: belongs to --to; leave it out"


def _played_there(night: Night, given: Namespace) -> Performance:
    """Play on a rehearsal hub that runs; its database and secret are those of the environment."""
    settings = read_settings()
    if settings.database_url is None:
        raise HubFailed(
            "set NACHTWACHT_DATABASE_URL and NACHTWACHT_SECRET (or NACHTWACHT_DATA) as that hub "
            "has them: the night's region is put in its database, and its promises are read there"
        )
    (host, port), user, password = given.to
    url = settings.database_url.get_secret_value()
    pages = (given.pages or f"http://{f'[{host}]' if ':' in host else host}:8300").rstrip("/")
    place = Place((host, port), user, password, pages, url, pepper(settings))
    return uvloop.run(perform_at(night, place, given.seed, Progress()))


def _played(night: Night, given: Namespace) -> Performance:
    """Play on a database and in a folder that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nachtwacht-night-") as folder:
        print("Starting a database and a hub of its own.", file=sys.stderr)
        with running(Path(folder), HASTY) as server:
            migrate(server.url)
            speed = given.speed or SPEED
            return uvloop.run(
                perform(night, server.url, Path(folder), speed, given.seed, Progress())
            )


def lines(played: Performance, *, whole: bool = False) -> Iterator[str]:
    """How it went and how it was played, for people."""
    yield from report.lines(played.account, whole=whole)
    yield from _how(played.figures)


def _how(figures: Figures) -> Iterator[str]:
    behind = figures.lag * figures.speed
    yield (
        f"     live at {figures.speed:g} times the speed, over MQTT and HTTP: {figures.published} "
        f"messages published, {figures.confirmed} confirmed"
    )
    yield (
        f"     the pretender furthest behind was {figures.lag * 1000:.0f} ms late, "
        f"{behind:.1f} s of the night; the clock leapt over {figures.leapt} in "
        f"{figures.leaps} leaps"
    )
    yield (
        f"     the hub was killed {figures.kills} times; the clock stood still for "
        f"{figures.held:.1f} s while it started; the database had no time for it "
        f"{figures.waited} times"
    )
    if figures.lost is not None:
        yield (
            f"     the outside broker said yes to {figures.confirmed} messages and lost "
            f"{figures.lost} of them, which no hub can know of"
        )


def as_json(played: Performance) -> dict[str, Any]:
    """The same as `night check` writes, and how it was played under `live`."""
    figures = asdict(played.figures) | {"leapt": played.figures.leapt.total_seconds()}
    return {**report.as_json([played.account], []), "live": figures}
