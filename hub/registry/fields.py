"""What a noun of the registry is made of: its fields, and how they lie in the tables."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hub.registry import values
from hub.registry.values import Sort


class Lies(StrEnum):
    """How a field lies in its column."""

    PLAIN = "plain"
    DATE = "date"
    MOMENT = "moment"
    LENGTH = "length"  # a length of time, in seconds
    REFERENCE = "reference"  # an id; the record has the external id
    BEGINS = "begins"  # the beginning of a range
    ENDS = "ends"
    LISTED = "listed"  # rows of a table of its own
    BODY = "body"  # part of an agreement's body


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a noun; `refers` is the noun whose external id it holds.

    `abroad` may name another organisation's, as `lantaarn/noor`.
    """

    name: str
    sort: Sort
    about: str
    column: str = ""
    lies: Lies = Lies.PLAIN
    needed: bool = False
    usual: Any = None
    refers: str = ""
    abroad: bool = False

    @property
    def at(self) -> str:
        """The name of its column."""
        return self.column or self.name


@dataclass(frozen=True, slots=True)
class Listing:
    """The table that holds a field's list: this column is ours, that one whom it names."""

    table: sa.Table
    own: str
    other: str


@dataclass(frozen=True, slots=True, eq=False)
class Noun:
    """One noun. `named` are the fields that make its name; `ends` is what ending it sets.

    `shared` nouns belong to no organisation alone; with `removed` it is taken away.
    `dated` is the column that keeps when it was first written.
    """

    name: str
    table: sa.Table
    fields: tuple[Field, ...]
    about: str
    shared: bool = False
    removed: bool = False
    named: tuple[str, ...] = ("external_id",)
    keys: tuple[str, ...] = ("id",)
    ends: str = ""
    listing: Listing | None = None
    dated: str = ""

    def field(self, name: str) -> Field | None:
        """Find a field by its name."""
        return next((one for one in self.fields if one.name == name), None)


def called(about: str = "your own stable name for it", sort: Sort = values.NAME) -> Field:
    """The field that every other noun refers to it by."""
    return Field("external_id", sort, about, needed=True)


def text(name: str, about: str, *, needed: bool = False) -> Field:
    """A field of free text; empty unless it is given."""
    return Field(name, values.TEXT, about, needed=needed, usual="")


def refers(
    name: str,
    noun: str,
    about: str,
    column: str = "",
    *,
    needed: bool = False,
    abroad: bool = False,
) -> Field:
    """A field that names another thing by its external id."""
    at = column or f"{name}_id"
    return Field(name, values.NAME, about, at, Lies.REFERENCE, needed, refers=noun, abroad=abroad)


def span(column: str, begins: str, ends: str, *, closed: bool = False) -> tuple[Field, Field]:
    """The two fields of a range of moments; a `closed` one needs both."""
    return (
        Field(begins, values.MOMENT, "from this moment", column, Lies.BEGINS, needed=closed),
        Field(ends, values.MOMENT, "until just before this moment", column, Lies.ENDS, closed),
    )


def ended(name: str = "ended_at") -> Field:
    """The field that says since when it no longer counts."""
    return Field(name, values.MOMENT, "since when it no longer counts", lies=Lies.MOMENT)
