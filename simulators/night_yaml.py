"""Reads YAML and remembers on which line everything stands, so that an error can name it.

Only plain data: no tags that make objects, and none of YAML 1.1's surprises. `02:20` is text and
`off` is a word; true, false, null and decimal numbers are what they look like.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Place = tuple[str | int, ...]  # the keys and positions that lead to a value

PLAIN: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
INTEGER = re.compile(r"-?(0|[1-9]\d*)")
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+|(\.\d+)?e[-+]?\d+)")

REMEDY = "look at the spaces it begins with (no tabs), brackets and quotes, there and just before"
MOST_BYTES = 64 * 2**20  # a recorded night of a region of thousands is half of it
LARGE = "this file is larger than 64 MiB; leave clients out of it, or record a shorter night"
MOST_BYTES_BY_HAND = 2 * 2**20
MOST_VALUES = 50_000  # of a night that is no recording; the largest that ships has a few hundred
WIDE = "a night that is no recording may have 2 MiB and 50,000 values; `crowd` makes many clients"
RECORDED = re.compile(r"^[\"']?recorded[\"']?\s*:", re.MULTILINE)
MOST_REPEATED = 10_000  # values that stand in the file once and are meant again by an alias
BOMB = "aliases (*) repeat this more than 10,000 values in all; write it out, or use fewer"
ENDLESS = "this is nested too deeply, or an alias (*) holds itself; write it out"
UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotYaml(ValueError):
    """The text cannot be read; `line` is where."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and the line of every value and key in it."""

    data: Any
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str) -> Document:
    """Read one document. Raises NotYaml, also for a key that stands there twice.

    What is wider than anybody writes by hand is refused before it is read to its end.
    """
    by_hand = RECORDED.search(text) is None
    if by_hand and len(text) > MOST_BYTES_BY_HAND:
        raise NotYaml(1, WIDE)
    try:
        node = yaml.compose(text, Loader=_Counting if by_hand else yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise NotYaml(line, f"this is not YAML: {error.problem}; {REMEDY}") from error
    except yaml.YAMLError as error:
        raise NotYaml(1, f"this is not YAML: {error}") from error
    except RecursionError as error:
        raise NotYaml(1, ENDLESS) from error
    plain = _Plain()
    try:
        return Document(None if node is None else plain.value(node, ()), plain.lines)
    except RecursionError as error:
        raise NotYaml(1, ENDLESS) from error


class _Counting(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Reads no more values than a night that is no recording may have."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.values += 1
        if self.values > MOST_VALUES:
            raise NotYaml(self.line + 1, WIDE)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


class _Plain:
    """Makes plain data of nodes, and counts what aliases make of a few lines."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.seen: set[int] = set()
        self.repeated = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self.repeated += id(node) in self.seen
        self.seen.add(id(node))
        if self.repeated > MOST_REPEATED:
            raise NotYaml(line, BOMB)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, (*place, number)) for number, one in enumerate(node.value)]
        if UNPRINTABLE.search(node.value):
            raise NotYaml(line, "a character in this cannot be shown; leave it out")
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in found:
                raise NotYaml(line, f"{name!r} stands here twice; keep one of them")
            self.lines[(*place, name)] = line
            found[name] = self.value(value, (*place, name))
        return found


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted or a block: text, whatever it looks like
        return text
    if text in PLAIN:
        return PLAIN[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text
