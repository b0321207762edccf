"""A client's limits as the registry has them: read, and refused where they cannot be meant."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from adapters.lifestyle import Limits

OUT_OF_BED, UP_BY, INACTIVE, HOME_BY = "out_of_bed_minutes", "up_by", "inactive_hours", "home_by"
NAMES = (OUT_OF_BED, UP_BY, INACTIVE, HOME_BY)
UP_BETWEEN = time(5), time(14)
HOME_BETWEEN = time(8), time(23)
CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
MOST_MINUTES, LEAST_HOURS, MOST_HOURS = 24 * 60, 1, 12


def limits_of(options: Mapping[str, Any], time_zone: str) -> Limits:
    """Read the limits of the lifestyle rules from a client's options.

    `out_of_bed_minutes` (20), `up_by` and `home_by` (local times), `inactive_hours`. What cannot
    be used counts as not said.
    """
    hours = _number(options.get(INACTIVE), LEAST_HOURS, MOST_HOURS)
    limits = Limits(
        time_zone=time_zone,
        up_by=_clock(options.get(UP_BY), UP_BETWEEN),
        inactive_for=None if hours is None else timedelta(hours=hours),
        home_by=_clock(options.get(HOME_BY), HOME_BETWEEN),
    )
    minutes = options.get(OUT_OF_BED)
    if not isinstance(minutes, int | float):
        return limits
    return replace(limits, out_of_bed=timedelta(minutes=min(max(minutes, 0), MOST_MINUTES)))


def said(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say of these rules, to see later whether that was changed."""
    return {name: options.get(name) for name in NAMES}


def wrong_limits(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the limits that nothing can be watched by: the problem, and the remedy."""
    for name, (first, last), example in (
        (UP_BY, UP_BETWEEN, "09:30"),
        (HOME_BY, HOME_BETWEEN, "18:00"),
    ):
        if options.get(name) is not None and _clock(options[name], (first, last)) is None:
            remedy = f'Write a local time from {first:%H:%M} to {last:%H:%M}, such as "{example}".'
            yield f"{name} cannot be used", remedy
    if options.get(INACTIVE) is not None and _number(options[INACTIVE], 1, MOST_HOURS) is None:
        yield f"{INACTIVE} cannot be used", f"Write hours from 1 to {MOST_HOURS}, such as 4."
    if (
        options.get(OUT_OF_BED) is not None
        and _number(options[OUT_OF_BED], 0, MOST_MINUTES) is None
    ):
        yield f"{OUT_OF_BED} cannot be used", "Write minutes, such as 20; 15 to 45 count."


def _number(found: object, least: float, most: float) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if least <= found <= most else None


def _clock(found: object, between: tuple[time, time]) -> time | None:
    said = CLOCK.fullmatch(found) if isinstance(found, str) else None
    if said is None or int(said[1]) > 23:
        return None
    at = time(int(said[1]), int(said[2]))
    return at if between[0] <= at <= between[1] else None
