"""Selectors: where in a message something stands. `params.events[0].ts`, `{device}`, `$`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.fields import Json

_STEP = re.compile(r'(?:"([^"]+)"|([^."\[\]{}$]+))((?:\[\d{1,4}\])*)(\.|$)')
_NAME = re.compile(r"\{([a-z_]+|property\.[^{}]+)\}")


class BadSelector(ValueError):
    """A selector cannot be used; the text says what to write."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One place: the steps into a payload, or the name of what stands beside it.

    That is what was taken out of the topic, `content_type`, or `property.` and a user property.
    """

    text: str
    steps: tuple[str | int, ...] = ()
    name: str = ""

    def find(self, root: Json, names: Mapping[str, str]) -> Json:
        """What stands there; None where nothing does."""
        if self.name:
            return names.get(self.name)
        for step in self.steps:
            if isinstance(step, str) and isinstance(root, dict):
                root = root.get(step)
            elif isinstance(step, int) and isinstance(root, list) and step < len(root):
                root = root[step]
            else:
                return None
        return root


def selector(text: str) -> Selector:
    """Read a selector. Raises BadSelector."""
    if text == "$":
        return Selector(text)
    if (named := _NAME.fullmatch(text)) is not None:
        return Selector(text, name=named.group(1))
    steps: list[str | int] = []
    at = 0
    while (found := _STEP.match(text, at)) is not None:
        quoted, bare, items, dot = found.groups(default="")
        steps += [quoted or bare, *(int(one) for one in re.findall(r"\d+", items))]
        at = found.end()
        if not dot:
            return Selector(text, tuple(steps))
    raise BadSelector(
        f"{text!r} cannot be read: write a field as battery, one further in as device.battery,"
        ' one with a dot in its name as "a.b", an item as events[0], $ for the whole payload'
        " or {name} for what the topic has there, {content_type}, {property.name}"
    )
