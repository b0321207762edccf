"""The frames of GPS watches (the `watch` protocol), where they come in without Traccar.

Source: WatchProtocolDecoder of Traccar. `[3G*6907919734*003e*AL_LTE,170525,214118,V,...]`: maker,
the watch's number, length, type, and for a position the fields of `_POSITION`, in UTC.
"""

import re
from datetime import UTC, datetime

from adapters.contract import (
    Binding,
    Decoded,
    Edge,
    Ignored,
    Kind,
    Outcome,
    Position,
    ProofOfCopy,
    Reading,
)
from adapters.fields import Fields, Unreadable
from adapters.positions import position
from adapters.readings import SideFields, battery

_FRAME = re.compile(
    rb"\[[A-Z0-9]{2}\*(\d{1,20})\*(?:[0-9A-Za-z]{1,8}\*)?[0-9A-Fa-f]{4}\*(\w{1,20}),?([^\[\]]*)\]"
)
_OF_A_POSITION = ("UD", "AL", "WT")
_MOMENT = "%d%m%y%H%M%S"
# Places in the list after a position's type.
_DATE, _TIME, _VALID, _LAT, _NORTH, _LON, _EAST, _BATTERY, _STATUS = 0, 1, 2, 3, 4, 5, 6, 12, 15
_BITS = {
    1: Kind.LEFT_ZONE,
    16: Kind.BUTTON,
    18: Kind.LEFT_ZONE,
    20: Kind.NOT_WORN,
    21: Kind.FALL,
    22: Kind.FALL,
}
_HARMLESS = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 17 | 1 << 19  # battery, back in a zone, movement


def is_frame(payload: bytes) -> bool:
    """Whether this is a watch's frame and no JSON: `[`, two characters and `*`."""
    return payload[:1] == b"[" and payload[3:4] == b"*"


def device_of(payload: bytes) -> str | None:
    """The watch's number; None where it cannot be read."""
    found = _FRAME.match(payload.strip())
    return None if found is None else found[1].decode()


def decode(payload: bytes, binding: Binding) -> Outcome:
    """One frame: an alarm, a position, a sign of life. Raises Unreadable."""
    found = _FRAME.fullmatch(payload.strip())
    if found is None:
        raise Unreadable("broken_frame", "the frame of a watch is not whole: send one, to its ]")
    said, values = found[2].decode(), found[3].decode("ascii", "replace").split(",")
    if said.startswith(_OF_A_POSITION):
        return Decoded(_position(said, values, binding))
    if said == "LK":
        return Decoded(_power(values, 2, binding))
    return Ignored(f"frame {said}: nothing that tells of the client")


def _position(said: str, values: list[str], binding: Binding) -> tuple[Reading, ...]:
    if len(values) <= _STATUS:
        raise Unreadable("broken_frame", f"the frame has {len(values)} fields: send 16 or more")
    at, status = _at(values), _status(values)
    kinds = sorted({kind for bit, kind in _BITS.items() if status >> bit & 1})
    if said.startswith("AL") and not kinds and (status == 0 or status & ~_HARMLESS):
        kinds = [Kind.MANUAL]  # an alarm of a sort that nobody knows
    fix = _fix(values, at)
    key = None if at is None else ProofOfCopy(f"{said} {values[_DATE]} {values[_TIME]}")
    found: list[Reading] = [
        Edge(binding.device, kind, occurred_at=at, key=key, position=fix)
        for kind in kinds or [Kind.HEARTBEAT]
    ]
    return (*found, *_power(values, _BATTERY, binding))


def _status(values: list[str]) -> int:
    try:
        return int(values[_STATUS], 16)
    except ValueError as error:
        raise Unreadable("broken_frame", "status: field 16 is no hexadecimal number") from error


def _at(values: list[str]) -> datetime | None:
    try:
        return datetime.strptime(values[_DATE] + values[_TIME], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _fix(values: list[str], at: datetime | None) -> Position | None:
    if values[_VALID] != "A":
        return None
    try:
        south = -1 if values[_NORTH] == "S" else 1
        west = -1 if values[_EAST] == "W" else 1
        place = Fields({"lat": south * float(values[_LAT]), "lon": west * float(values[_LON])})
    except ValueError:
        return None
    return position(place, ("lat", "lon", "acc"), at, SideFields())


def _power(values: list[str], at: int, binding: Binding) -> tuple[Reading, ...]:
    said = values[at] if at < len(values) else ""
    if not said.isdecimal() or len(said) > 3:  # left out, or no percentage
        return ()
    power = battery(binding.device, Fields({"battery": int(said)}), SideFields())
    return () if power is None else (power,)
