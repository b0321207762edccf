"""`nachtwacht import` and `nachtwacht export`: the registry as files."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from hub.plans.holding import Looked
from hub.plans.proving import DAYS
from hub.registry.activating import Unsettled
from hub.registry.fields import Noun
from hub.registry.files import csv_text, json_text, read_files
from hub.registry.importing import import_records
from hub.registry.looking import look
from hub.registry.nouns import NOUNS
from hub.registry.outcome import Refused, Who
from hub.registry.records import Trouble, understood
from hub.store.for_a_command import run_command
from hub.store.records import Key, Stored
from hub.store.unit_of_work import Store

MOST_TOLD = 200
COMMAND = Who("nachtwacht import")
WRITTEN = "Written. Care plans with their warnings: `nachtwacht plan check`, or /plans."


def add_parsers(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    run: Callable[[argparse.Namespace], int],
) -> None:
    """Add both commands; `run` finds the database and calls `main`."""
    bringing = commands.add_parser("import", help="bring clients, contacts, plans, ... from files")
    bringing.add_argument("paths", nargs="+", type=Path, help="folders, or files such as homes.csv")
    bringing.add_argument("--dry-run", action="store_true", help="only say what would happen")
    bringing.add_argument("--organisation", default="", help="whose, where no file says it")
    bringing.set_defaults(do=_import, run=run)
    taking = commands.add_parser("export", help="write the registry as files for import")
    taking.add_argument("folder", type=Path, help="an empty or a new folder")
    taking.add_argument("--format", choices=("csv", "json"), default="csv")
    taking.add_argument("--organisation", help="of one organisation; else of everybody")
    taking.set_defaults(do=_export, run=run)


def main(given: argparse.Namespace, url: str, now: datetime) -> int:
    """Run what `add_parsers` understood: 0 well, 1 something is wrong and nothing was done."""
    return run_command(given, url, now)


async def _import(given: argparse.Namespace, store: Store, now: datetime) -> int:
    sent, troubles = read_files(given.paths)
    records, more = understood(sent, given.organisation)
    troubles += more
    try:
        outcome = await import_records(
            store, records, COMMAND, now, dry_run=given.dry_run or bool(troubles)
        )
    except Unsettled:
        print("nachtwacht: the registry changed meanwhile; try again", file=sys.stderr)
        return 1
    except Refused as refused:
        # what else is wrong shows only in records that can be read: tell it all at once
        troubles += [one for one in refused.outcome.troubles if not _follows(one, troubles)]
        outcome = refused.outcome
    if troubles:
        _tell(sorted(troubles, key=lambda one: one.place))
        return 1
    print(summary(outcome.counts, await look(store, outcome, now), dry_run=given.dry_run))
    return 0


def _follows(one: Trouble, others: Sequence[Trouble]) -> bool:
    """Whether something is missing only because its own line could not be read."""
    return bool(others) and one.problem.startswith("there is no ")


def _tell(troubles: Sequence[Trouble]) -> None:
    for one in troubles[:MOST_TOLD]:
        print(one, file=sys.stderr)
    if len(troubles) > MOST_TOLD:
        print(f"... and {len(troubles) - MOST_TOLD} more.", file=sys.stderr)
    count = len(troubles)
    print(f"{count} problem{'' if count == 1 else 's'}: nothing was imported.", file=sys.stderr)


def summary(
    counts: Mapping[str, Mapping[str, int]], plans: Looked | None = None, *, dry_run: bool
) -> str:
    """Say in lines how much of each noun is new, changed and the same, and which plans fail."""
    lines = [
        f"{noun:14}{some['new']:6} new {some['changed']:6} changed {some['unchanged']:6} unchanged"
        for noun, some in sorted(counts.items(), key=lambda one: list(NOUNS).index(one[0]))
    ]
    ended = "Dry run: nothing was written." if dry_run else WRITTEN
    lines += held(plans or Looked(), dry_run=dry_run)
    return "\n".join([*lines, ended if counts else "There was nothing to import."])


def held(plans: Looked, *, dry_run: bool) -> Iterator[str]:
    """Say in lines which plans do not hold, or would not, and how far was looked."""
    if plans.plans:
        yield f"Looked {plans.days} days ahead at {_plans(plans.plans)} hanging on this."
    if plans.days < DAYS:
        yield f"That is too many to look {DAYS} days ahead here: `nachtwacht plan check` does."
    if plans.errors:
        yield f"{_plans(len(plans.errors))} {'would' if dry_run else 'do'} not hold:"
    lines = [
        f"  {'/'.join(client)}: {one['text_en']} {one['remedy_en']}"
        for client, found in plans.errors.items()
        for one in found
    ]
    yield from lines[:MOST_TOLD]
    if len(lines) > MOST_TOLD:
        yield f"  ... and {len(lines) - MOST_TOLD} more: `nachtwacht plan check`."


def _plans(count: int) -> str:
    return "1 plan" if count == 1 else f"{count} plans"


async def _export(given: argparse.Namespace, store: Store, now: datetime) -> int:
    owners = None if given.organisation is None else [given.organisation]
    async with store.transaction() as uow:
        await uow.registered.take_time()
        there = {noun: await uow.registered.things(noun, owners) for noun in NOUNS.values()}
    return _written(given.folder, given.format, there)


def _written(folder: Path, form: str, there: Mapping[Noun, Mapping[Key, Stored]]) -> int:
    if folder.exists() and any(folder.iterdir()):
        print(f"nachtwacht: {folder} is not empty: give a new folder", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for noun, found in there.items():
        things = [(key[1], one.values) for key, one in found.items()]
        if things:
            path = folder / f"{noun.name}.{form}"
            text = json_text(noun, things) if form == "json" else csv_text(noun, things)
            path.write_text(text, encoding="utf-8", newline="")
            path.chmod(0o600)
    print(f"Written to {folder}: names and addresses of people; keep it as you keep those.")
    return 0
