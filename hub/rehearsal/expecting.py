"""Holds what happened against what a night expects."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.rehearsal.ledger import Happened
from hub.rehearsal.promises import Broken
from simulators.night import Expectation, Fact, Night, Span

ANY = ("any", "anybody")


def judge(night: Night, happened: Sequence[Happened], still_open: int) -> Iterator[Broken]:
    """Every expectation that was not met, at the moment from which it could not be met.

    Those with a chance are left out: one night cannot tell.
    """
    for one in night.expectations:
        if one.prob is None:
            yield from judged(one, night, happened, still_open)


def matches(fact: Fact, one: Happened) -> bool:
    """Whether this is what the fact asks for."""
    return (
        one.what == fact.what
        and (fact.who in (one.who, one.level) or fact.who in ANY)
        and (not fact.client or fact.client in one.clients)
        and (not fact.kind or fact.kind == one.kind)
        and (not fact.priority or fact.priority == one.priority)
    )


def judged(
    one: Expectation, night: Night, happened: Sequence[Happened], still_open: int
) -> Iterator[Broken]:
    """One expectation, if it was not met."""
    ends = min(one.during.ends or night.end, night.end)
    match one.form:
        case "open_at_end" if still_open != one.count:
            yield _broken(one, night.end, f"{still_open} alerts are open at the end")
        case "order":
            yield from _in_order(one, happened, ends)
        case "never":
            found = _found(one.facts[0], one.during, happened)
            if found:
                yield _broken(one, found[0].at, f"it did: {_told(found[0], night.zone)}")
        case "reached" | "exactly_once":
            yield from _often_enough(one, night.zone, happened, ends)
        case _:
            return


def _often_enough(
    one: Expectation, zone: ZoneInfo, happened: Sequence[Happened], ends: datetime
) -> Iterator[Broken]:
    fact = one.facts[0]
    found = _found(fact, one.during, happened)
    most = 1 if one.form == "exactly_once" else one.at_most
    if len(found) < one.at_least:
        elsewhere = _found(fact, Span(None, None), happened)
        when = "; it happened " + ", ".join(_clock(each.at, zone) for each in elsewhere[:3])
        said = f"it happened {len(found)} times" if found else "it did not happen"
        outside = when if elsewhere and not found else ""
        yield _broken(one, ends, f"{said} by then{outside}")
    elif most is not None and len(found) > most:
        yield _broken(one, found[most].at, f"it happened {len(found)} times")


def _in_order(one: Expectation, happened: Sequence[Happened], ends: datetime) -> Iterator[Broken]:
    rest = list(_within(one.during, happened))
    for fact in one.facts:
        place = next((n for n, each in enumerate(rest) if matches(fact, each)), None)
        if place is None:
            yield _broken(one, ends, f"{fact} did not happen after what goes before it")
            return
        rest = rest[place + 1 :]


def _found(fact: Fact, during: Span, happened: Sequence[Happened]) -> list[Happened]:
    return [one for one in _within(during, happened) if matches(fact, one)]


def _within(during: Span, happened: Sequence[Happened]) -> Iterator[Happened]:
    return (one for one in happened if during.covers(one.at))


def _broken(one: Expectation, at: datetime, what: str) -> Broken:
    return Broken(at, promise(one), what, one.line)


def asked(one: Expectation) -> str:
    """What it asks for, in the words of the file."""
    facts = ", then ".join(map(str, one.facts))
    return f"{one.form} {facts or one.count}"


def promise(one: Expectation) -> str:
    """The sentence it was given, with what it asks for."""
    return f"{one.about} ({asked(one)})" if one.about else asked(one)


def _told(one: Happened, zone: ZoneInfo) -> str:
    return f"{one.what} {one.who} at {_clock(one.at, zone)}, {one.kind}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"
