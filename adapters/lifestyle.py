"""Sensor facts of one client over time -> lifestyle events: state in, state and events out.

Two rules for now. NOT_BACK_IN_BED: left the bed in the night, and neither back nor moving in
another room for longer than the client's limit. LEFT_HOME: an outside door opened in the
night, and nobody moved indoors within three minutes. `State` is a small value that the hub
stores per client; nothing waits in memory: `due_at` says when to look again with `ripen`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.contract import Channel, Edge, Kind, Phase, Scalar
from adapters.lifestyle_state import DoorOpened, OutOfBed, State

__all__ = ["Change", "Limits", "Outcome", "State", "night_end", "observe", "ripen"]

LEAST_LIMIT, MOST_LIMIT = timedelta(minutes=15), timedelta(minutes=45)
INDOORS_WITHIN = timedelta(minutes=3)
STALE_AFTER = timedelta(days=1)
OUTSIDE_DOOR = "outside_door"
_MOVEMENT = frozenset({Channel.MOTION, Channel.OCCUPANCY})


@dataclass(frozen=True, slots=True)
class Change:
    """What a device of the client says about a level, live, at `at` (aware UTC).

    `before` is what it said last, None when it was never heard: that only sets the state.
    Saying the same again is allowed and keeps the data fresh. `role` and `room` are those of
    the device's binding.
    """

    at: datetime
    device: str
    channel: Channel
    active: bool
    before: bool | None
    role: str = ""
    room: str = ""

    @property
    def began(self) -> bool:
        """It was inactive, and is active now."""
        return self.before is False and self.active

    @property
    def ended(self) -> bool:
        """It was active, and is inactive now."""
        return self.before is True and not self.active


@dataclass(frozen=True, slots=True)
class Limits:
    """What the care plan says: how long out of bed, the night in local time.

    `out_of_bed` counts as 15 minutes at least and 45 at most. `paused` is True while a carer is
    present or the client is away.
    """

    out_of_bed: timedelta = timedelta(minutes=20)
    night_from: time = time(23)
    night_until: time = time(7)
    time_zone: str = "Europe/Amsterdam"
    paused: bool = False

    @property
    def wait(self) -> timedelta:
        """The limit for being out of bed, within its floor and cap."""
        return min(max(self.out_of_bed, LEAST_LIMIT), MOST_LIMIT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, and what was found.

    A finding's `value["explanation"]` says in plain Dutch why. A finding that `withdraws` takes
    an earlier one back (same `correlation_key`): the client is back.
    """

    state: State
    findings: tuple[Edge, ...] = ()


def observe(state: State, change: Change, limits: Limits) -> Outcome:
    """Take one level into account, after whatever was due before it."""
    earlier: tuple[Edge, ...] = ()
    if state.due_at is not None and state.due_at < change.at:
        ripened = ripen(state, change.at, limits)
        state, earlier = ripened.state, ripened.findings
    bed, door = state.bed, state.door
    findings = list(earlier)
    if change.channel is Channel.BED:
        bed = _bed_said(state.bed, change, limits, findings)
    if change.channel in _MOVEMENT and bed is not None:
        bed = _moved(bed, change)
    if door is not None and _indoors(change):
        findings += _back_home(door, change, limits)
        door = None
    if change.channel is Channel.DOOR and change.role == OUTSIDE_DOOR:
        door = _door_said(door, change, limits)
    return Outcome(_scheduled(replace(state, bed=bed, door=door), limits), tuple(findings))


def ripen(state: State, now: datetime, limits: Limits) -> Outcome:
    """Look at what was waited for; calling it early or twice is harmless.

    While paused nothing is found, and the wait for the bed starts again when the pause ends.
    """
    if limits.paused:
        bed = None if state.bed is None else replace(state.bed, still_since=now)
        return Outcome(_scheduled(State(bed=bed), limits))
    state = _without_stale(state, now)
    findings: list[Edge] = []
    bed, door = state.bed, state.door
    if bed is not None and _reached(_bed_due_at(bed, limits), now):
        findings.append(_not_back_in_bed(bed, now, limits))
        bed = replace(bed, told=True)
    if door is not None and _reached(_door_due_at(door), now):
        findings.append(_left_home(door, limits))
        door = replace(door, told_for=door.opened_at)
    return Outcome(_scheduled(replace(state, bed=bed, door=door), limits), tuple(findings))


def night_end(at: datetime, limits: Limits) -> datetime | None:
    """When the night that `at` falls in is over (aware UTC); None by day.

    A night belongs to the day on which it starts; both moments are local time, so it is an hour
    shorter or longer when the clock changes.
    """
    zone = ZoneInfo(limits.time_zone)
    local = at.astimezone(zone)
    crosses = limits.night_from > limits.night_until
    first = local.date()
    if crosses and local.time() < limits.night_until:
        first -= timedelta(days=1)
    starts = datetime.combine(first, limits.night_from, zone).astimezone(UTC)
    last = first + timedelta(days=1) if crosses else first
    ends = datetime.combine(last, limits.night_until, zone).astimezone(UTC)
    return ends if starts <= at < ends else None


