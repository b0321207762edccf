"""Keeps raw messages, each once: the transport may prove that one is stored already."""

import hashlib
from collections.abc import Sequence

from hub.decoders.heard import Heard
from hub.incoming.becoming import stored
from hub.sources.arrival import Arrival
from hub.store.mqtt_packets import Packet
from hub.store.unit_of_work import UnitOfWork


async def keep_new(uow: UnitOfWork, heard: Sequence[Heard]) -> list[Heard]:
    """Store the raw rows of these messages but for copies of stored ones; those that are new."""
    new = await only_new(uow, heard)
    await uow.messages.keep([stored(one) for one in new])
    return new


async def only_new(uow: UnitOfWork, heard: Sequence[Heard]) -> list[Heard]:
    """Say which of these messages are no copies of stored ones, to be kept by the caller.

    A copy is a packet its session sent before: same packet id, topic and payload, and not yet
    answered as far as its sender knows. At QoS 1 that is looked at for what can ring only; other
    messages do no harm twice. A copy is noted as well, as its "yes" must be as durable.
    """
    noted = [(one, packet) for one in heard if (packet := _packet(one)) is not None]
    copies = await uow.mqtt_packets.note([packet for _, packet in noted])
    known = {one.id for (one, _), copy in zip(noted, copies, strict=True) if copy}
    return [one for one in heard if one.id not in known]


def _packet(heard: Heard) -> Packet | None:
    arrival, delivery = heard.arrival, heard.arrival.delivery
    if delivery is None or (arrival.qos < 2 and not heard.can_ring):
        return None
    return Packet(
        delivery.session_id,
        delivery.packet_id,
        arrival.qos,
        _digest(arrival),
        delivery.generation,
        delivery.number,
        arrival.received_at,
        arrival.duplicate,
    )


def _digest(arrival: Arrival) -> str:
    """Of all that is kept of a message; the topic cannot hold a NUL."""
    size = str(arrival.discarded).encode()
    whole = b"\0".join((arrival.topic.encode("utf-8", "surrogatepass"), size, arrival.payload))
    return hashlib.sha256(whole).hexdigest()
