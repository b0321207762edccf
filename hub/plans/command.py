"""`nachtwacht plan`: proves care plans, and says who is called at a moment."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from adapters.contract import Kind
from escalation.care_file import CareFile
from escalation.findings import Finding
from escalation.proving import verify_all
from escalation.windows import DAY
from hub.plans.files import CareFiles, horizon
from hub.plans.who import Who, who
from hub.plans.words import LEVELS, REASONS, Language, length, sentence
from hub.store.care_files import Rows, named, read_rows, woken
from hub.store.for_a_command import run_command
from hub.store.unit_of_work import Store

LONGEST = 400


class NoSuchClient(LookupError):
    """No client in care has this name, or several have."""


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and what belongs to it; its parser."""
    made = commands.add_parser("plan", help="prove care plans; say who is called at a moment")
    made.add_argument("--language", choices=list(Language), type=Language, default=Language.DUTCH)
    actions = made.add_subparsers(required=True, metavar="action")
    check = actions.add_parser("check", help="prove care plans; exit status 1 on errors")
    check.add_argument("--client", help="id, external id, or organisation/external id; else all")
    check.add_argument("--days", type=_days, default=LONGEST, help="how far ahead, at most 400")
    check.add_argument("--json", action="store_true", help="one JSON object a line")
    check.set_defaults(do=_check)
    asked = actions.add_parser("who", help="who is called at a moment")
    asked.add_argument("--client", required=True, help="as for check")
    asked.add_argument("--at", type=_moment, help="local unless it has an offset")
    asked.add_argument("--kind", type=_kind, default=Kind.BUTTON, help="what happens: alarm.button")
    asked.set_defaults(do=_who)
    return made


def main(given: argparse.Namespace, url: str, now: datetime) -> int:
    """Run what `add_parser` understood: 0 well, 1 errors in a plan, 2 no such client."""
    try:
        return run_command(given, url, now)
    except NoSuchClient as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 2


async def _check(given: argparse.Namespace, store: Store, now: datetime) -> int:
    begins, ends = horizon(now, given.days)
    rows = await _read(store, given.client, begins, ends)
    names = {one.id: one.external_id for one in rows.contacts}
    labels = {one.id: one.external_id for one in rows.clients}
    counts = {"error": 0, "warning": 0, "note": 0}
    tell = _tell_json if given.json else _tell
    for care, proof in verify_all(CareFiles(rows, begins), now, now + given.days * DAY):
        for finding in proof.findings:
            grave = _grave(finding)
            counts[grave] += 1
            tell(labels[care.client_id], grave, finding, care, names, given.language)
    if not given.json:
        print(_summary(len(labels), counts))
    return 1 if counts["error"] else 0


def _grave(finding: Finding) -> str:
    return "error" if finding.is_error else "warning" if finding.is_warning else "note"


def _summary(clients: int, counts: Mapping[str, int]) -> str:
    found = ", ".join(
        f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items()
    )
    return f"{clients} client{'' if clients == 1 else 's'}: {found}."


def _tell(
    label: str,
    grave: str,
    finding: Finding,
    care: CareFile,
    names: Mapping[UUID, str],
    language: Language,
) -> None:
    said = sentence(finding, language, care.zone, names)
    print(f"{label}: {grave}: {said.text} {said.remedy}")


def _tell_json(
    label: str,
    grave: str,
    finding: Finding,
    care: CareFile,
    names: Mapping[UUID, str],
    language: Language,
) -> None:
    said = sentence(finding, language, care.zone, names)
    facts: dict[str, Any] = {
        "client": label,
        "gravity": grave,
        "code": finding.code,
        "kinds": finding.problem.kinds,
        "witness": finding.witness.isoformat(),
        "until": finding.spans[0][1].isoformat(),
        "times": len(finding.spans),
        "text": said.text,
        "remedy": said.remedy,
    }
    print(json.dumps(facts, ensure_ascii=False))


async def _who(given: argparse.Namespace, store: Store, now: datetime) -> int:
    asked: datetime = given.at or now
    about = asked.replace(tzinfo=UTC) if asked.tzinfo is None else asked
    rows = await _read(store, given.client, *horizon(about, 1))
    async with store.transaction() as uow:
        calls = await woken(uow.db, rows, about)
    care = next(iter(CareFiles(rows, about)))
    at = (asked.replace(tzinfo=care.zone) if asked.tzinfo is None else asked).astimezone(UTC)
    names = {one.id: one.external_id for one in rows.contacts}
    found = who(care, given.kind, at, calls)
    shown = at.astimezone(care.zone).isoformat(" ", "minutes")  # 02:20 may come twice, or never
    print(f"{shown} {given.kind}: {found.priority}, {found.plan}")
    _tell_rungs(found, names, given.language)
    return 0


def _tell_rungs(found: Who, names: Mapping[UUID, str], language: Language) -> None:
    for rung in found.rungs:
        called = [names.get(one.id, str(one.id)) for one in rung.contacts]
        called += [
            f"({'?' if one.contact_id is None else names.get(one.contact_id, one.contact_id)}:"
            f" {REASONS[language].get(one.reason, one.reason)})"
            for one in rung.skipped
        ]
        number = f"{rung.step}." if rung.step else "+ "
        print(
            f"{number} {length(rung.after, language):>9} {LEVELS[language][rung.level]}:", *called
        )


async def _read(store: Store, client: str | None, begins: datetime, ends: datetime) -> Rows:
    """Read one client by name, or everybody in care. Raises NoSuchClient."""
    async with store.transaction() as uow:
        if client is None:
            return await read_rows(uow.db, None, begins, ends)
        found = await named(uow.db, client)
        if len(found) > 1:
            raise NoSuchClient(f"several clients are called {client}: say organisation/{client}")
        rows = await read_rows(uow.db, found, begins, ends)
        if not rows.clients:
            raise NoSuchClient(f"no client in care is called {client}")
        return rows


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST:
        raise argparse.ArgumentTypeError(f"from 1 to {LONGEST} days, not {text}")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: give 2026-12-24T18:00") from error


def _kind(text: str) -> Kind:
    """An unknown kind would ring as P1 does: an answer, but not about what was meant."""
    try:
        return Kind(text)
    except ValueError as error:
        kinds = ", ".join(Kind)
        raise argparse.ArgumentTypeError(f"there is no {text!r}; there are: {kinds}") from error
