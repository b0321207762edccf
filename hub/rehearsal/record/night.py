"""Reads a night out of a hub's database and writes it as a night file. Nothing is changed there."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.rehearsal.ledger import ASKS, DESK
from hub.rehearsal.record import registry
from hub.rehearsal.record.done import Account, Doings, read_account
from hub.rehearsal.record.modes import as_they_were
from hub.rehearsal.record.pseudonyms import Pseudonyms, shift_for, written
from hub.rehearsal.record.said import Telling, messages
from hub.store import tables as t
from hub.store.unit_of_work import Store, open_store
from hub.store.url import sqlalchemy_url

SERVING = (  # of these tables the rows of partners and centres belong to a recording too
    t.organisations, t.contacts, t.memberships, t.absences, t.rosters, t.shifts, t.diverts, t.users,
)  # fmt: skip
REPLAYED = timedelta(seconds=20)  # so long after what happened then it may happen again
SOONER = timedelta(seconds=2)
HOUR = timedelta(hours=1)
Rows = dict[str, list[dict[str, Any]]]


class NoSuchOrganisation(Exception):
    """There is nothing of this name; the message names those there are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to record: from one moment (a whole minute) to another, of one provider or all."""

    begins: datetime
    ends: datetime
    zone: ZoneInfo
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded night. `text` is the file; `left_out` says what it does not hold, and how much."""

    text: str
    messages: int
    answers: int
    alerts: int
    names: Pseudonyms
    left_out: Mapping[str, int]


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Store]:
    """Connections on which nothing can be written."""
    opened = open_store(sqlalchemy_url(url), size=2, statement_timeout=60)
    try:
        yield Store(opened.engine.execution_options(postgresql_readonly=True))
    finally:
        await opened.close()


async def record(store: Store, wanted: Wanted, key: bytes, name: str) -> Recording:
    """Read what happened. Raises NoSuchOrganisation, and NoSuchWeek."""
    own, serving = await _owners(store, wanted.organisation)
    names = Pseudonyms(key, shift_for(key, wanted.begins, wanted.ends, wanted.zone))
    rows = await _registry(store, own, serving)
    hearing = await _hearing(store, own, wanted.ends)
    rows["modes"], unlike = as_they_were(rows["modes"], wanted.begins, wanted.ends)
    telling = Telling(names, wanted.begins, dict(_homes(rows)))
    said = [one async for one in messages(store, own, telling, wanted.ends)]
    account = await read_account(store, own, wanted.begins, wanted.ends)
    doings = Doings(names, wanted.begins)
    done = [*doings.tell(account), *doings.by_hand(account)]
    parts = {
        "says": said,
        "does": sorted(done, key=lambda one: float(one["at"])),
        "unheard": list(doings.faults(account)),
    }
    return Recording(
        text="\n".join(_lines(wanted, names, rows, hearing, parts, account, name)) + "\n",
        messages=len(said),
        answers=len(done),
        alerts=len(account.alerts),
        names=names,
        left_out=dict(Counter(telling.left_out) + doings.left_out + unlike),
    )


async def _owners(store: Store, name: str) -> tuple[Sequence[UUID], Sequence[UUID]]:
    """Whose night it is, and with them those who serve them."""
    async with store.transaction() as uow:
        listed = (await uow.db.execute(sa.select(t.organisations))).all()
        contracts = (await uow.db.execute(sa.select(t.service_contracts))).all()
    own = [one.id for one in listed if name in ("", one.external_id)]
    if not own:
        known = ", ".join(sorted(one.external_id for one in listed)) or "none"
        raise NoSuchOrganisation(f"there is no organisation {name!r}; there are: {known}")
    serving = {one.served_by_id for one in contracts if one.organisation_id in own}
    return own, [*own, *(serving - set(own))]


async def _hearing(store: Store, own: Sequence[UUID], ends: datetime) -> Sequence[UUID]:
    """Whose software hears of their alerts by webhook."""
    one = t.out_webhooks.c
    there = (one.organisation_id.in_(own), one.created_at < ends, one.disabled_at.is_(None))
    async with store.transaction() as uow:
        asked = sa.select(one.organisation_id).distinct().where(*there)
        return sorted((await uow.db.execute(asked)).scalars())


async def _registry(store: Store, own: Sequence[UUID], serving: Sequence[UUID]) -> Rows:
    """The rows of everybody concerned; references to others are left out."""
    rows: Rows = {}
    there: dict[str, set[UUID]] = {}
    async with store.transaction() as uow:
        for table in registry.TABLES:
            asked = sa.select(table)
            whose = serving if table in SERVING else own
            if table is t.organisations:
                asked = asked.where(table.c.id.in_(whose))
            elif "organisation_id" in table.columns and table is not t.region_members:
                asked = asked.where(table.c.organisation_id.in_(whose))
            found = [dict(one._mapping) for one in await uow.db.execute(asked)]
            found = [one for one in found if _is_whole(table, one, there)]
            rows[table.name] = found
            if "id" in table.columns:
                there[registry.noun_of(table)] = {one["id"] for one in found}
    return rows


def _is_whole(table: sa.Table, row: dict[str, Any], there: Mapping[str, set[UUID]]) -> bool:
    """Whether everything a row needs is there; what it can do without is taken out."""
    for name, noun in registry.NOUNS.items():
        if row.get(name) is None or noun not in there or row[name] in there[noun]:
            continue
        if not table.columns[name].nullable:
            return False
        row[name] = None
    return True


