"""What Zigbee2MQTT says of itself, and of devices that come and go."""

from dataclasses import replace

from adapters.contract import Binding, Channel, Decoded, Ignored, Outcome
from adapters.fields import Unreadable
from adapters.readings import level
from adapters.strict_json import strict_json

_LEAVES = "device_leave"
_RETURNS = frozenset({"device_announce", "device_joined"})


def named_device(what: str, payload: bytes) -> str | None:
    """The device a `bridge/event` is about; None for all else."""
    if what != "event":
        return None
    try:
        return strict_json(payload).inner("data").text("friendly_name")
    except Unreadable:
        return None


def decode(what: str, payload: bytes, binding: Binding) -> Outcome:
    """`state` is the gateway's, `event` a device's; the rest is administration.

    Raises Unreadable.
    """
    if what == "state":
        offline = _says_offline(payload)
        return Decoded((level(binding.device, Channel.GATEWAY_OFFLINE, offline),))
    if what == "event":
        return _event(payload, binding)
    return Ignored("administration of the bridge")


def availability(payload: bytes, binding: Binding) -> Outcome:
    """Whether Zigbee2MQTT still hears the device. Raises Unreadable."""
    if payload == b"":
        return Ignored("the kept availability was deleted")
    return Decoded((level(binding.device, Channel.OFFLINE, _says_offline(payload)),))


def _event(payload: bytes, binding: Binding) -> Outcome:
    event = strict_json(payload)
    what = event.text("type")
    if what != _LEAVES and what not in _RETURNS:
        return Ignored(f"bridge event {what!r}")
    event.inner("data").text("friendly_name")
    gone = level(binding.device, Channel.OFFLINE, what == _LEAVES)
    return Decoded((replace(gone, value={"event": what}),))


def _says_offline(payload: bytes) -> bool:
    """Read `{"state": "offline"}`, or the bare word that older versions send."""
    bare = payload.strip()
    if bare in {b"online", b"offline"}:
        return bare == b"offline"
    said = strict_json(payload).text("state")
    if said not in {"online", "offline"}:
        raise Unreadable("wrong_value", "state: send online or offline")
    return said == "offline"
