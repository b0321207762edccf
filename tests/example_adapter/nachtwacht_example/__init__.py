"""The pendants of a maker that does not exist: `<number>/up` with a line such as `PRESS;0017`.

A complete adapter in a package of its own, to begin yours from. Install it where the hub is
installed, and switch it on: NACHTWACHT_ADAPTERS=native,zigbee2mqtt,example
"""

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    Kind,
    Level,
    Outcome,
    Rejected,
)
from adapters.text import visible


def identify(inbound: Inbound) -> str | None:
    """The pendant's number is the first level of its topic."""
    return visible(inbound.topic.partition("/")[0]) or None


def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """Read one line: what happened, and the pendant's counter, which is no proof of a copy."""
    try:
        what, _, counter = inbound.payload.decode("ascii").partition(";")
    except UnicodeDecodeError:
        return Rejected("encoding", "payload is not ASCII: send PRESS;0017")
    if not counter.isdecimal():
        return Rejected("counter", "after the first ; must come a counter, as in PRESS;0017")
    if what == "PRESS":
        return Decoded((Edge(binding.device, Kind.BUTTON, value={"counter": int(counter)}),))
    if what in {"LOW", "GOOD"}:
        channel = Channel.BATTERY_LOW
        return Decoded((Level(binding.device, channel, what == "LOW", channel.kind),))
    if what == "ALIVE":
        return Decoded(())
    return Ignored(f"{visible(what)} is no word of this pendant")
