"""When the parts of a rehearsal go down, and come up: the hub, and the outside broker."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulators.night import Night


class Turn(StrEnum):
    """What is switched; in this order where several fall on one moment."""

    BROKER_DOWN = "broker down"
    BROKER_UP = "broker up"
    DOWN = "down"
    KILLED = "killed"  # and started again at once
    UP = "up"


ENDS = {
    "hub_down": (Turn.DOWN, Turn.UP),
    "broker_down": (Turn.BROKER_DOWN, Turn.BROKER_UP),
}


@dataclass(frozen=True, slots=True, order=True)
class Switch:
    """One of them, at its moment."""

    at: datetime
    turn: Turn


def switches(night: Night) -> list[Switch]:
    """Every one of a night, in order."""
    return sorted(_switches(night))


def needs_broker(night: Night) -> bool:
    """Whether its gateways speak through an outside broker, which fails."""
    return any(one.what == "broker_down" for one in night.faults)


def _switches(night: Night) -> Iterator[Switch]:
    for fault in night.faults:
        begins, ends = fault.during.begins or night.start, fault.during.ends or night.end
        if fault.what == "hub_killed":
            yield Switch(begins, Turn.KILLED)
        elif fault.what in ENDS:
            down, up = ENDS[fault.what]
            yield Switch(begins, down)
            yield Switch(ends, up)
