"""The modes of a recorded night: each from when it was known until it really ended.

A rehearsal has them from the beginning, with the moment at which each comes into force, so that
nothing needs to be set again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from escalation.modes import Mode

Row = dict[str, Any]
OVER_AND_OVER = "modes of a client that were set again after an end"


def as_they_were(
    rows: Sequence[Row], begins: datetime, ends: datetime
) -> tuple[list[Row], Counter[str]]:
    """The modes between two moments, as one that ends by itself; and what could not be told.

    Those that a device set in between come again by what it says. A client has one of each sort:
    of those with a gap between them the first is told.
    """
    told: list[Row] = []
    left_out: Counter[str] = Counter()
    found = sorted(
        (_as_known(one) for one in rows if not _comes_again(one, begins)),
        key=lambda one: (one["client_id"], one["mode"], one["begins_at"]),
    )
    within = [one for one in found if one["ends_at"] > max(begins, one["begins_at"])]
    within = [one for one in within if one["begins_at"] < ends]
    for _, alike in groupby(within, key=lambda one: (one["client_id"], one["mode"])):
        first, *rest = _joined(alike)
        told.append(first)
        left_out[OVER_AND_OVER] += len(rest)
    return told, left_out


def _comes_again(row: Row, begins: datetime) -> bool:
    """Whether what a device says in the recording sets it."""
    is_visit = row["mode"] == Mode.CARER_PRESENT and row["set_by_id"] is None
    return is_visit and bool(row["set_at"] >= begins)


def _as_known(row: Row) -> Row:
    """One mode by what came of it: it ends when somebody ended it, and nobody has to again."""
    return row | {
        "begins_at": max(row["begins_at"], row["set_at"]),
        "ends_at": row["ended_at"] or row["ends_at"],
        "ended_at": None,
        "ended_by_id": None,
    }


def _joined(alike: Iterator[Row]) -> Iterator[Row]:
    """One that was set anew before it ended goes on."""
    before = next(alike)
    for one in alike:
        if one["begins_at"] <= before["ends_at"]:
            before = before | {"ends_at": max(before["ends_at"], one["ends_at"])}
        else:
            yield before
            before = one
    yield before
