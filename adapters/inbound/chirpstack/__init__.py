"""ChirpStack v4: the events of its MQTT and HTTP integrations, marshalled as JSON.

The device's key is its DevEUI, in small letters. README.md says how to connect one.
"""

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    Kind,
    Outcome,
    ProofOfCopy,
    Rejected,
)
from adapters.fields import Fields, Unreadable
from adapters.lorawan.uplink import Uplink, from_base64, whole
from adapters.lorawan.uplink import decode as decode_uplink
from adapters.positions import position
from adapters.readings import SideFields, battery, level
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible

_IGNORED = {
    "ack": "a message to the device was acknowledged, or not",
    "txack": "a message to the device was sent by a gateway",
    "integration": "what another integration made of an uplink",
}
# Which event a message is by what only that one has, where its topic does not say (HTTP).
_TELLTALES = {
    "data": "up",
    "fPort": "up",
    "margin": "status",
    "code": "log",
    "acknowledged": "ack",
    "location": "location",
    "gatewayId": "txack",
    "integrationName": "integration",
    "devAddr": "join",
}


def identify(inbound: Inbound) -> str | None:
    """The DevEUI in the topic, else in the message; None where neither has one."""
    if (named := _of_topic(inbound.topic)) is not None:
        return named[0]
    try:
        said = strict_json(inbound.payload).inner("deviceInfo").text("devEui")
        return said.lower() or None
    except Unreadable:
        return None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One event: an uplink, a join, the battery, an error, a place; or one about a downlink.

    A message whose `deviceInfo.devEui` is another than its topic's is an `identity_mismatch`.
    """
    message = strict_json(inbound.payload)
    info = message.inner("deviceInfo")
    said = info.text("devEui").lower()
    if said != binding.device:
        detail = f"deviceInfo.devEui: the message says {said!r}, its topic {binding.device!r}"
        return Rejected("identity_mismatch", detail)
    match _event(inbound.topic, message):
        case "up":
            return decode_uplink(_uplink(message, info, binding), binding)
        case "join":
            return Decoded((level(binding.device, Channel.OFFLINE, active=False),))
        case "status":
            return _status(message, binding)
        case "log":
            return _log(message, binding)
        case "location":
            return _located(message, binding)
        case other if other in _IGNORED:
            return Ignored(_IGNORED[other])
        case other:
            return Rejected("unknown_message", f"event {other!r}: not one of ChirpStack v4")


def _of_topic(topic: str) -> tuple[str, str] | None:
    """The device and event of `application/<id>/device/<DevEUI>/event/<event>`."""
    levels = topic.split("/")
    if len(levels) < 4 or levels[-4] != "device" or levels[-2] != "event":
        return None
    return visible(levels[-3].lower()), visible(levels[-1])


def _event(topic: str, message: Fields) -> str:
    if (named := _of_topic(topic)) is not None:
        return named[1]
    return next((event for name, event in _TELLTALES.items() if name in message), "")


def _uplink(message: Fields, info: Fields, binding: Binding) -> Uplink:
    """Read an uplink. What is 0, false or empty may be not there at all."""
    side = SideFields()
    tags = side.read(info.inner, "tags", Fields({}))
    models = (side.read(tags.text, "model", ""), side.read(info.text, "deviceProfileName", ""))
    return Uplink(
        payload=from_base64(message, "data"),
        port=whole(message, "fPort"),
        models=tuple(one for one in models if one),
        at=side.read(message.moment, "time", None, binding.time_zone),
        proof=side.read(message.text, "deduplicationId", ""),
        session=side.read(message.text, "devAddr", ""),
        count=side.read(lambda name: whole(message, name), "fCnt", None),
        read_elsewhere="object" in message,
    )


def _status(message: Fields, binding: Binding) -> Outcome:
    """Read the battery's state. An empty battery is 0, and so left out."""
    side = SideFields()
    unknown = side.read(message.flag, "batteryLevelUnavailable", False)
    if unknown or side.read(message.flag, "externalPowerSource", False):
        return Decoded(())
    said = Fields({"battery": message.values.get("batteryLevel", 0)})
    power = battery(binding.device, said, side)
    if side.fault is not None:
        raise Unreadable("wrong_value", "batteryLevel: send a number from 0 to 100")
    return Decoded(() if power is None else (power,))


def _log(message: Fields, binding: Binding) -> Outcome:
    """Read what went wrong with a device: its keys, its counter, or somebody who imitates it."""
    said, code = message.text("level"), message.text("code")
    if said != "ERROR":
        return Ignored(f"{said} {code}")
    side = SideFields()
    context = side.read(message.inner, "context", Fields({}))
    own = side.read(context.text, "deduplication_id", "")
    return Decoded(
        (
            Edge(
                binding.device,
                Kind.FAULT,
                occurred_at=side.read(message.moment, "time", None, binding.time_zone),
                key=ProofOfCopy(f"log {own}") if own else None,
                value={"code": code},
            ),
        )
    )


def _located(message: Fields, binding: Binding) -> Outcome:
    side = SideFields()
    at = side.read(message.moment, "time", None, binding.time_zone)
    place = message.inner("location")
    found = position(place, ("latitude", "longitude", "accuracy"), at, side)
    return Decoded((Edge(binding.device, Kind.HEARTBEAT, occurred_at=at, position=found),))
