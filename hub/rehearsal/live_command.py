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

from hub.rehearsal import report, viewer
from hub.rehearsal.live import Figures, Performance, cannot_play, perform
from hub.rehearsal.live_hub import HubFailed
from hub.store.embedded import running
from hub.store.migrating import migrate
from simulators.night import Night
from simulators.night_file import NightRefused, find
from simulators.night_reading import load

SPEED = 10.0  # ten seconds of the night a second: quick, and two seconds of it can be met
FASTEST = 600.0  # what a hub allows
# What a rehearsal stores is forgotten sooner or later; a crash of the machine may cost it.
HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


if TYPE_CHECKING:
    Commands = _SubParsersAction[ArgumentParser]


def add_play(commands: "Commands") -> None:
    """Add `play` to the commands."""
    play = commands.add_parser("play", help="play a night on a running hub of its own, live")
    play.add_argument("night", metavar="FILE", help="a file, or a shipped night")
    play.add_argument(
        "--speed", type=_speed, default=SPEED, help=f"1 is real time, up to {FASTEST:g} (10)"
    )
    play.add_argument("--seed", type=int, help="this seed instead of the night's own")
    play.add_argument("--whole", action="store_true", help="tell everything that happened")
    play.add_argument("--json", metavar="FILE", help="write everything as JSON; - is the output")
    play.add_argument("--html", metavar="FILE", help="draw the night as a page")
    play.set_defaults(run=play_one)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= FASTEST:
        raise ArgumentTypeError(f"give a number from 1 to {FASTEST:g}")
    return speed


def play_one(given: Namespace) -> int:
    """Play a night live; 0 all went as it must, 1 something broke, 2 wrong arguments."""
    said = sys.stderr if given.json == "-" else sys.stdout
    try:
        night = load(find(given.night))
    except NightRefused as error:
        print(*report.refused_lines(error), sep="\n", file=said)
        return 1
    if wrong := list(cannot_play(night)):
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: tidily
    try:
        played = _played(night, given)
    except HubFailed as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 1
    print(*lines(played, whole=given.whole), sep="\n", file=said)
    if given.json:
        _write(given.json, json.dumps(as_json(played), indent=1) + "\n")
    if given.html:
        Path(given.html).write_text(viewer.page(played.account))
    return int(bool(played.account.broken))


def _played(night: Night, given: Namespace) -> Performance:
    """Play on a database and in a folder that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nachtwacht-night-") as folder:
        print("Starting a database and a hub of its own.", file=sys.stderr)
        with running(Path(folder), HASTY) as server:
            migrate(server.url)
            return uvloop.run(perform(night, server.url, Path(folder), given.speed, given.seed))


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


def as_json(played: Performance) -> dict[str, Any]:
    """The same as `night check` writes, and how it was played under `live`."""
    figures = asdict(played.figures) | {"leapt": played.figures.leapt.total_seconds()}
    return {**report.as_json([played.account], []), "live": figures}


def _write(name: str, text: str) -> None:
    if name == "-":
        print(text, end="")
    else:
        Path(name).write_text(text)
