"""`nachtwacht adapter`: for who connects a new device: new, try, check, list."""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path

from adapters.contract import Binding, Inbound
from adapters.kit.checking import CHECKS, check
from adapters.kit.fixtures import BadFixtures
from adapters.kit.result import Result, Verdict, as_json, as_lines, level_of
from adapters.kit.subject import MUTANTS, Subject
from adapters.manifest import LEVELS
from hub.commands.adapter_end_to_end import end_to_end
from hub.commands.adapter_finding import Located, locate
from hub.commands.adapter_new import NotMade, make
from hub.commands.adapter_trying import told
from hub.decoders.finding import GROUP
from hub.decoders.mapped import MAPPING
from hub.decoders.translation import NoSuchAdapter
from hub.settings import Settings

RANKS = ("", *LEVELS)


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and what belongs to it; its parser."""
    adapter = commands.add_parser("adapter", help="connect a new device: new, try, check, list")
    actions = adapter.add_subparsers(required=True, metavar="action")
    new = actions.add_parser("new", help="make a folder to begin an adapter from")
    new.add_argument("name", help="small letters, digits and -; also its topic level")
    new.add_argument("--mapping", action="store_true", help="rules in TOML instead of Python")
    new.add_argument("--into", type=Path, default=Path(), help="where the folder goes; here")
    new.set_defaults(work=_new)
    trying = actions.add_parser("try", help="show what a message becomes; nothing is stored")
    _add_named(trying)
    trying.add_argument("payload", help="a file with the payload, or - for standard input")
    trying.add_argument("--topic", required=True, help="the vendor's own topic")
    trying.add_argument("--content-type", default="", help="as the message brings it along")
    for name in ("role", "polarity", "room", "model", "time-zone"):
        trying.add_argument(f"--{name}", default="", help="what the registry says of the device")
    trying.set_defaults(work=_try)
    checking = actions.add_parser("check", help="hold it to the contract: 13 checks, a level")
    _add_named(checking)
    checking.add_argument("--payloads", type=Path, help="recorded messages, where not beside it")
    checking.add_argument("--mutants", type=int, default=MUTANTS, help="damaged copies of each")
    checking.add_argument(
        "--level", choices=LEVELS, help="exit 1 below it; else the manifest's own, or bronze"
    )
    checking.add_argument("--without-hub", action="store_true", help="leave out check 13")
    checking.add_argument("--json", action="store_true", help="for programs")
    checking.set_defaults(work=_check)
    listed = actions.add_parser("list", help="the adapters that are there, with their levels")
    listed.set_defaults(work=_list)
    return adapter


def _add_named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("adapter", help="its name, or its folder")


def main(asked: argparse.Namespace, settings: Settings, now: datetime) -> int:
    """Carry a parsed command out; its exit status: 0 well, 1 not. Raises NoSuchAdapter."""
    logging.getLogger().setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:  # what goes wrong is told in words here
        handler.addFilter(lambda record: record.name != "hub.contain")
    work: Callable[[argparse.Namespace, Settings, datetime], int] = asked.work
    try:
        return work(asked, settings, now)
    except (BadFixtures, NotMade) as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 1


def _new(asked: argparse.Namespace, _: Settings, __: datetime) -> int:
    print("\n".join(make(asked.name, asked.into, mapping=asked.mapping)))
    return 0


def _try(asked: argparse.Namespace, settings: Settings, now: datetime) -> int:
    found = locate(asked.adapter, settings.mappings)
    payload = _payload(asked.payload)
    inbound = Inbound(asked.topic, payload, now, "you/here", asked.content_type)
    registered = Binding(
        "",
        model=asked.model,
        role=asked.role,
        polarity=asked.polarity,
        room=asked.room,
        time_zone=asked.time_zone or Binding("").time_zone,
    )
    print("\n".join(told(found.adapter, inbound, registered)))
    return 0


def _payload(named: str) -> bytes:
    if named == "-":
        return sys.stdin.buffer.read()
    return Path(named).read_bytes()


def _check(asked: argparse.Namespace, settings: Settings, _: datetime) -> int:
    found = locate(asked.adapter, settings.mappings)
    subject = Subject(
        found.adapter, found.manifest, found.fixtures(asked.payloads), max(asked.mutants, 1)
    )
    results: list[Result] = [check(number, subject) for number in CHECKS]
    results.append(_last(found, subject, results, without=asked.without_hub))
    if asked.json:
        print(json.dumps(as_json(found.name, results), indent=2))
    else:
        print("\n".join(as_lines(found.name, results)))
    wanted = asked.level or found.manifest.level or "bronze"
    reached = level_of(results)
    if RANKS.index(reached) >= RANKS.index(wanted):
        return 0
    print(f"nachtwacht: {found.name} does not reach {wanted}", file=sys.stderr)
    return 1


def _last(found: Located, subject: Subject, results: Sequence[Result], *, without: bool) -> Result:
    if without:
        return Result(13, Verdict.NOT_RUN, note="left out")
    if level_of(results) == "":
        return Result(13, Verdict.NOT_RUN, note="mend the first six")
    (result,) = end_to_end([(found, subject)])
    return result


def _list(_: argparse.Namespace, settings: Settings, __: datetime) -> int:
    names = sorted({one.name for one in entry_points(group=GROUP)})
    if settings.mappings is not None and settings.mappings.is_dir():
        names += sorted(one.parent.name for one in settings.mappings.glob(f"*/{MAPPING}"))
    for name in names:
        on = "on" if name in settings.adapters else "off"
        try:
            said = locate(name, settings.mappings).manifest
            what = ", ".join(said.families)
            print(f"{name:20} {on:4} {said.level or '-':7} {said.version:8} {what}")
        except NoSuchAdapter as error:
            print(f"{name:20} {on:4} cannot be used: {error}")
    return 0
