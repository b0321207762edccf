"""Brings a calendar in as the shifts of one contact, and gives them back as one.

From now until a moment the calendar is the whole roster: what stands in it no longer is ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from hub.plans.files import horizon
from hub.plans.proving import DAYS
from hub.registry.bringing import bring, take_away
from hub.registry.duty import ROSTERS, SHIFTS
from hub.registry.ending import NoSuchThing
from hub.registry.nouns import CONTACTS
from hub.registry.outcome import Outcome, Refused, Who
from hub.registry.records import Record
from hub.registry.values import at_of, said_at
from hub.store.care_files import read_rows
from hub.store.records import Stored
from hub.store.registered import Registered


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift by the name it keeps in every import."""

    name: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """Whose roster it is, and until when it is written."""

    owner: str
    contact: str
    until: datetime


async def bring_roster(
    registered: Registered,
    roster: Roster,
    planned: Sequence[Planned],
    who: Who,
    now: datetime,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Make these the shifts of this contact from now on; the same again changes nothing.

    Raises NoSuchThing, and Refused as `bring` does.
    """
    await registered.hold()
    there = await shifts_of(registered, roster.owner, roster.contact, now)
    wanted = {_name(roster, one, there): one for one in planned}
    gone = {
        name: one
        for name, one in there.items()
        if name not in wanted and at_of(one.values["begins"]) < roster.until
    }
    known_until = {"contact": roster.contact, "known_until": said_at(roster.until)}
    records = [
        Record(ROSTERS, roster.owner, known_until),
        *(Record(SHIFTS, roster.owner, _shift(roster, name, one)) for name, one in wanted.items()),
        *_cut_short(roster, gone, now),
    ]
    outcome = await bring(registered, records, who, now, lambda *_: uuid4(), {})
    ahead = [
        Record(SHIFTS, roster.owner, one.values) for one in gone.values() if _is_ahead(one, now)
    ]
    taken = await take_away(registered, ahead, who, now)
    counts = {**outcome.counts, "shifts": {**_none(), **outcome.counts.get("shifts", {})}}
    counts["shifts"] = {**counts["shifts"], "removed": len(taken.changes)}
    hit = sorted({*outcome.hit, *taken.hit})
    whole = Outcome(counts, [*outcome.changes, *taken.changes], hit=hit)
    if dry_run:
        rows = await read_rows(registered.db, hit, *horizon(now, DAYS))
        raise Refused(replace(whole, rows=rows))
    return whole


def _none() -> dict[str, int]:
    return {"new": 0, "changed": 0, "unchanged": 0}


async def shifts_of(
    registered: Registered, owner: str, contact: str, now: datetime
) -> dict[str, Stored]:
    """Read the shifts of a contact that are not over yet. Raises NoSuchThing."""
    ids = await registered.ids(CONTACTS.name, owner, [contact])
    field_ = SHIFTS.field("contact")
    if contact not in ids or field_ is None:
        raise NoSuchThing(contact)
    found = await registered.things(SHIFTS, naming=(field_, ids[contact]))
    return {key[2]: one for key, one in found.items() if at_of(one.values["ends"]) > now}


def planned_of(contact: str, there: Mapping[str, Stored]) -> list[Planned]:
    """Say shifts as a calendar tells them."""
    found = [
        Planned(
            name.removeprefix(f"{contact}/"),
            at_of(one.values["begins"]),
            at_of(one.values["ends"]),
        )
        for name, one in there.items()
    ]
    return sorted(found, key=lambda one: (one.begins, one.name))


def _name(roster: Roster, one: Planned, there: Mapping[str, Stored]) -> str:
    return one.name if one.name in there else f"{roster.contact}/{one.name}"


def _shift(roster: Roster, name: str, one: Planned) -> dict[str, Any]:
    span = {"begins": said_at(one.begins), "ends": said_at(one.ends)}
    return {"external_id": name, "contact": roster.contact, **span}


def _is_ahead(one: Stored, now: datetime) -> bool:
    return at_of(one.values["begins"]) >= now


def _cut_short(roster: Roster, gone: Mapping[str, Stored], now: datetime) -> list[Record]:
    """Let the shift that runs now, and stands in the calendar no longer, end now."""
    return [
        Record(SHIFTS, roster.owner, {**one.values, "ends": said_at(now)})
        for one in gone.values()
        if not _is_ahead(one, now)
    ]
