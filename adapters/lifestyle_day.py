"""The rules of the day: not up, no movement for too long, not home. State in, state out.

Only what this client alone can have moved counts; an outside door says that they may be out, and
movement after it that somebody is in. Who may be out is not missed for lying still: then NOT_HOME
waits for them, when the night begins at the latest.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from adapters.contract import Channel, Edge, Kind
from adapters.lifestyle_gaps import not_heard
from adapters.lifestyle_limits import (
    Around,
    Limits,
    clock,
    last_at,
    morning_of,
    next_at,
    night_end,
)
from adapters.lifestyle_said import OUTSIDE_DOOR, Change, finding
from adapters.lifestyle_state import Day, OutOfBed

BEDROOMS = frozenset({"bedroom", "slaapkamer"})
HEARD_FOR = timedelta(hours=1)  # a hub that was away listens so long before it misses anybody
TOO_LATE = timedelta(hours=6)  # to tell of a morning that somebody was not up
# Assumption: who was away for less may have come back for the keys, and goes again; and a door that
# stood open for longer was used again when it shuts.
ERRAND = timedelta(minutes=5)
CONNECTS = timedelta(minutes=2)  # a gateway that lost the hub may need so long


def begun(day: Day | None, now: datetime, limits: Limits) -> Day:
    """The state of the day, from now on where there was none, and when to see who is up."""
    day = day or Day(now)
    if limits.up_by is None:
        return replace(day, up_due_at=None)
    kept = day.up_due_at
    if kept is None or kept.astimezone(limits.zone).time() != limits.up_by:
        return replace(day, up_due_at=next_at(limits.up_by, now, limits))
    return day


def day_said(day: Day, change: Change, limits: Limits) -> tuple[Day, tuple[Edge, ...]]:
    """Take one change of a device of this client into account, and what it takes back."""
    if change.channel is Channel.BED:
        day = replace(day, bedroom=change.room)
    if not (change.began or change.ended):
        return day, ()
    if change.channel is Channel.DOOR:
        return _door(day, change), ()
    over = [(Kind.INACTIVITY, day.still_for, "Weer beweging")]
    moved = replace(day, device=change.device, moved_at=change.at, still_for=None)
    if change.active:
        over.append((Kind.NOT_HOME, day.out_for, "Weer beweging binnen"))
        moved = replace(moved, out_at=None, out_for=None)
    if _is_up(day, change):
        over.append((Kind.NOT_UP, day.not_up_for, "Opgestaan"))
        moved = replace(moved, up_at=change.at, not_up_for=None)
    back = [
        finding(
            day.device, kind, told_for, change.at, f"{words} om {clock(change.at, limits)}.",
            back=True,
        )
        for kind, told_for, words in over
        if told_for is not None
    ]  # fmt: skip
    return moved, tuple(back)


def day_ripened(
    day: Day, bed: OutOfBed | None, now: datetime, limits: Limits, around: Around
) -> tuple[Day, tuple[Edge, ...]]:
    """Find what has lasted too long by `now`; calling it early or twice is harmless."""
    day, late_riser = _up_ripened(day, bed, now, limits, around)
    day, still = _still_ripened(day, now, limits, around)
    day, gone = _out_ripened(day, now, limits, around)
    return day, (*late_riser, *still, *gone)


def _up_ripened(
    day: Day, bed: OutOfBed | None, now: datetime, limits: Limits, around: Around
) -> tuple[Day, tuple[Edge, ...]]:
    kept, due_at = day.up_due_at, up_due_at(day, limits, around)
    if limits.up_by is None or kept is None or due_at is None or due_at > now:
        return day, ()
    later = replace(day, up_due_at=next_at(limits.up_by, now, limits))
    if now - kept > TOO_LATE or _was_up(day, bed, limits):
        return later, ()
    return replace(later, not_up_for=kept), (_not_up(day, bed, due_at, limits, around),)


def _still_ripened(
    day: Day, now: datetime, limits: Limits, around: Around
) -> tuple[Day, tuple[Edge, ...]]:
    due_at = still_due_at(day, now, limits, around)
    if due_at is None or due_at > now:
        return day, ()
    since = _still_since(day, now, limits)
    return replace(day, still_for=since), (_inactive(day, since, due_at, limits, around),)


def _out_ripened(
    day: Day, now: datetime, limits: Limits, around: Around
) -> tuple[Day, tuple[Edge, ...]]:
    due_at = out_due_at(day, limits, around)
    if due_at is None or due_at > now:
        return day, ()
    return replace(day, out_for=day.out_at), (_not_home(day, due_at, limits),)


def up_due_at(day: Day, limits: Limits, around: Around) -> datetime | None:
    """When to see whether the client is up."""
    if limits.up_by is None or day.up_due_at is None:
        return None
    return _heard_enough(max(day.up_due_at, day.since + HEARD_FOR), around)


def still_due_at(day: Day, now: datetime, limits: Limits, around: Around) -> datetime | None:
    """When it has been still for too long by day; None while the client may be out."""
    if limits.inactive_for is None or day.out_at is not None:
        return None
    since = _still_since(day, now, limits)
    heard = since if around.listening_since is None else around.listening_since + CONNECTS
    begins = max(since, heard)
    if day.still_for == since:  # told today
        begins = next_at(limits.night_until, max(now, since), limits)
    begins = night_end(begins, limits) or begins
    due_at = begins + limits.inactive_for
    if due_at >= next_at(limits.night_from, begins, limits):
        return next_at(limits.night_until, begins, limits) + limits.inactive_for
    return due_at


def out_due_at(day: Day, limits: Limits, around: Around) -> datetime | None:
    """When somebody who may be out should be home."""
    if day.out_at is None or day.out_for is not None or Kind.NOT_HOME not in limits.by_day:
        return None
    agreed = [one for one in (limits.home_by, limits.night_from) if one is not None]
    due_at = min(next_at(one, day.out_at, limits) for one in agreed)
    return _heard_enough(due_at, around)


def _heard_enough(due_at: datetime, around: Around) -> datetime:
    if around.listening_since is None:
        return due_at
    return max(due_at, around.listening_since + HEARD_FOR)


def _still_since(day: Day, now: datetime, limits: Limits) -> datetime:
    """Since when nobody has moved, counted anew each morning."""
    began_at = last_at(limits.night_until, now, limits)
    moved_at = day.since if day.moved_at is None else max(day.since, day.moved_at)
    return max(began_at, moved_at)


def _door(day: Day, change: Change) -> Day:
    """Whoever uses an outside door may be out, but for whoever comes in by it and shuts it."""
    used = replace(day, device=change.device, moved_at=change.at)
    if change.role != OUTSIDE_DOOR:
        return used
    used = replace(used, up_at=change.at, entered_at=None)
    if change.began:
        comes_back = day.out_at is not None and change.at - day.out_at >= ERRAND
        return replace(used, out_at=change.at, entered_at=change.at if comes_back else None)
    if day.entered_at is not None and change.at - day.entered_at <= ERRAND:
        return used  # whoever came in and was seen since is home; if nobody was, nobody is yet
    return replace(used, out_at=change.at)


def _is_up(day: Day, change: Change) -> bool:
    """Movement in a room that is known not to be the bedroom."""
    if change.channel is Channel.BED or not change.active:
        return False
    return change.room not in {"", day.bedroom} and change.room not in BEDROOMS


def _was_up(day: Day, bed: OutOfBed | None, limits: Limits) -> bool:
    assert day.up_due_at is not None
    since = morning_of(day.up_due_at, limits)
    if bed is not None:
        since = min(since, bed.left_at)
    return day.up_at is not None and day.up_at >= since


def _not_up(day: Day, bed: OutOfBed | None, at: datetime, limits: Limits, around: Around) -> Edge:
    assert day.up_due_at is not None
    morning = morning_of(day.up_due_at, limits)
    text = f"Om {clock(at, limits)} nog niet op: sinds {clock(morning, limits)} geen beweging"
    text += " buiten de slaapkamer"
    text += "." if bed is None else f"; uit bed sinds {clock(bed.left_at, limits)}."
    return finding(day.device, Kind.NOT_UP, day.up_due_at, at, text + not_heard(around))


def _inactive(day: Day, since: datetime, at: datetime, limits: Limits, around: Around) -> Edge:
    minutes = (at - since) // timedelta(minutes=1)
    text = f"Geen beweging sinds {clock(since, limits)}, {minutes // 60} uur {minutes % 60} min."
    if day.moved_at is not None and day.moved_at < since:
        local = day.moved_at.astimezone(limits.zone)
        text += f" De laatste was op {local.day}-{local.month} om {local:%H:%M}."
    return finding(day.device, Kind.INACTIVITY, since, at, text + not_heard(around))


def _not_home(day: Day, at: datetime, limits: Limits) -> Edge:
    assert day.out_at is not None
    text = f"Buitendeur gebruikt om {clock(day.out_at, limits)}; om {clock(at, limits)} nog geen"
    return finding(day.device, Kind.NOT_HOME, day.out_at, at, f"{text} beweging binnen.")
