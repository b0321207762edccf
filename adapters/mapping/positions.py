"""Where each key of a TOML file stands, which the standard library's reader does not tell."""

import re
from collections.abc import Iterator, Mapping

Place = tuple[str | int, ...]
Position = tuple[int, int]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = r'(?:[A-Za-z0-9_-]+|"[^"]*"|\'[^\']*\')'
_ASSIGNED = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
_INSIDE = re.compile(rf"[{{,]\s*({_KEY})\s*=")
_ONE = re.compile(_KEY)


def positions(text: str) -> Mapping[Place, Position]:
    """The line and column, from 1, of every table and key of a file that is valid TOML.

    Items of arrays of tables count from 0. What stands inside a value that goes on over several
    lines may be missing; `position_of` then gives the place of what holds it.
    """
    found: dict[Place, Position] = {(): (1, 1)}
    latest: dict[Place, int] = {}
    table: Place = ()
    for number, line in _outside_long_texts(text):
        if (header := _HEADER.match(line)) is not None:
            table = _opened(header, latest)
            found[table] = (number, header.start(2) + 1)
        elif (key := _ASSIGNED.match(line)) is not None:
            place = table + _names(key.group(1))
            found[place] = (number, key.start(1) + 1)
            for inner in _INSIDE.finditer(line, key.end()):
                found.setdefault(place + _names(inner.group(1)), (number, inner.start(1) + 1))
    return found


def position_of(place: Place, found: Mapping[Place, Position]) -> Position:
    """The position of a place, or of the nearest thing around it that has one."""
    while place not in found:
        place = place[:-1]
    return found[place]


def _outside_long_texts(text: str) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        if (line.count('"""') + line.count("'''")) % 2:
            inside = not inside


def _opened(header: re.Match[str], latest: dict[Place, int]) -> Place:
    names = _names(header.group(2))
    place: Place = ()
    for depth, name in enumerate(names, 1):
        place += (name,)
        if depth == len(names) and header.group(1) == "[[":
            latest[place] = latest.get(place, -1) + 1
        if place in latest:
            place += (latest[place],)
    return place


def _names(dotted: str) -> Place:
    return tuple(one.strip("\"'") for one in _ONE.findall(dotted))
