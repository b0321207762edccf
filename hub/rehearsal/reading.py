"""Reads a night that is to be played, and holds its words against those of the engine.

A pretender knows no kinds and no outcomes; but what must `never` happen to a kind that was
misspelt does never happen, and nobody would see why.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from escalation.kinds import RULES
from escalation.model import Outcome
from simulators.night import Expectation, Fact, Night
from simulators.night_file import NightRefused, Problem, find
from simulators.night_reading import load

ANY = "any"
ABOUT_KINDS = ("opened", "repeated", "withdrawn")


def read(name: str) -> Night:
    """A night by its path, or by its name if it is shipped. Raises NightRefused."""
    night = load(find(name))
    wrong = [
        Problem(night.file, one.line, what)
        for one in night.expectations
        for what in _unknown_words(one)
    ]
    if wrong:
        raise NightRefused(wrong)
    return night


def _unknown_words(expected: Expectation) -> Iterator[str]:
    for fact in expected.facts:
        for noun, word, known in _words(fact):
            if word not in known:
                near = get_close_matches(word, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}"
                yield f"there is no {noun} {word!r}; {hint}"


def _words(fact: Fact) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if fact.what in ABOUT_KINDS:
        yield "kind", fact.who, (*RULES, ANY)
    if fact.what == "resolved":
        yield "outcome", fact.who, (*(one.value for one in Outcome), ANY)
    if fact.kind:
        yield "kind", fact.kind, tuple(RULES)
