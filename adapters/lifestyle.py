"""Sensor facts of one client over time -> lifestyle events: state in, state and events out.

By night: NOT_BACK_IN_BED, left the bed, and neither back nor moving in another room for longer
than the client's limit; LEFT_HOME, an outside door opened and nobody moved indoors within three
minutes. By day, where a limit was set: NOT_UP, INACTIVITY, NOT_HOME (`lifestyle_day`). `State` is
a small value that the hub stores per client; nothing waits in memory: `due_at` says when to look
again with `ripen`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.contract import Channel, Edge, Kind
from adapters.lifestyle_day import begun, day_ripened, day_said, out_due_at, still_due_at, up_due_at
from adapters.lifestyle_gaps import gaps, hears_elsewhere
from adapters.lifestyle_limits import Around, Limits, Sensor, clock, night_end
from adapters.lifestyle_said import MOVEMENT, OUTSIDE_DOOR, Change, finding
from adapters.lifestyle_state import DoorOpened, OutOfBed, State

__all__ = [
    "Around", "Change", "Limits", "Outcome", "Sensor", "State", "night_end", "observe", "ripen",
]  # fmt: skip

INDOORS_WITHIN = timedelta(minutes=3)
STALE_AFTER = timedelta(days=1)
# A sensor that repeats itself moves `heard_at` once in so long, so that the hub need not store each
# word of it; staleness allows for it, so that nothing is forgotten that was heard within a day.
HEARD_EVERY = timedelta(minutes=1)
AROUND = Around()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, and what was found.

    A finding's `value["explanation"]` says in plain Dutch why. A finding that `withdraws` takes
    an earlier one back (same `correlation_key`): the client is back.
    """

    state: State
    findings: tuple[Edge, ...] = ()


def observe(state: State, change: Change, limits: Limits, around: Around = AROUND) -> Outcome:
    """Take one level into account, after what was due before it by night."""
    state, earlier = _ripen_night(_paused(state, change.at, around), change.at, limits, around)
    bed, door = state.bed, state.door
    findings = list(earlier)
    if change.channel is Channel.BED and not change.shared:
        bed = _bed_said(state.bed, change, limits, findings)
    if change.channel in MOVEMENT and bed is not None and not change.shared:
        bed = _moved(bed, change)
    if door is not None and _indoors(change):
        findings += _back_home(door, change, limits)
        door = None
    if change.channel is Channel.DOOR and change.role == OUTSIDE_DOOR:
        door = _door_said(door, change, limits, around)
    state, back = _day_said(State(bed, door, state.day, state.paused), change, limits)
    return Outcome(_scheduled(state, change.at, limits, around), (*findings, *back))


def ripen(state: State, now: datetime, limits: Limits, around: Around = AROUND) -> Outcome:
    """Look at what was waited for; calling it early or twice is harmless.

    While paused nothing is found. When the pause ends every wait starts again.
    """
    state = _paused(state, now, around)
    if state.paused:
        return Outcome(_scheduled(state, now, limits, around))
    state, findings = _ripen_night(_without_silent(state, now, around), now, limits, around)
    if limits.by_day:
        day = begun(state.day, now, limits)
        day, found = day_ripened(day, state.bed, now, _watched(limits, around), around)
        state, findings = replace(state, day=day), (*findings, *found)
    return Outcome(_scheduled(state, now, limits, around), findings)


def _ripen_night(
    state: State, now: datetime, limits: Limits, around: Around
) -> tuple[State, tuple[Edge, ...]]:
    if state.paused:
        return state, ()
    bed, door = state.bed, state.door
    findings: list[Edge] = []
    if bed is not None and _waited(bed, now, limits) and _reached(_bed_due_at(bed, limits), now):
        findings.append(_not_back_in_bed(bed, now, limits, around))
        bed = replace(bed, told=True)
    if door is not None and _reached(_door_due_at(door), now):
        findings.append(_left_home(door, limits, around))
        door = replace(door, told_for=door.opened_at)
    return (replace(state, bed=bed, door=door) if findings else state), tuple(findings)


def _paused(state: State, now: datetime, around: Around) -> State:
    """Whether a carer is there now; when she has gone, every wait starts again."""
    if around.paused_until is not None:
        door = state.door if state.door is not None and state.door.told_for is not None else None
        return replace(state, paused=True, door=door)
    if not state.paused:
        return state
    bed = None if state.bed is None else replace(state.bed, still_since=now)
    day = None if state.day is None else replace(state.day, since=now, out_at=None, out_for=None)
    return replace(state, paused=False, bed=bed, day=day)


def _day_said(state: State, change: Change, limits: Limits) -> tuple[State, tuple[Edge, ...]]:
    if change.shared or not limits.by_day:
        return (state if limits.by_day or state.day is None else replace(state, day=None)), ()
    day, back = day_said(begun(state.day, change.at, limits), change, limits)
    if state.paused and day.out_at == change.at:  # whoever visits goes out of the door, too
        day = replace(day, out_at=None)
    return replace(state, day=day), back


def _bed_said(
    bed: OutOfBed | None, change: Change, limits: Limits, findings: list[Edge]
) -> OutOfBed | None:
    if change.active:
        if bed is not None and bed.told:
            text = f"Terug in bed om {clock(change.at, limits)}."
            findings.append(
                finding(bed.device, Kind.NOT_BACK_IN_BED, bed.left_at, change.at, text, back=True)
            )
        return None
    if change.ended:
        return OutOfBed(change.device, change.room, change.at, change.at, change.at)
    if bed is None or bed.device != change.device or change.at - bed.heard_at < HEARD_EVERY:
        return bed
    return replace(bed, heard_at=change.at)


