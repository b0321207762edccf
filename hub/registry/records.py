"""Records: one thing of the registry as somebody sent it, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from hub.registry.fields import Field, Noun
from hub.registry.values import Wrong

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: file, line (from 1; 0 is nowhere) and column or field."""

    file: str = ""
    line: int = 0
    column: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong, where, and what would be right."""

    place: Place
    problem: str
    remedy: str

    @property
    def where(self) -> str:
        """The place, as compilers say it."""
        parts = [self.place.file, str(self.place.line or ""), self.place.column]
        return ":".join(one for one in parts if one)

    def __str__(self) -> str:
        """Everything on one line."""
        return f"{self.where}: {self.problem}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Record:
    """The fields that were sent of one thing; those left out stay as they are.

    `owner` is the external id of its organisation; empty for what belongs to none alone.
    """

    noun: Noun
    owner: str
    values: Values
    place: Place = field(default=Place(), compare=False)

    @property
    def name(self) -> str:
        """What it is called within its noun and organisation."""
        return name_of(self.noun, self.values)

    def at(self, column: str) -> Place:
        """The place of one of its fields."""
        return Place(self.place.file, self.place.line, column)


def name_of(noun: Noun, values: Mapping[str, Any]) -> str:
    """What a thing with these fields is called."""
    return "/".join(str(values[one]) for one in noun.named)


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing as it was sent, before anything was read of it."""

    noun: Noun
    fields: Mapping[str, Any]
    place: Place

    def at(self, column: str) -> Place:
        """The place of one of its fields."""
        return Place(self.place.file, self.place.line, column)


def understood(
    sent: Sequence[Sent], organisation: str, *, only: bool = False
) -> tuple[list[Record], list[Trouble]]:
    """Read every field; every trouble there is, not only the first.

    `organisation` owns what names none; with `only` nothing else may be named.
    """
    records: list[Record] = []
    troubles: list[Trouble] = []
    for one in sent:
        found = list(_troubles(one, organisation, only=only))
        troubles += [two for two in found if isinstance(two, Trouble)]
        records += [two for two in found if isinstance(two, Record)]
    return records, [*troubles, *_twice(records)]


def _troubles(sent: Sent, organisation: str, *, only: bool) -> Iterator[Trouble | Record]:
    owner = "" if sent.noun.shared else str(sent.fields.get("organisation") or organisation)
    wrong = [
        *unknown(sent.noun, sent.fields, sent.place),
        *([] if sent.noun.shared else _foreign(sent, owner, organisation, only=only)),
    ]
    values: Values = {}
    for field_ in sent.noun.fields:
        if field_.name not in sent.fields and field_.name not in sent.noun.named:
            continue
        said = sent.fields.get(field_.name)
        try:
            read = _value(field_, said)
            values[field_.name] = read.removeprefix(f"{owner}/") if field_.abroad else read
        except Wrong as error:
            wrong.append(Trouble(sent.at(field_.name), error.problem, error.remedy))
    yield from wrong
    if not wrong:
        yield Record(sent.noun, owner, values, sent.place)


def _value(field_: Field, said: Any) -> Any:
    if said is None or said == "":
        if field_.needed:
            raise Wrong("it is missing", "Fill it in.")
        return field_.usual
    return field_.sort.read(said)


def _foreign(sent: Sent, owner: str, organisation: str, *, only: bool) -> Iterator[Trouble]:
    at = sent.at("organisation")
    if not owner:
        yield Trouble(at, "nobody says whose it is", "Add a field organisation.")
    elif only and owner != organisation:
        yield Trouble(at, "this is not your organisation", f"Write {organisation}.")


def unknown(noun: Noun, names: Iterable[str], place: Place) -> Iterator[Trouble]:
    """Say which of these names are no fields of a noun, and what there is."""
    known = [one.name for one in noun.fields]
    known += [] if noun.shared else ["organisation"]
    for name in names:
        if name not in known:
            close = get_close_matches(str(name), known, 1)
            remedy = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
            at = replace(place, column=str(name)[:60])
            yield Trouble(at, f"{noun.name} have no such field", remedy)


def _twice(records: Sequence[Record]) -> Iterator[Trouble]:
    first: dict[tuple[str, str, str], Record] = {}
    for one in records:
        key = (one.noun.name, one.owner, one.name)
        if key in first:
            before = first[key].place
            where = f"line {before.line} of {before.file}" if before.line else "what was sent"
            remedy = "Leave one of them out."
            yield Trouble(one.at(one.noun.named[-1]), f"{one.name} is in {where} too", remedy)
        else:
            first[key] = one
