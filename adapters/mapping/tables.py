"""A table of a mapping file, read by name and type; every fault says where, what and the remedy."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from adapters.contract import Scalar
from adapters.mapping.positions import Place, Position, position_of, positions

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: its line and column from 1, the field, and what to write."""

    line: int
    column: int
    field: str
    remedy: str

    def __str__(self) -> str:
        """One line for people."""
        about = f"{self.field}: " if self.field else ""
        return f"line {self.line}, column {self.column}: {about}{self.remedy}"


class BadMapping(ValueError):
    """A mapping cannot be used; `faults` are all that is wrong, in the order of the file."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = sorted(set(faults), key=lambda one: (one.line, one.column))
        super().__init__("; ".join(map(str, self.faults)))


@dataclass(slots=True)
class Table:
    """One table. What is wrong is noted in `faults`, and reading goes on with a stand-in."""

    values: Mapping[str, Any]
    place: Place
    found: Mapping[Place, Position]
    faults: list[Fault]
    _asked: set[str] = field(default_factory=set)

    def wrong(self, name: str | None, remedy: str) -> None:
        """Note that a field, or the table itself, is wrong."""
        place = self.place if name is None else (*self.place, name)
        line, column = position_of(place, self.found)
        self.faults.append(Fault(line, column, _written(place), remedy))

    def has(self, name: str) -> bool:
        """Whether the field is there; it then counts as known."""
        self._asked.add(name)
        return name in self.values

    def text(self, name: str, *, needed: str = "") -> str:
        """A text; "" where it is missing, which is a fault with `needed` as its remedy."""
        if not self.has(name):
            if needed:
                self.wrong(name, f"not there: {needed}")
            return ""
        value = self.values[name]
        if isinstance(value, str) and value:
            return value
        self.wrong(name, "write a text between quotes")
        return ""

    def word(self, name: str, words: Collection[str], otherwise: str) -> str:
        """One of a few words."""
        said = self.text(name)
        if said and said not in words:
            close = get_close_matches(said, words, 1)
            hint = f"did you mean '{close[0]}'? " if close else ""
            self.wrong(name, f"{said!r} is not one of them; {hint}Known: {', '.join(words)}")
            return otherwise
        return said or otherwise

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        value = self.values[name] if self.has(name) else False
        if not isinstance(value, bool):
            self.wrong(name, "write true or false")
        return value is True

    def number(self, name: str) -> float | None:
        """A number, or None."""
        if not self.has(name):
            return None
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(name, "write a number")
            return None
        return float(value)

    def scalars(self, name: str) -> tuple[Scalar, ...] | None:
        """One or more texts, numbers or flags; None where the field is missing."""
        if not self.has(name):
            return None
        value = self.values[name]
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(one, str | int | float) for one in listed):
            self.wrong(name, "write a text, a number, true or false, or a list of those")
            return ()
        return tuple(listed)

    def texts(self, name: str) -> tuple[str, ...]:
        """One or more texts; none where the field is missing."""
        listed = self.scalars(name) or ()
        if not all(isinstance(one, str) for one in listed):
            self.wrong(name, "write texts between quotes")
        return tuple(one for one in listed if isinstance(one, str))

    def inner(self, name: str) -> "Table | None":
        """A table in this one, or None."""
        if not self.has(name):
            return None
        if isinstance(value := self.values[name], dict):
            return self._within(value, name)
        self.wrong(name, "write a table: { ... }")
        return None

    def each(self, name: str) -> Iterator["Table"]:
        """The tables of an array of tables; none where it is missing."""
        listed = self.values[name] if self.has(name) else []
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            self.wrong(name, f"write each as a table of its own: [[{name}]]")
            return
        for number, one in enumerate(listed):
            yield self._within(one, name, number)

    def names(self) -> list[str]:
        """The fields there are; all then count as known."""
        self._asked.update(self.values)
        return list(self.values)

    def unknown(self) -> None:
        """Note every field that nobody asked for."""
        for name in self.values.keys() - self._asked:
            close = get_close_matches(name, self._asked, 1)
            hint = f"did you mean {close[0]!r}? " if close else "take it out. "
            self.wrong(name, f"no such field here; {hint}Known: {', '.join(sorted(self._asked))}")

    def _within(self, values: Mapping[str, Any], *place: str | int) -> "Table":
        return Table(values, (*self.place, *place), self.found, self.faults)


def read_tables(text: str) -> Table:
    """The outermost table of a TOML file. Raises BadMapping where it is no TOML."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping([_of_syntax(str(error), text)]) from error
    return Table(values, (), positions(text), [])


def _of_syntax(said: str, text: str) -> Fault:
    at = _AT.search(said)
    end = text.count("\n") + 1
    line, column = (int(at[1]), int(at[2])) if at is not None and at[1] else (end, 1)
    return Fault(line, column, "", f"{_AT.sub('', said)}: this is not valid TOML")


def _written(place: Place) -> str:
    """A place as people count: message 2, reading 1, level."""
    said: list[str] = []
    for one in place:
        if isinstance(one, int):
            said[-1] = f"{said[-1]} {one + 1}"
        else:
            said.append(one)
    return ", ".join(said)
