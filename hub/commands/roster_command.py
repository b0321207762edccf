"""`nachtwacht roster`: a team's or a person's shifts as an iCalendar file."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from hub.commands.registry_command import WRITTEN, held
from hub.plans.holding import Looked
from hub.registry.ending import NoSuchThing
from hub.registry.looking import look
from hub.registry.outcome import Outcome, Refused, Who
from hub.registry.rostering import Roster, bring_roster, planned_of, shifts_of
from hub.registry.values import MOMENT, Wrong, at_of
from hub.store.for_a_command import run_command
from hub.store.unit_of_work import Store

AHEAD = timedelta(days=400)
FURTHEST = timedelta(days=3 * 366)
COMMAND = Who("nachtwacht roster")


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    run: Callable[[argparse.Namespace], int],
) -> None:
    """Add the command; `run` finds the database and calls `main`."""
    made = commands.add_parser("roster", help="shifts as iCalendar: import, export")
    actions = made.add_subparsers(required=True, metavar="action")
    bringing = actions.add_parser("import", help="make a calendar somebody's roster from now on")
    bringing.add_argument("contact", metavar="ORGANISATION/CONTACT")
    bringing.add_argument("file", type=Path, help="an .ics file")
    bringing.add_argument("--until", type=_moment, help="how far it is written; else 400 days")
    bringing.add_argument("--dry-run", action="store_true", help="only say what would happen")
    bringing.set_defaults(do=_import, run=run)
    giving = actions.add_parser("export", help="write the shifts to come on standard output")
    giving.add_argument("contact", metavar="ORGANISATION/CONTACT")
    giving.set_defaults(do=_export, run=run)


def _moment(said: str) -> datetime:
    try:
        return at_of(MOMENT.read(said))
    except Wrong as error:
        raise argparse.ArgumentTypeError(f"{error.problem}. {error.remedy}") from error


def main(given: argparse.Namespace, url: str, now: datetime) -> int:
    """Run what `add_parser` understood: 0 well, 1 something is wrong and nothing was done."""
    try:
        return run_command(given, url, now)
    except NoSuchThing:
        print(f"nachtwacht: there is no contact {given.contact}", file=sys.stderr)
        return 1


async def _import(given: argparse.Namespace, store: Store, now: datetime) -> int:
    from hub.registry.calendars import read_calendar  # slow to load, and seldom needed

    until = min(given.until or now + AHEAD, now + FURTHEST)
    content = await asyncio.to_thread(given.file.read_bytes)
    planned, troubles = read_calendar(content, (now, until), str(given.file))
    owner, _, contact = given.contact.partition("/")
    if not troubles:
        roster = Roster(owner, contact, until)
        try:
            async with store.transaction() as uow:
                outcome = await bring_roster(
                    uow.registered, roster, planned, COMMAND, now, dry_run=given.dry_run
                )
        except Refused as refused:
            outcome, troubles = refused.outcome, list(refused.outcome.troubles)
    if troubles:
        print(*troubles, "Nothing was imported.", sep="\n", file=sys.stderr)
        return 1
    plans = await look(store, outcome, now)
    print(_summary(outcome, plans, dry_run=given.dry_run))
    return 0


def _summary(outcome: Outcome, plans: Looked, *, dry_run: bool) -> str:
    told = ", ".join(f"{count} {what}" for what, count in outcome.counts["shifts"].items())
    ended = "Dry run: nothing was written." if dry_run else WRITTEN
    return "\n".join([f"shifts: {told}.", *held(plans, dry_run=dry_run), ended])


async def _export(given: argparse.Namespace, store: Store, now: datetime) -> int:
    from hub.registry.calendars import calendar_text  # as above

    owner, _, contact = given.contact.partition("/")
    async with store.transaction() as uow:
        there = await shifts_of(uow.registered, owner, contact, now)
    sys.stdout.write(calendar_text(planned_of(contact, there), contact, now).decode())
    return 0
