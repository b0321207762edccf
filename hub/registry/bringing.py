"""Brings records into the registry: compared, checked against what is there, written at once.

Either everything is right and all of it is written, or nothing is. What is the same already is
not touched, so the same records a second time change nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.plans.hitting import things_hit
from hub.registry import modes, plans
from hub.registry.fields import Lies, Noun
from hub.registry.judging import judged
from hub.registry.nouns import CONTACTS, NOUNS
from hub.registry.records import Place, Record, Trouble
from hub.store.proofs import Proofs
from hub.store.registered import Change, Key, Registered, Stored

NewId = Callable[[str, str, str], UUID]  # of a noun, an organisation and a name


@dataclass(frozen=True, slots=True)
class Who:
    """Who brings them: a user, or a command on the machine itself."""

    by: str
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was brought: how many of each noun are new, changed and the same; or what is wrong.

    `records` are those that brought the `changes`, in the same order.
    """

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    records: Sequence[Record] = ()
    troubles: Sequence[Trouble] = ()


def new_ids() -> NewId:
    """Give new things ids, the same ones each time they are brought."""
    given: dict[Key, UUID] = {}
    return lambda *key: given.setdefault(key, uuid4())


class Refused(Exception):
    """Nothing was written, or nothing may be; the outcome says why. Leaves no trace."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("nothing was written")
        self.outcome = outcome


async def bring(
    registered: Registered,
    records: Sequence[Record],
    who: Who,
    now: datetime,
    new_id: NewId,
    fresh: Mapping[str, dict[str, Any]],
) -> Outcome:
    """Write these records in the unit of work of `registered`; the caller commits.

    Raises Refused with every trouble found. `fresh` are the columns, by noun, that only a new
    row is given. Whether agreements may come into force is for `activating` to say.
    """
    await registered.hold()
    there = await _there(registered, records)
    ids = await _ids(registered, records, there, new_id)
    troubles: list[Trouble] = []
    changes: list[Change] = []
    changed: list[Record] = []
    counts: dict[str, dict[str, int]] = {}
    for record in records:
        brought = _Brought(record, there.get(_key(record)), ids, now)
        found = list(brought.troubles())
        troubles += found
        if found:
            continue
        change, what = brought.change()
        counts.setdefault(record.noun.name, {"new": 0, "changed": 0, "unchanged": 0})[what] += 1
        if what != "unchanged":
            changes.append(change)
            changed.append(record)
    if troubles:
        raise Refused(Outcome(troubles=sorted(troubles, key=lambda one: one.place)))
    await modes.hold(registered, changes)
    await _write(registered, changes, records, _dated(fresh, now))
    await modes.look_again(registered, changes, now)
    await registered.remember(changes, who.user_id, who.by, now)
    await Proofs(registered.db).hit(things_hit(changes), now)
    return Outcome(counts, changes, changed)


def _key(record: Record) -> Key:
    return record.noun.name, record.owner, record.name


async def _there(registered: Registered, records: Sequence[Record]) -> dict[Key, Stored]:
    found: dict[Key, Stored] = {}
    for noun, some in _by_noun(records).items():
        owners = {one.owner for one in some}
        found |= await registered.things(NOUNS[noun], owners, {one.name for one in some})
    return found


def _by_noun(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {name: [] for name in NOUNS}
    for one in records:
        found[one.noun.name].append(one)
    return {name: some for name, some in found.items() if some}


async def _ids(
    registered: Registered,
    records: Sequence[Record],
    there: Mapping[Key, Stored],
    new_id: NewId,
) -> dict[Key, UUID]:
    """Give everything that is named an id: what is there, and what is new in these records."""
    ids: dict[Key, UUID] = {}
    for (noun, owner), names in _wanted(records, there).items():
        found = await registered.ids(noun, owner, names)
        ids |= {(noun, owner, name): id_ for name, id_ in found.items()}
    for key, stored in there.items():
        if "id" in stored.key:
            ids[key] = stored.key["id"]
    for record in records:
        if "id" in record.noun.keys:
            key = _key(record)
            ids[key] = ids.get(key) or new_id(*key)
    return ids


def _wanted(
    records: Sequence[Record], there: Mapping[Key, Stored]
) -> dict[tuple[str, str], set[str]]:
    """Gather who is named, by noun and organisation; also in the fields that were not sent."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        stored = there.get(_key(record))
        before = {} if stored is None else stored.values
        whole = replace(record, values={**before, **record.values})
        for _, noun, owner, name in references(whole):
            wanted[noun, owner].add(name)
        if record.owner:
            wanted["organisations", ""].add(record.owner)
    return wanted


def references(record: Record) -> Iterator[tuple[str, str, str, str]]:
    """Say whom a record names: the field, and noun, organisation and external id of each."""
    for one in record.noun.fields:
        value = record.values.get(one.name)
        if one.refers and value is not None:
            owner = "" if NOUNS[one.refers].shared else _owner_of(record)
            for name in value if one.lies is Lies.LISTED else [value]:
                yield one.name, one.refers, owner, name
                if one.abroad:
                    yield from _abroad(one.name, one.refers, name)
    if record.noun.name == "agreements":
        yield from _inside(record)
        if (stood_in := (record.values.get("rest") or {}).get(plans.INSTEAD)) is not None:
            yield "rest", "agreements", record.owner, stood_in


def _owner_of(record: Record) -> str:
    """Whose contacts and homes are meant: an organisation's backup is its own."""
    return record.name if record.noun.name == "organisations" else record.owner


