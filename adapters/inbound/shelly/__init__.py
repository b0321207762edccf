"""Shelly, second generation and later: its RPC notifications over MQTT, as they come.

The device's key is its MQTT prefix, which ends in its own id. README.md says how to connect one.
"""

from adapters.contract import Binding, Channel, Decoded, Ignored, Inbound, Outcome, Rejected
from adapters.fields import Fields, Unreadable
from adapters.inbound.shelly import components
from adapters.readings import level
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible

_EVENTS, _ONLINE = "events/rpc", "online"
# What else a device publishes: answers, the same state once more, its own log.
_REST = ("rpc", "command", "debug/log", "announce", "info")


def identify(inbound: Inbound) -> str | None:
    """What stands before `/events/rpc`, `/online` or `/status/...`; None when nothing does."""
    return visible(_split(inbound.topic)[0]) or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One notification, or that the device is there or gone.

    A notification whose `src` is not the end of the device's key is an `identity_mismatch`.
    """
    _, rest = _split(inbound.topic)
    if rest == _ONLINE:
        return Decoded((level(binding.device, Channel.OFFLINE, not _is_online(inbound.payload)),))
    if rest != _EVENTS:
        return Ignored(f"topic {visible(rest, 60)!r}: what matters of it is in {_EVENTS} as well")
    message = strict_json(inbound.payload)
    source = message.text("src")
    if source.casefold() != binding.device.rpartition("/")[2].casefold():
        detail = f"src: the message says {source!r}, its topic {binding.device!r}"
        return Rejected("identity_mismatch", detail)
    return _notified(message, binding)


def _split(topic: str) -> tuple[str, str]:
    """The device and what follows it; a topic of another form is all device."""
    for rest in (_EVENTS, _ONLINE, *_REST):
        if topic.endswith(f"/{rest}"):
            return topic.removesuffix(f"/{rest}"), rest
    device, status, rest = topic.rpartition("/status/")
    return (device, f"status/{rest}") if status else (topic, "")


def _is_online(payload: bytes) -> bool:
    said = payload.strip()
    if said not in {b"true", b"false"}:
        raise Unreadable("wrong_value", "online: send true or false")
    return said == b"true"


def _notified(message: Fields, binding: Binding) -> Outcome:
    match message.text("method"):
        case "NotifyEvent":
            return components.events(message.inner("params"), binding)
        case "NotifyStatus":
            return components.status(message.inner("params"), binding, whole=False)
        case "NotifyFullStatus":
            return components.status(message.inner("params"), binding, whole=True)
        case other:
            return Rejected("unknown_message", f"method: {other!r} is no notification")
