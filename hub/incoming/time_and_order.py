"""When did it happen, and is it news? By the device's own counter and clock, as far as they go."""

from datetime import datetime, timedelta
from uuid import uuid5

from adapters.contract import Kind, Level, Phase, Reading
from hub.decoders.heard import Heard
from hub.incoming.device_clock import LATE, Telling, is_wrong, needs_a_look_back
from hub.store.devices import ChannelState
from hub.store.events import Event
from hub.store.messages import Proof
from hub.store.unit_of_work import UnitOfWork

DAY = timedelta(days=1)
ONCE_A_DAY = frozenset({Kind.BATTERY_LOW, Kind.CLOCK_WRONG, Kind.KEY_REUSED})


async def clock_is_wrong(uow: UnitOfWork, heard: Heard, reading: Reading) -> bool:
    """Whether a device's clock shows that it is wrong; what it told before helps to say."""
    if reading.occurred_at is None:
        return False
    arrival = heard.arrival
    told = Telling(reading.occurred_at, arrival.received_at)
    again = arrival.replayed or arrival.duplicate
    if heard.device is None or again or not needs_a_look_back(told):
        return is_wrong(told, None)
    return is_wrong(told, await uow.events.last_told(heard.device.id))


def was_outrun(before: ChannelState | None, reading: Level) -> bool:
    """Whether a channel is known to have said something newer, by the device's own counter."""
    counter = reading.counter
    if before is None or counter is None or before.number is None:
        return False
    return before.series == counter.series and counter.number <= before.number


def is_history(before: ChannelState, reading: Level, received_at: datetime) -> bool:
    """Whether a reading tells of long ago, as it was kept somewhere: it says nothing of now.

    What can ring is never history by its age.
    """
    if reading.kind is not None or reading.occurred_at is None:
        return False
    told = Telling(reading.occurred_at, received_at)
    return told.behind > LATE and not is_wrong(told, _telling(before))


def _telling(before: ChannelState) -> Telling | None:
    return None if before.said_at is None else Telling(before.said_at, before.seen_at)


async def is_outrun(uow: UnitOfWork, event: Event, reading: Reading) -> bool:
    """Whether a newer event of this kind is stored, by the device's own counter."""
    counter = reading.counter
    if counter is None or event.device_id is None:
        return False
    return await uow.events.outran(event.device_id, event.kind, counter.series, counter.number)


async def due_again_at(uow: UnitOfWork, event: Event, kind: Kind) -> datetime:
    """Say when a kind that is told once a day may be told of this device; if now, it counts.

    Stored, so that restarts and other hubs keep to it.
    """
    thing = event.device_id or event.gateway_id
    proof = Proof(event.organisation_id, f"{thing}/once", kind.value, b"")
    told = await uow.messages.sight(proof, event.id, event.received_at)
    if told.times > 1:
        if event.received_at < (again := told.first_at + DAY):
            return again
        await uow.messages.sight_anew(proof, event.id, event.received_at)
    return event.received_at


def about_the_device(event: Event, kind: Kind) -> Event:
    """Make the technical event that goes with one."""
    return Event(
        id=uuid5(event.id, kind.value),
        organisation_id=event.organisation_id,
        subject_id=event.subject_id,
        kind=kind,
        phase=Phase.POINT,
        occurred_at=event.received_at,
        received_at=event.received_at,
        home_id=event.home_id,
        client_ids=event.client_ids,
        device_id=event.device_id,
        gateway_id=event.gateway_id,
        adapter=event.adapter,
        adapter_version=event.adapter_version,
        room=event.room,
        unknown_device=event.unknown_device,
        message_id=event.message_id,
    )