def _inside(record: Record) -> Iterator[tuple[str, str, str, str]]:
    """Whom an agreement names in its steps and in its rest: its own contacts, or another's."""
    bodies = {"steps": {"steps": record.values.get("steps") or []}}
    for part, body in {**bodies, "rest": record.values.get("rest") or {}}.items():
        for name in plans.contacts_in(body):
            yield part, CONTACTS.name, record.owner, name
            yield from _abroad(part, CONTACTS.name, name)


def _abroad(part: str, noun: str, name: str) -> Iterator[tuple[str, str, str, str]]:
    """What a name with an organisation before it may mean as well."""
    owner, slash, rest = name.partition("/")
    if slash:
        yield part, noun, owner, rest


class _Brought:
    """One record beside what is there of it, and everybody's ids."""

    def __init__(
        self, record: Record, stored: Stored | None, ids: Mapping[Key, UUID], now: datetime
    ) -> None:
        self.record, self.stored, self.ids, self.now = record, stored, ids, now
        before = {} if stored is None else stored.values
        usual = {one.name: one.usual for one in record.noun.fields}
        self.after = {**usual, **before, **record.values}

    def troubles(self) -> Iterator[Trouble]:
        """Everything that is wrong with it where it is to come."""
        record = self.record
        if record.owner and ("organisations", "", record.owner) not in self.ids:
            yield self._no_such("organisation", "organisations", record.owner)
            return
        missing = [
            one.name for one in record.noun.fields if one.needed and self.after[one.name] is None
        ]
        missing += [
            one.name
            for one in record.noun.fields
            if one.needed and one.usual == "" and self.after[one.name] == ""
        ]
        for name in missing:
            yield Trouble(record.at(name), "it is missing", "It is new: fill this in.")
        for field_, noun, owner, name in references(record):
            if not self._known(field_, noun, owner, name):
                yield self._no_such(field_, noun, name)
        if not missing and self.after != self._before():
            for field_, problem, remedy in judged(
                record.noun, self.after, self._before(), self.now
            ):
                yield Trouble(record.at(field_), problem, remedy)

    def _before(self) -> Mapping[str, Any] | None:
        return None if self.stored is None else self.stored.values

    def _known(self, field_: str, noun: str, owner: str, name: str) -> bool:
        if (noun, owner, name) in self.ids:
            return True
        if noun != CONTACTS.name:
            return False
        if owner != _owner_of(self.record):
            return True  # the second reading of a name: the first is told
        other, slash, rest = name.partition("/")
        return bool(slash) and field_ in self._going_abroad() and (noun, other, rest) in self.ids

    def _going_abroad(self) -> set[str]:
        noun = self.record.noun
        named = {one.name for one in noun.fields if one.abroad}
        return named | ({"steps", "rest"} if noun.name == "agreements" else set())

    def _no_such(self, field_: str, noun: str, name: str) -> Trouble:
        remedy = f"Check the spelling, or bring it along among the {noun}."
        problem = f"there is no {name!r:.80} among the {noun}"
        return Trouble(self.record.at(field_), problem, remedy)

    def change(self) -> tuple[Change, str]:
        """What becomes of it, and in a word: new, changed or unchanged."""
        record, before = self.record, self._before()
        what = "new" if before is None else "unchanged" if before == self.after else "changed"
        own = self._organisation_id()
        ids = self._ids()
        key = self.stored.key if self.stored is not None else self._new_key(own, ids)
        return Change(record.noun, key, own, record.name, before, self.after, ids), what

    def _organisation_id(self) -> UUID | None:
        if self.record.noun.name == "organisations":
            return self.ids[_key(self.record)]
        owner = self.record.owner
        return self.ids["organisations", "", owner] if owner else None

    def _ids(self) -> dict[tuple[str, str], UUID]:
        found = {}
        for field_, noun, owner, name in references(replace(self.record, values=self.after)):
            id_ = self.ids.get((noun, owner, name))
            if id_ is not None:
                found[field_, name] = found[noun, name] = id_
                found[noun, f"{owner}/{name}"] = id_
        return found

    def _new_key(self, own: UUID | None, ids: Mapping[tuple[str, str], UUID]) -> dict[str, Any]:
        noun = self.record.noun
        key: dict[str, Any] = {}
        for column in noun.keys:
            match column:
                case "id":
                    key[column] = self.ids[_key(self.record)]
                case "organisation_id":
                    key[column] = own
                case "day":
                    key[column] = datetime.fromisoformat(self.after["day"]).date()
                case _:
                    name = column.removesuffix("_id")
                    key[column] = ids[name, self.after[name]]
        return key


def _dated(fresh: Mapping[str, dict[str, Any]], now: datetime) -> dict[str, dict[str, Any]]:
    dated = {name: {one.dated: now} for name, one in NOUNS.items() if one.dated}
    return {**fresh, **dated}


async def _write(
    registered: Registered,
    changes: Sequence[Change],
    records: Sequence[Record],
    fresh: Mapping[str, dict[str, Any]],
) -> None:
    for noun in NOUNS.values():
        some = [one for one in changes if one.noun is noun]
        if not some:
            continue
        try:
            await registered.write(noun, some, fresh.get(noun.name, {}))
        except IntegrityError as error:
            raise Refused(Outcome(troubles=[_in_the_way(noun, some, records, error)])) from error


def _in_the_way(
    noun: Noun, changes: Sequence[Change], records: Sequence[Record], error: DBAPIError
) -> Trouble:
    """Say which record the database refused, as far as it tells."""
    orig = error.orig
    told = orig.diag.constraint_name or "" if isinstance(orig, psycopg.Error) else ""
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
