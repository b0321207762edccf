"""Reads a night that is to be played, and holds its words against those of the engine.

A pretender knows no kinds and no outcomes; but what must `never` happen to a kind that was
misspelt does never happen, nor is an agreement about it ever kept, and nobody would see why.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from escalation.kinds import RULES, family
from escalation.model import Outcome
from simulators.night import Fact, Night
from simulators.night_file import NightRefused, Problem, find
from simulators.night_reading import load

Word = tuple[str, str, tuple[str, ...]]  # what it is, how it was written, what there is

ANY = "any"
ABOUT_KINDS = ("opened", "repeated", "withdrawn")
AGREED = (*RULES, *dict.fromkeys(f"{family(one)}.*" for one in RULES), "*")


def read(name: str) -> Night:
    """A night by its path, or by its name if it is shipped. Raises NightRefused."""
    night = load(find(name))
    wrong = [Problem(night.file, line, what) for line, what in _unknown_words(night)]
    if wrong:
        raise NightRefused(sorted(wrong, key=lambda one: one.line))
    return night


def _unknown_words(night: Night) -> Iterator[tuple[int, str]]:
    for line, (noun, word, known) in _words(night):
        if word not in known:
            near = get_close_matches(word, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}"
            yield line, f"there is no {noun} {word!r}; {hint}"


def _words(night: Night) -> Iterator[tuple[int, Word]]:
    for expected in night.expectations:
        yield from ((expected.line, word) for fact in expected.facts for word in _of_fact(fact))
    for agreed in (agreed for client in night.clients for agreed in client.plan):
        yield from ((agreed.line, ("kind", kind, AGREED)) for kind in agreed.kinds)


def _of_fact(fact: Fact) -> Iterable[Word]:
    if fact.what in ABOUT_KINDS:
        yield "kind", fact.who, (*RULES, ANY)
    if fact.what == "resolved":
        yield "outcome", fact.who, (*(one.value for one in Outcome), ANY)
    if fact.kind:
        yield "kind", fact.kind, tuple(RULES)
