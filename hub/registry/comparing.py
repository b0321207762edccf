"""Compares records with what is there of them: what would change, and all that is wrong.

It reads nothing: whoever calls it has read what is there (`Found`), and may take their time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.registry import plans
from hub.registry.fields import Lies
from hub.registry.judging import judged
from hub.registry.nouns import CONTACTS, NOUNS
from hub.registry.outcome import NewId, Outcome, Refused
from hub.registry.records import Record, Trouble
from hub.store.records import Change, Key, Stored


@dataclass(frozen=True, slots=True)
class Found:
    """What is there of some records, and the ids of everything they name that is there."""

    there: Mapping[Key, Stored]
    ids: Mapping[Key, UUID]


def key_of(record: Record) -> Key:
    """What a record is known by."""
    return record.noun.name, record.owner, record.name


def compare(records: Sequence[Record], found: Found, new_id: NewId, now: datetime) -> Outcome:
    """Say what becomes of each. Raises Refused with every trouble, in the order of places."""
    ids = _with_new_ids(records, found, new_id)
    troubles: list[Trouble] = []
    changes: list[tuple[Change, Record]] = []
    counts: dict[str, dict[str, int]] = {}
    for record in records:
        brought = _Brought(record, found.there.get(key_of(record)), ids, now)
        wrong = list(brought.troubles())
        troubles += wrong
        if wrong:
            continue
        change, what = brought.change()
        counts.setdefault(record.noun.name, {"new": 0, "changed": 0, "unchanged": 0})[what] += 1
        if what != "unchanged":
            changes.append((change, record))
    if troubles:
        raise Refused(Outcome(troubles=sorted(troubles, key=lambda one: one.place)))
    return Outcome(counts, [one for one, _ in changes], [record for _, record in changes])


def _with_new_ids(records: Sequence[Record], found: Found, new_id: NewId) -> Mapping[Key, UUID]:
    """Give everything that is named an id: what is there, and what is new in these records."""
    ids = dict(found.ids)
    for key, stored in found.there.items():
        if "id" in stored.key:
            ids[key] = stored.key["id"]
    for record in records:
        key = key_of(record)
        if "id" in record.noun.keys and key not in ids:
            ids[key] = new_id(*key)
    return ids


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
            return self.ids[key_of(self.record)]
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
                    key[column] = self.ids[key_of(self.record)]
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
