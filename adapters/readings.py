"""Readings every vendor has, said in one way: levels with their kind, the battery, side fields."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Concatenate, ParamSpec, TypeVar

from adapters.contract import Channel, Edge, Kind, Level, Reading
from adapters.fields import MISSING, Fields, Unreadable

BATTERY_LOW_PERCENT = 15
_Value = TypeVar("_Value")
_Other = TypeVar("_Other")
_Rest = ParamSpec("_Rest")
_INFORMS = frozenset({Kind.DISPENSED, Kind.EARLY_RELEASE, Kind.REFUSED})
_URGENT_FAMILIES = frozenset({"alarm", "lifestyle", "medication", "location"})


def level(device: str, channel: Channel, active: bool, *, test: bool = False) -> Level:
    """A level that becomes its channel's own event when it changes."""
    return Level(device, channel, active, kind=channel.kind, test=test)


def battery(device: str, fields: Fields, side: "SideFields") -> Level | None:
    """BATTERY_LOW from `battery_low` or `battery` (percent, low at 15); None where neither is."""
    says_low = side.read(fields.flag, "battery_low", None)
    percent = side.read(fields.number, "battery", None, 0, 200)
    if percent is None:
        return None if says_low is None else level(device, Channel.BATTERY_LOW, says_low)
    low = says_low is True or percent <= BATTERY_LOW_PERCENT
    return replace(level(device, Channel.BATTERY_LOW, low), value={"percent": percent})


def urgent(reading: Reading) -> bool:
    """Whether a person may have to be called for it; such a reading is never lost.

    The end of an alarm level counts too: a lost end would hide the next start.
    """
    return reading.kind is not None and urgent_kind(reading.kind)


def urgent_kind(kind: Kind) -> bool:
    """Whether a person may have to be called for an event of this kind."""
    return kind.family in _URGENT_FAMILIES


def only_informs(kind: Kind) -> bool:
    """Whether a kind of an urgent family is for the rules that wait for doses, and for nobody else.

    Such a message is kept without an event; no end must be heard before the next one counts.
    """
    return kind in _INFORMS


def rings(reading: Reading) -> bool:
    """Whether a person may have to be called now: urgent, and not the end of a level."""
    return urgent(reading) and (isinstance(reading, Edge) or reading.active)


@dataclass(slots=True)
class SideFields:
    """Fields beside the heart of a message: the first bad one is kept, and the reading goes on.

    Whoever decodes raises `fault` at the end, unless the message is urgent.
    """

    fault: Unreadable | None = None

    def read(
        self,
        take: Callable[Concatenate[str, _Rest], _Value],
        name: str,
        otherwise: _Other,
        *rest: _Rest.args,
        **named: _Rest.kwargs,
    ) -> _Value | _Other:
        """What `take(name)` reads, or `otherwise` where the field is missing or unreadable."""
        fields = getattr(take, "__self__", None)
        if isinstance(fields, Fields) and name not in fields:
            return otherwise  # most are not there, and an exception for each would cost the most
        try:
            return take(name, *rest, **named)
        except Unreadable as error:
            if error.code != MISSING:
                self.fault = self.fault or error
            return otherwise
