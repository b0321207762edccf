"""Reads what must come of a night."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from simulators import night
from simulators.night import Expectation, Fact, Span
from simulators.night_reader import Reading
from simulators.night_words import ABOUT_PEOPLE, ANYBODY, FACTS, FORMS, LEVELS
from simulators.night_yaml import Place


def expectations(reading: Reading) -> Iterable[Expectation]:
    """What must come of it."""
    for number, said in enumerate(reading.data["expect"]):
        place = ("expect", number)
        form = reading.one_of(said, place, FORMS)
        if not form:
            continue
        during = _expected_during(reading, said, place)
        listed = said[form] if isinstance(said[form], list) else [said[form]]
        facts = () if form == "open_at_end" else _facts(reading, listed, (*place, form))
        yield Expectation(
            form=form,
            facts=tuple(facts),
            during=during,
            at_least=said.get("at_least", 1),
            at_most=said.get("at_most"),
            count=said[form] if form == "open_at_end" else 0,
            about=said.get("about", ""),
            line=reading.file.own.line(place),
            prob=said.get("prob"),
        )


def _expected_during(reading: Reading, said: Mapping[str, Any], place: Place) -> Span:
    after, until = reading.clock(said, "after", place), reading.clock(said, "until", place)
    reading.not_over(after, (*place, "after"))
    reading.ends_later(after, until, (*place, "until"))
    if "at_most" in said and said["at_most"] < said.get("at_least", 1):
        reading.wrong((*place, "at_most"), "this is less than `at_least`; no night can meet both")
    if "within" in said:
        until = (after or reading.start) + night.length(said["within"]) + timedelta(microseconds=1)
    return Span(after, until)


def _facts(reading: Reading, listed: Iterable[Mapping[str, Any]], place: Place) -> Iterable[Fact]:
    for number, said in enumerate(listed):
        at = (*place, number) if (*place, number) in reading.file.own.lines else place
        what = reading.one_of(said, at, FACTS)
        if not what:
            continue
        if what in ABOUT_PEOPLE:
            reading.known("people", said[what], (*at, what), *LEVELS, ANYBODY)
        reading.known("clients", said.get("client", ""), (*at, "client"))
        yield Fact(
            what,
            said[what],
            said.get("client", ""),
            said.get("kind", ""),
            said.get("priority", ""),
        )
