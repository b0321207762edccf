"""Brings records into the registry: compared, checked against what is there, written at once.

Either everything is right and all of it is written, or nothing is. What is the same already is
not touched, so the same records a second time change nothing.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from hub.plans.hitting import things_hit
from hub.registry import modes, moving
from hub.registry.comparing import Found, compare, key_of, references
from hub.registry.fields import Noun
from hub.registry.nouns import CLIENTS, DEVICES, GATEWAYS, MODES, NOUNS
from hub.registry.outcome import NewId, Outcome, Refused, Who
from hub.registry.records import Place, Record, Trouble
from hub.store.proofs import Proofs
from hub.store.records import Change, Key, Stored
from hub.store.registered import Registered

Fresh = Mapping[str, Mapping[str, Any]]  # by noun, the columns that only a new row is given
IN_NO_PROOF = (GATEWAYS, DEVICES, MODES)
OF_A_PROOF = ("home", "team", "care_ended_at")  # of a client


def never_seen() -> Fresh:
    """The columns of new things that nobody sends: a gateway's key, which opens to nobody yet."""
    return {"gateways": {"secret_hash": secrets.token_bytes(32)}}


async def bring(
    registered: Registered,
    records: Sequence[Record],
    who: Who,
    now: datetime,
    new_id: NewId,
    fresh: Fresh,
) -> Outcome:
    """Write these records in the unit of work of `registered`; the caller commits.

    Raises Refused with every trouble found. Whether agreements may come into force is for
    `activating` to say.
    """
    outcome = await begun(registered, records, now, new_id, fresh)
    return await finish(registered, outcome, who, now)


async def begun(
    registered: Registered, records: Sequence[Record], now: datetime, new_id: NewId, fresh: Fresh
) -> Outcome:
    """Do what `bring` does, but for what `finish` does. Raises Refused."""
    await registered.hold()
    outcome = compare(records, await look(registered, records), new_id, now)
    return await begin(registered, outcome, now, fresh)


async def look(registered: Registered, records: Sequence[Record]) -> Found:
    """Read what is there of these records, and of all they name."""
    there: dict[Key, Stored] = {}
    for noun, some in _by_noun(records).items():
        owners = {one.owner for one in some}
        there |= await registered.things(NOUNS[noun], owners, {one.name for one in some})
    ids: dict[Key, UUID] = {}
    for (noun, owner), names in _wanted(records, there).items():
        found = await registered.ids(noun, owner, names)
        ids |= {(noun, owner, name): id_ for name, id_ in found.items()}
    return Found(there, ids)


def _by_noun(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {name: [] for name in NOUNS}
    for one in records:
        found[one.noun.name].append(one)
    return {name: some for name, some in found.items() if some}


def _wanted(
    records: Sequence[Record], there: Mapping[Key, Stored]
) -> dict[tuple[str, str], set[str]]:
    """Gather who is named, by noun and organisation; also in the fields that were not sent."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        stored = there.get(key_of(record))
        before = {} if stored is None else stored.values
        whole = replace(record, values={**before, **record.values})
        for _, noun, owner, name in references(whole):
            wanted[noun, owner].add(name)
        if record.owner:
            wanted["organisations", ""].add(record.owner)
    return wanted


async def begin(registered: Registered, outcome: Outcome, now: datetime, fresh: Fresh) -> Outcome:
    """Write what a proof reads, and what is new beside it; `finish` writes the rest.

    An alarm waits for whoever writes to its client. So what no proof reads of clients that are
    there is written last, when everything was thought about.
    """
    later = [one for one in outcome.changes if _can_wait(one)]
    kept = {id(one) for one in later}
    first = [one for one in outcome.changes if id(one) not in kept]
    await _write(registered, first, outcome.records, _dated(fresh, now))
    return replace(outcome, later=later)


def _can_wait(change: Change) -> bool:
    before, after = change.before, change.after
    if change.noun is CLIENTS and before is not None:
        return all(before[name] == after[name] for name in OF_A_PROOF)
    return change.noun in IN_NO_PROOF and (before is not None or change.noun is MODES)


async def finish(registered: Registered, outcome: Outcome, who: Who, now: datetime) -> Outcome:
    """Write what `begin` left, and put everything on record; the caller commits at once."""
    await registered.remember(outcome.changes, who.user_id, who.by, now)
    hit = await Proofs(registered.db).hit(things_hit(outcome.changes), now)
    clients = [one for one in outcome.later if one.noun is CLIENTS]
    others = [one for one in outcome.later if one.noun is not CLIENTS]
    await modes.hold(registered, others)
    await _write(registered, others, outcome.records, _dated({}, now))
    await modes.look_again(registered, others, now)
    await moving.wait_for_a_test(registered, others, now)
    await _write(registered, clients, outcome.records, {})
    return replace(outcome, later=(), hit=hit)


async def take_away(
    registered: Registered, records: Sequence[Record], who: Who, now: datetime
) -> Outcome:
    """Take away what never counted, or can only be there or not; plans it was in are hit."""
    found = await look(registered, records)
    changes = [_taken(one, found) for one in records]
    for change in changes:
        await registered.remove(change)
    await registered.remember(changes, who.user_id, who.by, now)
    hit = await Proofs(registered.db).hit(things_hit(changes), now)
    return Outcome(changes=changes, hit=hit)


def _taken(record: Record, found: Found) -> Change:
    stored = found.there[key_of(record)]
    ids = {
        (field, name): found.ids[noun, owner, name]
        for field, noun, owner, name in references(record)
        if (noun, owner, name) in found.ids
    }
    own = stored.key, stored.organisation_id, record.name
    return Change(record.noun, *own, stored.values, {}, ids)


async def _write(
    registered: Registered, changes: Sequence[Change], records: Sequence[Record], fresh: Fresh
) -> None:
    for noun, some in _of_each(changes):
        try:
            await registered.write(noun, some, fresh.get(noun.name, {}))
        except psycopg.IntegrityError as error:
            raise Refused(Outcome(troubles=[_in_the_way(noun, some, records, error)])) from error


def _of_each(changes: Sequence[Change]) -> Iterator[tuple[Noun, list[Change]]]:
    """The changes of each noun, in the order in which nouns name each other."""
    for noun in NOUNS.values():
        some = [one for one in changes if one.noun is noun]
        if some:
            yield noun, some


def _dated(fresh: Fresh, now: datetime) -> Fresh:
    dated = {name: {one.dated: now} for name, one in NOUNS.items() if one.dated}
    return {**fresh, **dated}


def _in_the_way(
    noun: Noun, changes: Sequence[Change], records: Sequence[Record], error: psycopg.Error
) -> Trouble:
    """Say which record the database refused, as far as it tells."""
    told = error.diag.constraint_name or ""
    problem, remedy = CLASHES.get(told, (f"it clashes with something else ({told})", CHECK))
    names = {one.name for one in changes}
    places = [one.place for one in records if one.noun is noun and one.name in names]
    alone = places[0] if len(places) == 1 else Place(places[0].file if places else "")
    return Trouble(Place(alone.file, alone.line, noun.name), problem, remedy)


CHECK = "Compare these records with what is there already."
CLASHES = {
    "turns_do_not_overlap": (
        "two turns in one region overlap",
        "Let one end where the next begins; `nachtwacht export` shows the turns there are.",
    ),
    "ix_modes_client_id_mode": (
        "the client has a mode of that sort already that has not ended",
        "Send that one by its own name, or end it first.",
    ),
    "uq_devices_gateway_id_adapter_key": (
        "another device of this gateway has the same adapter and key",
        "Send that device's external_id, or give it another key first.",
    ),
}
