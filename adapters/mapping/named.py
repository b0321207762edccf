"""Selectors and patterns as a table of a mapping names them; what is wrong is noted there."""

from collections.abc import Callable
from typing import TypeVar

from adapters.mapping.selectors import BadSelector, Selector, selector
from adapters.mapping.tables import Table
from adapters.mapping.topics import BadPattern, Pattern, pattern

T = TypeVar("T")


def selected(table: Table, name: str) -> Selector | None:
    """The place that a field names; None where the field is missing or wrong."""
    said = table.text(name)
    return read(selector, said, table, name) if said else None


def needed(table: Table, name: str) -> Selector | None:
    """The place that a field names, which must be there."""
    said = table.text(name, needed="say which field it is")
    return read(selector, said, table, name) if said else None


def several(table: Table, name: str) -> tuple[Selector, ...]:
    """The places that a field lists."""
    found = (read(selector, one, table, name) for one in table.texts(name))
    return tuple(one for one in found if one is not None)


def patterns(table: Table, name: str) -> tuple[Pattern, ...]:
    """The topic patterns that a field lists."""
    found = (read(pattern, one, table, name) for one in table.texts(name))
    return tuple(one for one in found if one is not None)


def read(one: Callable[[str], T], said: str, table: Table, name: str) -> T | None:
    """What a text says, or None where it cannot be read, which is noted."""
    try:
        return one(said)
    except (BadSelector, BadPattern) as error:
        table.wrong(name, str(error))
        return None
