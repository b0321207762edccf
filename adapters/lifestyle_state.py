"""What the lifestyle rules wait for, as small values that can be stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

AS_IT_IS = frozenset({"device", "room", "bedroom", "told"})  # every other part is a moment


@dataclass(frozen=True, slots=True)
class OutOfBed:
    """The client left this bed; `still_since` is the last sign that all was well."""

    device: str
    room: str
    left_at: datetime
    still_since: datetime
    heard_at: datetime
    moved_at: datetime | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """An outside door opened and nobody has moved indoors since.

    `told_for` is the opening that was told of; the door may have opened again after it.
    """

    device: str
    opened_at: datetime
    heard_at: datetime
    told_for: datetime | None = None

    @property
    def told(self) -> bool:
        """This opening was told of."""
        return self.told_for == self.opened_at


@dataclass(frozen=True, slots=True)
class Day:
    """What the rules of the day rest on.

    `moved_at` is the last movement indoors, `up_at` the last outside the bedroom, `out_at` the
    last use of an outside door after which nobody moved, `entered_at` the last opening of one by
    somebody who may have come home, until it shuts. Nothing before `since` counts: the rules
    began to watch then, or a pause ended. The three `..._for` are what was told and not taken
    back: the moment of "up by", the stillness, the departure.
    """

    since: datetime
    device: str = ""
    bedroom: str = ""
    moved_at: datetime | None = None
    up_at: datetime | None = None
    out_at: datetime | None = None
    up_due_at: datetime | None = None
    not_up_for: datetime | None = None
    still_for: datetime | None = None
    out_for: datetime | None = None
    entered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is being waited for, and when to look again; serialisable to JSON.

    `paused`: at the last look a carer was there, or the client away.
    """

    bed: OutOfBed | None = None
    door: DoorOpened | None = None
    day: Day | None = None
    paused: bool = False
    due_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold and `from_json` reads back; what is empty is left out."""
        return _plain(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "State":
        """The state that was stored; an empty mapping is the state of a new client."""
        bed, door, day = (stored.get(name) for name in ("bed", "door", "day"))
        due_at = stored.get("due_at")
        return cls(
            bed=None if bed is None else OutOfBed(**_moments(bed)),
            door=None if door is None else DoorOpened(**_moments(door)),
            day=None if day is None else Day(**_moments(day)),
            paused=bool(stored.get("paused")),
            due_at=None if due_at is None else datetime.fromisoformat(due_at),
        )


def _plain(waiting: State | OutOfBed | DoorOpened | Day) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name in waiting.__slots__:
        value = getattr(waiting, name)
        if isinstance(value, datetime):
            plain[name] = value.isoformat()
        elif isinstance(value, str) or value is True:
            plain[name] = value
        elif value:  # neither None nor False
            plain[name] = _plain(value)
    return plain


def _moments(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if name in AS_IT_IS or value is None else datetime.fromisoformat(value)
        for name, value in stored.items()
    }
