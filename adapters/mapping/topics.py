"""Topic patterns: `tele/{device}/SENSOR`. Matching takes time linear in the topic."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LEVEL = re.compile(r"([^{}+#]*)(?:\{([a-z_]+)(#?)\}([^{}+#]*))?")


class BadPattern(ValueError):
    """A pattern cannot be used; the text says what to write."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a pattern: `before{name}after`, or exactly `before` where there is no name.

    `any_text` is the level `+`; `many` takes one or more whole levels.
    """

    before: str = ""
    name: str = ""
    after: str = ""
    any_text: bool = False
    many: bool = False

    def fits(self, text: str) -> bool:
        """Whether a level of a topic, or several joined, is this one."""
        if self.any_text or self.many:
            return True
        if not self.name:
            return text == self.before
        held = len(self.before) + len(self.after)
        return len(text) > held and text.startswith(self.before) and text.endswith(self.after)

    def taken(self, text: str) -> str:
        """What stands at the name."""
        return text[len(self.before) : len(text) - len(self.after)]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A whole pattern; `names` are what it takes out of a topic."""

    levels: tuple[Level, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names between braces."""
        return frozenset(one.name for one in self.levels if one.name)

    def match(self, topic: str) -> Mapping[str, str] | None:
        """What stands at each name, or None when the topic is another."""
        texts = self._joined(topic.split("/"))
        if len(texts) != len(self.levels):
            return None
        if not all(one.fits(text) for one, text in zip(self.levels, texts, strict=True)):
            return None
        pairs = zip(self.levels, texts, strict=True)
        return {one.name: one.taken(text) for one, text in pairs if one.name}

    def _joined(self, texts: list[str]) -> list[str]:
        """The levels of a topic, with those that the one `many` takes as one text."""
        for at, one in enumerate(self.levels):
            if one.many:
                until = len(texts) - (len(self.levels) - at - 1)
                return (
                    [*texts[:at], "/".join(texts[at:until]), *texts[until:]] if until > at else []
                )
        return texts


def pattern(text: str) -> Pattern:
    """Read a pattern. Raises BadPattern."""
    levels = tuple(map(_level, text.split("/")))
    names = [one.name for one in levels if one.name]
    if len(names) > len(set(names)):
        raise BadPattern("a name is there twice; give each level a name of its own")
    if sum(one.many for one in levels) > 1:
        raise BadPattern("only one # can stand for several levels")
    return Pattern(levels)


def _level(text: str) -> Level:
    if text == "+":
        return Level(any_text=True)
    if text == "#":
        return Level(many=True)
    if (found := _LEVEL.fullmatch(text)) is None:
        raise BadPattern(
            f"{text!r} cannot be read: write a text, +, #, {{name}} for one level"
            " or {name#} for several; a name has small letters and _"
        )
    before, name, many, after = found.groups(default="")
    if many and (before or after):
        raise BadPattern(f"{text!r}: {{{name}#}} stands alone in its place")
    return Level(before, name, after, many=bool(many))