def _homes(rows: Rows) -> Iterator[tuple[UUID, tuple[float, float]]]:
    homes = {one["id"]: one for one in rows["homes"]}
    for client in rows["clients"]:
        home = homes[client["home_id"]]
        if home["latitude"] is not None and home["longitude"] is not None:
            yield client["id"], (home["latitude"], home["longitude"])


# --- writing --------------------------------------------------------------------------------


def _lines(
    wanted: Wanted,
    names: Pseudonyms,
    rows: Rows,
    hearing: Sequence[UUID],
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
    account: Account,
    name: str,
) -> Iterator[str]:
    start = names.moment(wanted.begins).astimezone(wanted.zone)
    yield "night: 1"
    yield f"title: {written(f'Recorded: {name}')}"
    yield f"start: {start:%Y-%m-%dT%H:%M}"
    yield f"for: {_length(wanted.ends - wanted.begins)}"
    yield "region: recorded"
    if hearing:
        yield f"receivers: {written([names.name('organisation', one) for one in hearing])}"
    for noun, listed in (
        ("organisations", _organisations(rows, names)),
        ("homes", _of_homes(rows, names)),
        ("clients", _clients(rows, names)),
        ("people", _people(rows, names)),
    ):
        yield f"{noun}:"
        yield from (f"  {one}: {written(said)}" for one, said in listed)
    yield "recorded:"
    yield "  registry:"
    for table in registry.TABLES:
        if rows[table.name]:
            yield f"    {table.name}:"
            told = (registry.retold(table, one, names) for one in rows[table.name])
            yield from (f"    - {written(one)}" for one in told)
    for part, listed_part in parts.items():
        yield f"  {part}:" if listed_part else f"  {part}: []"
        yield from (f"  - {written(one)}" for one in listed_part)
    expected = list(_expected(wanted, names, account))
    yield "expect:" if expected else "expect: []"
    yield from (f"- {written(one)}" for one in expected)


def _organisations(rows: Rows, names: Pseudonyms) -> Iterator[tuple[str, Any]]:
    for one in rows["organisations"]:
        yield names.name("organisation", one["id"]), {"is": one["sort"]}


def _of_homes(rows: Rows, names: Pseudonyms) -> Iterator[tuple[str, Any]]:
    for one in rows["homes"]:
        yield (
            names.name("home", one["id"]),
            {"of": names.name("organisation", one["organisation_id"])},
        )


def _clients(rows: Rows, names: Pseudonyms) -> Iterator[tuple[str, Any]]:
    for one in rows["clients"]:
        yield names.name("client", one["id"]), {"home": names.name("home", one["home_id"])}


def _people(rows: Rows, names: Pseudonyms) -> Iterator[tuple[str, Any]]:
    for one in rows["contacts"]:
        said = {
            "of": names.name("organisation", one["organisation_id"]),
            "level": one["level"],
            "is": one["sort"] if one["ways"] else "desk",  # nobody telephones a desk
        }
        yield names.name("contact", one["id"]), said


def _expected(wanted: Wanted, names: Pseudonyms, account: Account) -> Iterator[Mapping[str, Any]]:
    """What happened must happen again: every alert, everybody who was called, every end."""
    alerts = {one.id: one for one in account.alerts}
    why: dict[tuple[UUID, str], str] = {}
    for line in account.journal:
        if line.what == "warn":
            why[line.alert_id, line.facts["contact_id"]] = line.facts["why"]
        alert = alerts[line.alert_id]
        if alert.opened_at >= wanted.begins and (fact := _fact(line, why, names)) is not None:
            yield {"reached": fact | _client(alert, names)} | _about_then(line.at, wanted)
    for one in account.alerts:
        if one.resolved_at is not None and wanted.begins <= one.resolved_at <= wanted.ends:
            fact = {"resolved": one.outcome} | _client(one, names)
            if one.opened_at >= wanted.begins:
                yield {"reached": fact} | _about_then(one.resolved_at, wanted)


def _fact(
    line: Any, why: Mapping[tuple[UUID, str], str], names: Pseudonyms
) -> dict[str, Any] | None:
    if line.what == "opened":
        return {"opened": line.facts["kind"]}
    if line.what == "ring":
        return {"called": DESK}
    facts = line.facts
    if line.what == "attempt" and (facts["state"], facts["purpose"]) == ("sent", "warn"):
        asks = why.get((line.alert_id, facts["contact_id"])) in ASKS
        who = names.name("contact", UUID(facts["contact_id"]))
        return {"asked" if asks else "called": who}
    return None


def _client(alert: Any, names: Pseudonyms) -> dict[str, str]:
    return {"client": names.name("client", alert.client_ids[0])} if alert.client_ids else {}


def _about_then(at: datetime, wanted: Wanted) -> dict[str, str]:
    after = max(at - SOONER - wanted.begins, timedelta())
    return {"after": f"+{_length(after)}", "within": _length(REPLAYED)}


def _length(lasts: timedelta) -> str:
    seconds = floor(lasts.total_seconds())
    return f"{seconds // 3600}h{seconds // 60 % 60}m{seconds % 60}s"
