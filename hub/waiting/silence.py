"""How long has somebody been silent while the hub was there to hear? No database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

MISSED = 2.5  # intervals
COARSE = timedelta(seconds=30)  # how exactly is known when something was heard
SETTLES = timedelta(minutes=2)  # whoever lost the hub may need so long to connect again


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in which some hub was listening without a pause."""

    began_at: datetime
    until_at: datetime


def limit(every: timedelta) -> timedelta:
    """How long somebody who speaks `every` so often may be silent; not longer than that."""
    return every * MISSED + COARSE


def listened(spans: Iterable[Span], since: datetime, now: datetime) -> timedelta:
    """How much of the time from `since` to `now` the hub was listening and could be reached.

    The first minutes of a span do not count: gateways are still connecting. Spans do not overlap.
    """
    whole = timedelta()
    for one in spans:
        began = max(one.began_at + SETTLES, since)
        whole += max(min(one.until_at, now) - began, timedelta())
    return whole