def _moved(bed: OutOfBed, change: Change) -> OutOfBed:
    """Movement counts in a room known to be another one; without a room, in doubt, it does not."""
    elsewhere = "" not in {bed.room, change.room} and bed.room != change.room
    if elsewhere and (change.began or change.ended):
        return replace(bed, still_since=max(bed.still_since, change.at), moved_at=change.at)
    return bed


def _indoors(change: Change) -> bool:
    """A sensor that falls silent says nothing: the hall's does so after the client has gone."""
    return change.began and (change.channel in MOVEMENT or change.channel is Channel.BED)


def _back_home(door: DoorOpened, change: Change, limits: Limits) -> tuple[Edge, ...]:
    if door.told_for is None:
        return ()
    text = f"Weer beweging binnen om {clock(change.at, limits)}."
    back = finding(door.device, Kind.LEFT_HOME, door.told_for, change.at, text, back=True)
    return (back,)


def _door_said(
    door: DoorOpened | None, change: Change, limits: Limits, around: Around
) -> DoorOpened | None:
    if door is not None and not door.told:
        known = door.device != change.device or change.at - door.heard_at < HEARD_EVERY
        return door if known else replace(door, heard_at=change.at)
    paused = around.paused_until is not None
    if change.began and not paused and night_end(change.at, limits) is not None:
        told_for = None if door is None else door.told_for
        return DoorOpened(change.device, change.at, change.at, told_for)
    return door


def _scheduled(state: State, now: datetime, limits: Limits, around: Around) -> State:
    if state.paused:
        return _due(state, around.paused_until)
    moments = [
        None if state.bed is None else _bed_due_at(state.bed, limits),
        None if state.door is None else _door_due_at(state.door),
    ]
    if state.day is not None and limits.by_day:
        watched = _watched(limits, around)
        moments.append(up_due_at(state.day, watched, around))
        moments.append(still_due_at(state.day, now, watched, around))
        moments.append(out_due_at(state.day, watched, around))
    return _due(state, min((one for one in moments if one is not None), default=None))


def _due(state: State, at: datetime | None) -> State:
    return state if state.due_at == at else replace(state, due_at=at)


def _waited(bed: OutOfBed, now: datetime, limits: Limits) -> bool:
    """Whether it may be told, before the dearer question of which night it was."""
    return not bed.told and bed.still_since + limits.wait <= now


def _bed_due_at(bed: OutOfBed, limits: Limits) -> datetime | None:
    """When the limit is reached; None when that is by day, when people are up."""
    due_at, ends_at = bed.still_since + limits.wait, night_end(bed.left_at, limits)
    return None if bed.told or ends_at is None or due_at > ends_at else due_at


def _door_due_at(door: DoorOpened) -> datetime | None:
    return None if door.told else door.opened_at + INDOORS_WITHIN


def _reached(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now


def _without_silent(state: State, now: datetime, around: Around) -> State:
    """Forget what rests on a sensor that is lost, or was not heard for a day."""
    bed, door, heard_after = state.bed, state.door, now - STALE_AFTER - HEARD_EVERY
    silent = {one.device for one in around.sensors or () if one.silent}
    if bed is not None and (bed.device in silent or bed.heard_at < heard_after):
        bed = None
    if door is not None and (door.device in silent or door.heard_at < heard_after):
        door = None
    return replace(state, bed=bed, door=door)


def _watched(limits: Limits, around: Around) -> Limits:
    """The limits of the rules that have something to rest on now."""
    blind = {one.kind for one in gaps(limits, around)}
    return replace(
        limits,
        up_by=None if Kind.NOT_UP in blind else limits.up_by,
        inactive_for=None if Kind.INACTIVITY in blind else limits.inactive_for,
        home_by=None if Kind.NOT_HOME in blind else limits.home_by,
    )


def _not_back_in_bed(bed: OutOfBed, now: datetime, limits: Limits, around: Around) -> Edge:
    minutes = (now - bed.left_at) // timedelta(minutes=1)
    elsewhere = "geen beweging elders."
    if bed.moved_at is not None:
        elsewhere = f"laatste beweging elders om {clock(bed.moved_at, limits)}."
    elif not hears_elsewhere(bed.room, around):
        elsewhere = "of er elders beweging is, wordt nu niet gemeten."
    text = f"Uit bed om {clock(bed.left_at, limits)}, {minutes} min; {elsewhere}"
    found = finding(
        bed.device, Kind.NOT_BACK_IN_BED, bed.left_at, bed.still_since + limits.wait, text
    )
    return replace(found, value={**found.value, "minutes": minutes})


def _left_home(door: DoorOpened, limits: Limits, around: Around) -> Edge:
    indoors = "geen beweging binnen in 3 min."
    if not hears_elsewhere("", around):
        indoors = "of er binnen beweging is, wordt nu niet gemeten."
    text = f"Buitendeur open om {clock(door.opened_at, limits)}; {indoors}"
    due_at = door.opened_at + INDOORS_WITHIN
    return finding(door.device, Kind.LEFT_HOME, door.opened_at, due_at, text)
