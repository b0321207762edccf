"""What the lifestyle rules wait for, as small values that can be stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MOMENTS = {"left_at", "still_since", "heard_at", "moved_at", "opened_at", "told_for"}


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
class State:
    """What is being waited for, and when to look again; serialisable to JSON."""

    bed: OutOfBed | None = None
    door: DoorOpened | None = None
    due_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold and `from_json` reads back."""
        return {
            "bed": None if self.bed is None else _plain(self.bed),
            "door": None if self.door is None else _plain(self.door),
            "due_at": None if self.due_at is None else self.due_at.isoformat(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "State":
        """The state that was stored; an empty mapping is the state of a new client."""
        bed, door, due_at = stored.get("bed"), stored.get("door"), stored.get("due_at")
        return cls(
            bed=None if bed is None else OutOfBed(**_moments(bed)),
            door=None if door is None else DoorOpened(**_moments(door)),
            due_at=None if due_at is None else datetime.fromisoformat(due_at),
        )


def _plain(waiting: OutOfBed | DoorOpened) -> dict[str, Any]:
    pairs = ((name, getattr(waiting, name)) for name in waiting.__slots__)
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in pairs
    }


def _moments(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in _MOMENTS and value is not None else value
        for name, value in stored.items()
    }
