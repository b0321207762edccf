"""What Traccar forwards: an event with its position and device, or a position with its device."""

from dataclasses import replace
from datetime import datetime

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Ignored,
    Kind,
    Outcome,
    Position,
    ProofOfCopy,
    Reading,
    Rejected,
)
from adapters.fields import Fields, Unreadable
from adapters.positions import position
from adapters.readings import SideFields, battery, level, rings
from adapters.zones import crossed, spoken_of

# Traccar's own words for an alarm. `general` is how it names one that it knows no word for.
ALARMS = {
    "sos": Kind.BUTTON,
    "general": Kind.BUTTON,
    "fallDown": Kind.FALL,
    "geofence": Kind.LEFT_ZONE,
    "geofenceExit": Kind.LEFT_ZONE,
    "removing": Kind.NOT_WORN,
    "lowBattery": Kind.BATTERY_LOW,
    "lowPower": Kind.BATTERY_LOW,
    "powerOff": Kind.OFFLINE,
    "powerCut": Kind.MAINS_LOST,
    "powerRestored": Kind.MAINS_RESTORED,
    "tampering": Kind.TAMPER,
    "fault": Kind.FAULT,
}
# Of a car, or of a wearer who walks about: nothing that a person must be called for.
_OF_A_CAR = frozenset(
    {
        "vibration", "movement", "lowspeed", "overspeed", "powerOn", "door", "lock", "unlock",
        "geofenceEnter", "gpsAntennaCut", "tow", "idle", "highRpm", "hardAcceleration",
        "hardBraking", "hardCornering", "laneChange", "fatigueDriving", "jamming", "temperature",
        "parking", "bonnet", "footBrake", "fuelLeak",
    }
)  # fmt: skip
_ONLINE = {
    "deviceOnline": False, "deviceOffline": True, "deviceUnknown": True, "deviceInactive": True,
}  # fmt: skip
_IGNORED = frozenset(
    {
        "commandResult", "queuedCommandSent", "deviceMoving", "deviceStopped", "deviceOverspeed",
        "deviceFuelDrop", "deviceFuelIncrease", "ignitionOn", "ignitionOff", "deviceIdle",
        "maintenance", "driverChanged", "media",
    }
)  # fmt: skip
_NOTHING = Fields({})


def decode(message: Fields, binding: Binding) -> Outcome:
    """One forwarded message. Raises Unreadable."""
    device = message.inner("device")
    if (refusal := _someone_else(message, device, binding)) is not None:
        return refusal
    side = SideFields()
    place = side.read(message.inner, "position", _NOTHING)
    if "event" not in message:
        return _position(message.inner("position"), binding, side)
    return _event(message.inner("event"), message, place, binding, side)


def alarms(words: str, binding: Binding) -> list[Edge]:
    """What Traccar's words for alarms mean, with commas between; one nobody knows is an alarm."""
    found: list[Edge] = []
    for word in filter(None, (one.strip() for one in words.split(","))):
        if word not in _OF_A_CAR:
            kind = ALARMS.get(word, Kind.MANUAL)
            withdraws = kind is Kind.MAINS_RESTORED
            found.append(Edge(binding.device, kind, withdraws=withdraws, value={"alarm": word}))
    return found


def _someone_else(message: Fields, device: Fields, binding: Binding) -> Rejected | None:
    if (named := device.label("uniqueId")) != binding.device:
        detail = f"device.uniqueId: the message says {named!r}, not {binding.device!r}"
        return Rejected("identity_mismatch", detail)
    side = SideFields()
    own = side.read(device.label, "id", "")
    for name in ("event", "position"):
        other = side.read(side.read(message.inner, name, _NOTHING).label, "deviceId", own)
        if own not in ("", other):
            detail = f"{name}.deviceId: the message says {other!r}, device.id {own!r}"
            return Rejected("identity_mismatch", detail)
    return None


def _event(
    event: Fields, message: Fields, place: Fields, binding: Binding, side: SideFields
) -> Outcome:
    said = event.text("type")
    if said in _IGNORED:
        return Ignored(f"event {said!r}: nothing that tells of the client")
    at = side.read(event.moment, "eventTime", None, binding.time_zone)
    at = at or side.read(event.moment, "serverTime", None, binding.time_zone)
    if said in _ONLINE:
        gone = level(binding.device, Channel.OFFLINE, _ONLINE[said])
        return Decoded((replace(gone, occurred_at=at),))
    found: list[Edge] = []
    if said == "alarm":
        found = _told(event, place, binding, side)
    elif said in {"geofenceEnter", "geofenceExit"}:
        found = [_crossed(said == "geofenceEnter", message, binding, side)]
    else:
        raise Unreadable("unknown_event", f"event.type: {said!r} is not one of Traccar")
    own = side.read(event.label, "id", "")
    return Decoded(
        (*_dated(found, f"event {own}" if own else "", at, _fix(place, binding, side)),
         *_power(place, binding, side))
    )  # fmt: skip


def _told(event: Fields, place: Fields, binding: Binding, side: SideFields) -> list[Edge]:
    """The alarm in the event, else in its position; an alarm that says no more is one as well."""
    for one in (event, place):
        words = side.read(side.read(one.inner, "attributes", _NOTHING).text, "alarm", "")
        if words != "":
            return alarms(words, binding)
    return [Edge(binding.device, Kind.MANUAL, value={"alarm": ""})]


def _crossed(entered: bool, message: Fields, binding: Binding, side: SideFields) -> Edge:
    zone = side.read(side.read(message.inner, "geofence", _NOTHING).text, "name", "")
    kind = crossed(binding, zone, entered=entered) or Kind.HEARTBEAT
    return Edge(binding.device, kind, value=spoken_of(binding, zone))


def _position(place: Fields, binding: Binding, side: SideFields) -> Outcome:
    words = side.read(side.read(place.inner, "attributes", _NOTHING).text, "alarm", "")
    found = alarms(words, binding) or [Edge(binding.device, Kind.HEARTBEAT)]
    at = side.read(place.moment, "deviceTime", None, binding.time_zone)
    own = side.read(place.label, "id", "")
    readings = (
        *_dated(found, f"position {own}" if own else "", at, _fix(place, binding, side)),
        *_power(place, binding, side),
    )
    if side.fault is not None and not any(map(rings, readings)):
        raise side.fault
    return Decoded(readings)


def _fix(place: Fields, binding: Binding, side: SideFields) -> Position | None:
    """Where it was, with the moment of that fix, which may be long before the alarm."""
    if not side.read(place.flag, "valid", True):
        return None
    fixed_at = side.read(place.moment, "fixTime", None, binding.time_zone)
    return position(place, ("latitude", "longitude", "accuracy"), fixed_at, side)


def _dated(
    found: list[Edge], proof: str, at: datetime | None, fix: Position | None
) -> list[Reading]:
    key = ProofOfCopy(proof) if proof else None
    return [replace(one, occurred_at=at, key=key, position=fix) for one in found]


def _power(place: Fields, binding: Binding, side: SideFields) -> list[Reading]:
    attributes = side.read(place.inner, "attributes", _NOTHING)
    said = Fields({"battery": attributes.values.get("batteryLevel")})
    power = battery(binding.device, said, side)
    return [] if power is None else [power]