def _bed_said(
    bed: OutOfBed | None, change: Change, limits: Limits, findings: list[Edge]
) -> OutOfBed | None:
    if change.active:
        if bed is not None and bed.told:
            text = f"Terug in bed om {_clock(change.at, limits)}."
            findings.append(
                _finding(bed.device, Kind.NOT_BACK_IN_BED, bed.left_at, change.at, text, back=True)
            )
        return None
    if change.ended:
        return OutOfBed(change.device, change.room, change.at, change.at, change.at)
    return bed if bed is None or bed.device != change.device else replace(bed, heard_at=change.at)


def _moved(bed: OutOfBed, change: Change) -> OutOfBed:
    """Movement counts in a room known to be another one; without a room, in doubt, it does not."""
    elsewhere = "" not in {bed.room, change.room} and bed.room != change.room
    if elsewhere and (change.began or change.ended):
        return replace(bed, still_since=max(bed.still_since, change.at), moved_at=change.at)
    return bed


def _indoors(change: Change) -> bool:
    """A sensor that falls silent says nothing: the hall's does so after the client has gone."""
    return change.began and (change.channel in _MOVEMENT or change.channel is Channel.BED)


def _back_home(door: DoorOpened, change: Change, limits: Limits) -> tuple[Edge, ...]:
    if door.told_for is None:
        return ()
    text = f"Weer beweging binnen om {_clock(change.at, limits)}."
    back = _finding(door.device, Kind.LEFT_HOME, door.told_for, change.at, text, back=True)
    return (back,)


def _door_said(door: DoorOpened | None, change: Change, limits: Limits) -> DoorOpened | None:
    if door is not None and not door.told:
        return door if door.device != change.device else replace(door, heard_at=change.at)
    if change.began and not limits.paused and night_end(change.at, limits) is not None:
        told_for = None if door is None else door.told_for
        return DoorOpened(change.device, change.at, change.at, told_for)
    return door


def _scheduled(state: State, limits: Limits) -> State:
    moments = (
        None if state.bed is None else _bed_due_at(state.bed, limits),
        None if state.door is None else _door_due_at(state.door),
    )
    return replace(state, due_at=min((one for one in moments if one is not None), default=None))


def _bed_due_at(bed: OutOfBed, limits: Limits) -> datetime | None:
    """When the limit is reached; None when that is by day, when people are up."""
    due_at, ends_at = bed.still_since + limits.wait, night_end(bed.left_at, limits)
    return None if bed.told or ends_at is None or due_at > ends_at else due_at


def _door_due_at(door: DoorOpened) -> datetime | None:
    return None if door.told else door.opened_at + INDOORS_WITHIN


def _reached(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now


def _without_stale(state: State, now: datetime) -> State:
    """Forget what rests on a sensor not heard for a day."""
    bed, door = state.bed, state.door
    return replace(
        state,
        bed=None if bed is not None and now - bed.heard_at > STALE_AFTER else bed,
        door=None if door is not None and now - door.heard_at > STALE_AFTER else door,
    )


def _not_back_in_bed(bed: OutOfBed, now: datetime, limits: Limits) -> Edge:
    minutes = (now - bed.left_at) // timedelta(minutes=1)
    elsewhere = "geen beweging elders."
    if bed.moved_at is not None:
        elsewhere = f"laatste beweging elders om {_clock(bed.moved_at, limits)}."
    text = f"Uit bed om {_clock(bed.left_at, limits)}, {minutes} min; {elsewhere}"
    found = _finding(
        bed.device, Kind.NOT_BACK_IN_BED, bed.left_at, bed.still_since + limits.wait, text
    )
    return replace(found, value={**found.value, "minutes": minutes})


def _left_home(door: DoorOpened, limits: Limits) -> Edge:
    text = f"Buitendeur open om {_clock(door.opened_at, limits)}; geen beweging binnen in 3 min."
    due_at = door.opened_at + INDOORS_WITHIN
    return _finding(door.device, Kind.LEFT_HOME, door.opened_at, due_at, text)


def _finding(
    device: str, kind: Kind, began_at: datetime, at: datetime, text: str, *, back: bool = False
) -> Edge:
    value: dict[str, Scalar] = {"explanation": text}
    return Edge(
        device=device,
        kind=kind,
        phase=Phase.END if back else Phase.START,
        occurred_at=at,
        withdraws=back,
        value=value,
        correlation_key=f"{kind.value}/{began_at.isoformat()}",
    )


def _clock(moment: datetime, limits: Limits) -> str:
    return f"{moment.astimezone(ZoneInfo(limits.time_zone)):%H:%M}"
