"""What the lifestyle rules wait for, as small values that can be stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
        """A dictionary that JSON can hold and `from_json` reads back."""
        return {
            "bed": None if self.bed is None else _plain(self.bed),
            "door": None if self.door is None else _plain(self.door),
            "day": None if self.day is None else _plain(self.day),
            "paused": self.paused,
            "due_at": None if self.due_at is None else self.due_at.isoformat(),
        }

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


def _plain(waiting: OutOfBed | DoorOpened | Day) -> dict[str, Any]:
    pairs = ((name, getattr(waiting, name)) for name in waiting.__slots__)
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in pairs
    }


def _moments(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if name.endswith(("_at", "_for", "since")) and value is not None
        else value
        for name, value in stored.items()
    }
