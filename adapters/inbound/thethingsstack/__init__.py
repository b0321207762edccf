"""The Things Stack v3: the messages of its MQTT server, webhooks and Pub/Sub, as they come.

The device's key is its id in The Things Stack. README.md says how to connect one.
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
    Rejected,
)
from adapters.fields import Fields, Unreadable
from adapters.lorawan.uplink import Uplink, from_base64, whole
from adapters.lorawan.uplink import decode as decode_uplink
from adapters.positions import position
from adapters.readings import SideFields, level
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible

# What the server says of messages to a device, and of what its own services made of one.
_IGNORED = {
    "downlink_ack": "a message to the device was acknowledged",
    "downlink_nack": "a message to the device was not acknowledged",
    "downlink_sent": "a message to the device was sent",
    "downlink_failed": "a message to the device failed",
    "downlink_queued": "a message to the device was queued",
    "downlink_queue_invalidated": "the queue of messages to the device was made anew",
    "uplink_normalized": "the same uplink again, as the server's own decoder read it",
    "service_data": "what a service of the server made of an uplink",
}


def identify(inbound: Inbound) -> str | None:
    """The device's id in the topic, else in the message; None where neither has one."""
    if (named := _of_topic(inbound.topic)) is not None:
        return visible(named[1])
    try:
        return strict_json(inbound.payload).inner("end_device_ids").text("device_id") or None
    except Unreadable:
        return None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One message about a device: an uplink, that it joined, where it is; or one to it.

    A message that names another device than its topic, or another DevEUI than the registry's
    option `dev_eui`, is rejected as `identity_mismatch`.
    """
    message = strict_json(inbound.payload)
    ids = message.inner("end_device_ids")
    if (refusal := _someone_else(inbound, ids, binding)) is not None:
        return refusal
    if "uplink_message" in message:
        return decode_uplink(_uplink(message, ids, binding), binding)
    if "join_accept" in message:
        return Decoded((level(binding.device, Channel.OFFLINE, active=False),))
    if "location_solved" in message:
        return _located(message, binding)
    for name, reason in _IGNORED.items():
        if name in message:
            return Ignored(reason)
    return Rejected("unknown_message", "uplink_message: not there, nor any other kind of message")


def _of_topic(topic: str) -> tuple[str, str] | None:
    """The application and device of `v3/<application>@<tenant>/devices/<device>/up`."""
    levels = topic.split("/")
    if "devices" not in levels[1:-1]:
        return None
    at = levels.index("devices", 1)
    return levels[at - 1].partition("@")[0], levels[at + 1]


def _someone_else(inbound: Inbound, ids: Fields, binding: Binding) -> Rejected | None:
    expected = _of_topic(inbound.topic)
    device = ids.text("device_id")
    if device != binding.device:
        return _mismatch("device_id", device, f"its topic {binding.device!r}")
    side = SideFields()
    application = side.read(
        side.read(ids.inner, "application_ids", Fields({})).text, "application_id", ""
    )
    if expected is not None and application not in ("", visible(expected[0])):
        return _mismatch("application_id", application, f"its topic {visible(expected[0])!r}")
    eui = side.read(ids.text, "dev_eui", "")
    known = str(binding.options.get("dev_eui", eui))
    if eui.casefold() != known.casefold():
        return _mismatch("dev_eui", eui, f"the registry {visible(known)!r}")
    return None


def _mismatch(name: str, said: str, other: str) -> Rejected:
    return Rejected(
        "identity_mismatch", f"end_device_ids.{name}: the message says {said!r}, {other}"
    )


def _uplink(message: Fields, ids: Fields, binding: Binding) -> Uplink:
    """Read an uplink. What is 0, false or empty is not there at all."""
    uplink, side = message.inner("uplink_message"), SideFields()
    number = side.read(lambda name: whole(uplink, name), "f_cnt", None)
    at = side.read(uplink.moment, "received_at", None, binding.time_zone)
    at = at or side.read(message.moment, "received_at", None, binding.time_zone)
    session = side.read(uplink.text, "session_key_id", "") or side.read(ids.text, "dev_addr", "")
    eui = side.read(ids.text, "dev_eui", "")
    version = side.read(uplink.inner, "version_ids", Fields({}))
    return Uplink(
        payload=from_base64(uplink, "frm_payload"),
        port=whole(uplink, "f_port"),
        models=(side.read(version.text, "model_id", ""),),
        at=at,
        proof=f"{eui} {session} {number}" if session and number is not None else "",
        session=session,
        count=number,
        test=side.read(message.flag, "simulated", False),
        read_elsewhere="decoded_payload" in uplink,
    )


def _located(message: Fields, binding: Binding) -> Outcome:
    solved, side = message.inner("location_solved"), SideFields()
    at = side.read(message.moment, "received_at", None, binding.time_zone)
    place = solved.inner("location")
    found = position(place, ("latitude", "longitude", "accuracy"), at, side)
    return Decoded((Edge(binding.device, Kind.HEARTBEAT, occurred_at=at, position=found),))
