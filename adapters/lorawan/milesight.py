"""The bytes of Milesight's sensors: channel, type and value, one after another.

Sources: the tables in the README of each model in Milesight-IoT/SensorDecoders. Values are little
endian.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapters.contract import Binding, Channel, Edge, Kind, Reading
from adapters.fields import Fields, Unreadable
from adapters.lorawan import radar
from adapters.readings import SideFields, battery, level

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRESSES = {1: "short", 2: "long", 3: "double"}
_BATTERY, _HISTORY = (0x01, 0x75), (0x20, 0xCE)
# How many bytes what a device says of itself has, and what it answers to settings.
_OF_ITSELF = {
    0x01: 1, 0x08: 6, 0x09: 2, 0x0A: 2, 0x0B: 1, 0x0F: 1, 0x16: 8, 0xFE: 1, 0xFF: 2,
}  # fmt: skip
_ANSWERS = {
    0x02: 2, 0x03: 2, 0x04: 1, 0x06: 9, 0x10: 1, 0x11: 4, 0x27: 1, 0x28: 1, 0x2F: 1, 0x35: 8,
    0x3E: 1, 0x40: 1, 0x42: 1, 0x64: 1, 0x68: 1, 0x69: 1, 0x6A: 3, 0x6D: 1, 0x74: 1, 0x79: 6,
    0x84: 1, 0x8E: 3, 0x96: 8, 0xEA: 3,
}  # fmt: skip
_LONG_ANSWERS = {
    0x48: 1, 0x49: 9, 0x4A: 5, 0x4B: 9, 0x4C: 5, 0x4D: 1, 0x4E: 1, 0x4F: 12, 0x50: 2, 0x51: 6,
    0x52: 3, 0x53: 3, 0x56: 2,
}  # fmt: skip
_ANSWERS_WITH_RESULT = {kind: length + 1 for kind, length in _LONG_ANSWERS.items()}
_LENGTHS = {0xFE: _ANSWERS, 0xFF: _ANSWERS, 0xF8: _ANSWERS_WITH_RESULT, 0xF9: _LONG_ANSWERS}
Place = tuple[int, int]
Read = Callable[[bytes, Binding], list[Reading]]


@dataclass(frozen=True, slots=True)
class Part:
    """What one channel of a model says: how many bytes, and what to make of them."""

    length: int
    read: Read


def _nothing(_value: bytes, _binding: Binding) -> list[Reading]:
    return []


def _power(value: bytes, binding: Binding) -> list[Reading]:
    said = battery(binding.device, Fields({"battery": value[0]}), SideFields())
    return [] if said is None else [said]


def _flag(channel: Channel) -> Read:
    """Any value but 0 is active: a code that we do not know counts as the alarm."""

    def reading(value: bytes, binding: Binding) -> list[Reading]:
        inverted = binding.polarity == "inverted" and channel.kind is None
        return [level(binding.device, channel, (value[0] != 0) is not inverted)]

    return reading


def _press(value: bytes, binding: Binding) -> list[Reading]:
    kind = Kind.PULL_CORD if binding.role == "pull_cord" else Kind.BUTTON
    return [Edge(binding.device, kind, value={"press": _PRESSES.get(value[0], str(value[0]))})]


def _leak_before(value: bytes, binding: Binding) -> list[Reading]:
    """A leak that was kept while there was no network; its end is no news."""
    if value[7] == 0:
        return []
    return [Edge(binding.device, Kind.WATER, occurred_at=_moment(value), value={"kept": True})]


def _room(value: bytes, binding: Binding) -> list[Reading]:
    return radar.room(value[0], value[1], binding)


def _alarm(value: bytes, binding: Binding) -> list[Reading]:
    number = int.from_bytes(value[:2], "little")
    return radar.alarm(radar.Alarm(value[2], value[3], number, value[4]), binding)


def _alarm_before(value: bytes, binding: Binding) -> list[Reading]:
    """An alarm that was kept while there was no network: told late, and of its own moment."""
    at = _moment(value)
    told = [one for one in _alarm(value[4:], binding) if isinstance(one, Edge)]
    return [replace(one, occurred_at=at, value={**one.value, "kept": True}) for one in told]


def _moment(value: bytes) -> datetime:
    return _EPOCH + timedelta(seconds=int.from_bytes(value[:4], "little"))


_WS101 = {_BATTERY: Part(1, _power), (0xFF, 0x2E): Part(1, _press)}
_WS301 = {
    _BATTERY: Part(1, _power),
    (0x03, 0x00): Part(1, _flag(Channel.DOOR)),
    (0x04, 0x00): Part(1, _flag(Channel.TAMPER)),
}
_VS370 = {
    _BATTERY: Part(1, _power),
    (0x03, 0x00): Part(1, _flag(Channel.OCCUPANCY)),
    (0x04, 0x00): Part(1, _nothing),  # dim or bright
}
_VS373 = {
    (0x03, 0xF8): Part(6, _room),
    (0x04, 0xF9): Part(4, _nothing),  # which of four regions are occupied
    (0x05, 0xFA): Part(8, _nothing),  # how long out of each bed
    (0x06, 0xFB): Part(5, _alarm),
    _HISTORY: Part(9, _alarm_before),
}
_EM300_ZLD = {
    _BATTERY: Part(1, _power),
    (0x03, 0x67): Part(2, _nothing),  # temperature
    (0x04, 0x68): Part(1, _nothing),  # humidity
    (0x05, 0x00): Part(1, _flag(Channel.WATER)),
    _HISTORY: Part(8, _leak_before),
}
Found = tuple[list[Reading], Unreadable | None]


def ws101(payload: bytes, _port: int, binding: Binding) -> Found:
    """The button: every press is a call, a pull of the cord with role `pull_cord`."""
    return _readings(payload, _WS101, binding)


def ws301(payload: bytes, _port: int, binding: Binding) -> Found:
    """The magnet contact: door, open when active, and tamper."""
    return _readings(payload, _WS301, binding)


def vs370(payload: bytes, _port: int, binding: Binding) -> Found:
    """The presence radar: whether somebody is there."""
    return _readings(payload, _VS370, binding)


def vs373(payload: bytes, _port: int, binding: Binding) -> Found:
    """The fall radar: its alarms as they come, and what it sees of room and bed."""
    return _readings(payload, _VS373, binding)


def em300_zld(payload: bytes, _port: int, binding: Binding) -> Found:
    """The leak sensor: water, and water that was found while there was no network."""
    return _readings(payload, _EM300_ZLD, binding)


def _readings(payload: bytes, parts: Mapping[Place, Part], binding: Binding) -> Found:
    """What the bytes say as far as they can be read, and what stood in the way of the rest."""
    found: list[Reading] = []
    try:
        for place, value in _split(payload, parts):
            if place in parts:
                found.extend(parts[place].read(value, binding))
    except Unreadable as error:
        return found, error
    return found, None


def _split(payload: bytes, parts: Mapping[Place, Part]) -> Iterator[tuple[Place, bytes]]:
    at = 0
    while at < len(payload):
        place = (payload[at], payload[at + 1] if at + 1 < len(payload) else 0)
        length = parts[place].length if place in parts else _length_of(place)
        if length is None:
            raise Unreadable(
                "unknown_channel",
                f"byte {at}: this model has no channel {place[0]:02x} {place[1]:02x};"
                " correct its model in the registry",
            )
        if at + 2 + length > len(payload):
            raise Unreadable("truncated", f"byte {at}: the value ends early; {length} bytes asked")
        yield place, payload[at + 2 : at + 2 + length]
        at += 2 + length


def _length_of(place: Place) -> int | None:
    channel, kind = place
    if channel == 0xFF and kind in _OF_ITSELF:
        return _OF_ITSELF[kind]
    return _LENGTHS.get(channel, {}).get(kind)
