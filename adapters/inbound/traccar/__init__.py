"""Traccar: the events and positions it forwards, and the frames of GPS watches as they are.

The device's key is its unique id in Traccar, mostly the IMEI. README.md says how to connect one.
"""

from adapters.contract import Binding, Inbound, Outcome
from adapters.fields import Unreadable
from adapters.inbound.traccar import forwarded, watch
from adapters.strict_json import rejects_unreadable, strict_json


def identify(inbound: Inbound) -> str | None:
    """The unique id in the message, whatever its topic; None where it cannot be read."""
    if watch.is_frame(inbound.payload):
        return watch.device_of(inbound.payload)
    try:
        return strict_json(inbound.payload).inner("device").label("uniqueId") or None
    except Unreadable:
        return None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One event or position that Traccar forwards, or one frame of a watch.

    A message whose event, position and device do not belong together is an `identity_mismatch`.
    """
    if watch.is_frame(inbound.payload):
        return watch.decode(inbound.payload, binding)
    return forwarded.decode(strict_json(inbound.payload), binding)
