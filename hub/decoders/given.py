"""What a decoder is given of an arrival: bounded and storable, so that it can be given again.

A message is kept with exactly this. Who reads it again later, with another version of the adapter,
gives that version what the first one had.
"""

from adapters.contract import Inbound
from adapters.text import visible
from hub.sources.arrival import Arrival

MOST_BESIDE = 8 * 1024  # characters of all user properties together, as at the front door
MOST_PAIRS = 64
Pairs = tuple[tuple[str, str], ...]


def inbound_of(arrival: Arrival, topic: str) -> Inbound:
    """The arrival as its adapter reads it; `topic` is the vendor's own."""
    return Inbound(
        topic=topic,
        payload=b"" if arrival.discarded else arrival.payload,
        received_at=arrival.received_at,
        principal=f"{arrival.principal.organisation}/{arrival.principal.gateway}",
        content_type=content_type_of(arrival),
        qos=arrival.qos,
        replayed=arrival.replayed,
        user_properties=user_properties_of(arrival),
    )


def content_type_of(arrival: Arrival) -> str:
    """What its sender says that the payload is; at most 200 characters, none of them NUL."""
    return visible(arrival.content_type) if arrival.content_type else ""


def user_properties_of(arrival: Arrival) -> Pairs:
    """What its sender said beside the payload, as far as it fits; what is too much is left out.

    A call for help is not refused for what came along with it.
    """
    if not arrival.user_properties:
        return ()
    kept, room = list[tuple[str, str]](), MOST_BESIDE
    for name, value in arrival.user_properties[:MOST_PAIRS]:
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.append((visible(name, MOST_BESIDE), visible(value, MOST_BESIDE)))
    return tuple(kept)


def addressed(arrival: Arrival) -> tuple[str, str, str]:
    """Split a topic into adapter and the vendor's own; the third is why it is refused."""
    principal = arrival.principal
    if arrival.refused:
        return "", arrival.topic, arrival.refused
    if principal.listens:
        return "", arrival.topic, "this user listens and publishes nothing; use a gateway"
    if not arrival.topic.startswith(principal.prefix):
        return "", arrival.topic, f"topic is outside {principal.prefix}#"
    adapter, _, topic = arrival.topic.removeprefix(principal.prefix).partition("/")
    if adapter not in principal.adapters:
        named = ", ".join(sorted(principal.adapters)) or "none"
        return adapter, topic, f"this gateway may not use adapter {adapter!r} (it has: {named})"
    if not topic:
        return (
            adapter,
            topic,
            f"topic ends after the adapter; expected {principal.prefix}{adapter}/...",
        )
    return adapter, topic, ""
