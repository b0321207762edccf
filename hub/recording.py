"""Writes what was heard: raw message, states, events, alerts, in one transaction.

Lock order, always: clients (or device, gateway where unbound) by id -> device states by id ->
lifestyle conditions -> alert.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid5

from adapters.contract import Edge, Kind, Level, Reading, Rejected
from escalation.kinds import RULES
from escalation.model import Priority
from hub import lifestyle
from hub.becoming import event_of, stored, unreadable
from hub.handling import raise_alert
from hub.keeping import keep_new
from hub.reading import Heard
from hub.store.care import Subject
from hub.store.devices import ChannelState
from hub.store.events import Event
from hub.store.messages import ALWAYS, MessageOutcome, Stored
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import encode

COPIES_COME_WITHIN = timedelta(minutes=2)
MAINS_HOLD = timedelta(minutes=15)

States = dict[tuple[UUID, str], ChannelState]


async def changed_devices(uow: UnitOfWork, heard: Sequence[Heard]) -> set[UUID]:
    """Say which devices bring news that may concern an alert: a technical state that changed."""
    said = [
        (one.device.id, reading)
        for one in heard
        if one.device is not None
        for reading in one.readings
        if isinstance(reading, Level) and reading.kind is not None
    ]
    known = await uow.devices.states({device_id for device_id, _ in said})
    return {device_id for device_id, reading in said if _is_news(known, device_id, reading)}


def _is_news(
    known: Mapping[tuple[UUID, str], ChannelState], device_id: UUID, reading: Level
) -> bool:
    before = known.get((device_id, reading.channel.value))
    return reading.active if before is None else reading.active != before.active


async def record_telemetry(uow: UnitOfWork, heard: Sequence[Heard]) -> None:
    """Store messages that concern no alert: raw rows, states, lifestyle conditions."""
    new = await keep_new(uow, heard)
    batch = _Batch(uow, await uow.devices.lock_states(_device_ids(new)))
    for one in new:
        for reading in one.readings:
            if isinstance(reading, Level) and one.device is not None:
                batch.set_state(one, reading)
    await batch.finish(heard)


async def record_alarms(uow: UnitOfWork, heard: Sequence[Heard]) -> None:
    """Store messages that can ring, in order: each ends as opened, joined, or on the board."""
    new = await keep_new(uow, heard)
    subjects = await _lock_subjects(uow, new)
    batch = _Batch(uow, await uow.devices.lock_states(_device_ids(new)))
    for one in new:
        subject = subjects[one.id]
        if isinstance(one.outcome, Rejected) and not one.refused:
            await record_event(uow, unreadable(one, subject), subject)
        for number, reading in enumerate(one.readings):
            await _record_reading(batch, one, number, reading, subject)
    await batch.finish(heard)
    uow.touched |= {"board", "due", "outbox"}


async def record_broken(uow: UnitOfWork, heard: Heard, error: Exception | None) -> None:
    """Store a message that could not be stored as it is, and say so at the care centre."""
    detail = f"the hub could not store what this says: {type(error).__name__}"
    broken = replace(heard, outcome=Rejected("not_storable", detail), refused="")
    if not await keep_new(uow, [broken]):
        return
    subjects = await _lock_subjects(uow, [broken])
    event = unreadable(broken, subjects[broken.id], heard.readings)
    await record_event(uow, event, subjects[broken.id])
    uow.touched |= {"board", "due", "outbox"}


async def record_quarantined(uow: UnitOfWork, heard: Heard, error: Exception | None) -> None:
    """Keep a message about whose client nothing can be decided; the centre hears of its device."""
    detail = f"nothing can be decided about this: {type(error).__name__}"
    broken = replace(heard, outcome=Rejected("not_decidable", detail), refused="")
    if not await keep_new(uow, [broken], _quarantined):
        return
    thing = heard.arrival.principal.gateway_id if heard.device is None else heard.device.id
    nobody = uow.care.nobody(heard.arrival.principal.organisation_id, thing)
    await record_event(uow, unreadable(broken, nobody, heard.readings), nobody)
    uow.touched |= {"board", "due", "outbox"}


def _quarantined(heard: Heard) -> Stored:
    return replace(stored(heard), outcome=MessageOutcome.QUARANTINED)


async def record_loss(uow: UnitOfWork, heard: Heard, why: str) -> None:
    """Store what a gateway lost before it was a message, and say so; once an hour for a reason."""
    if not await _told_this_hour(uow, heard, why):
        await uow.messages.keep([stored(heard)])
        await _tell(uow, heard)


async def tell_refused(uow: UnitOfWork, heard: Heard) -> None:
    """Say at the technical desk that a gateway publishes what it may not; once an hour."""
    if not await _told_this_hour(uow, heard, "refused"):
        await _tell(uow, heard)


async def _told_this_hour(uow: UnitOfWork, heard: Heard, why: str) -> bool:
    arrival = heard.arrival
    return await uow.messages.seen_before(
        arrival.principal.organisation_id,
        f"{arrival.principal.gateway_id}/lost",
        f"{why}@{arrival.received_at:%Y-%m-%dT%H}",
        b"",
        heard.id,
        arrival.received_at,
    )


async def _tell(uow: UnitOfWork, heard: Heard) -> None:
    subjects = await _lock_subjects(uow, [heard])
    await record_event(uow, unreadable(heard, subjects[heard.id]), subjects[heard.id])
    uow.touched |= {"board", "due", "outbox"}


@dataclass(slots=True)
class _Batch:
    """What one transaction has learned about channels; written once, at the end."""

    uow: UnitOfWork
    states: States
    changed: States = field(default_factory=dict)
    moves: list[lifestyle.Move] = field(default_factory=list)

    def set_state(self, heard: Heard, reading: Level) -> ChannelState | None:
        """Remember what a channel says now; what it said before."""
        assert heard.device is not None
        key = (heard.device.id, reading.channel.value)
        before, at = self.states.get(key), heard.arrival.received_at
        same = before is not None and before.active == reading.active
        since = before.since if same and before is not None else at
        now = ChannelState(
            heard.device.id, heard.device.organisation_id, key[1], reading.active, since, at
        )
        self.states[key] = self.changed[key] = now
        if reading.channel in lifestyle.CHANNELS and not heard.arrival.replayed:
            said = None if before is None else before.active
            self.moves.append(lifestyle.Move(heard.device, reading, at, said))
        return before

    async def finish(self, heard: Sequence[Heard]) -> None:
        """Write the states, let the lifestyle rules look, and note the signs of life."""
        await self.uow.devices.put_states(self.changed.values())
        await lifestyle.observe_moves(self.uow, self.moves)
        at = max(one.arrival.received_at for one in heard)
        gateways = {one.arrival.principal.gateway_id for one in heard}
        await self.uow.devices.heard(_device_ids(heard), sorted(gateways), at)


async def _record_reading(
    batch: _Batch, heard: Heard, number: int, reading: Reading, subject: Subject
) -> None:
    if await _is_copy(batch.uow, heard, reading):
        return
    event = event_of(heard, number, reading, subject)
    if isinstance(reading, Edge):
        await record_event(batch.uow, event, subject)
    elif heard.device is None:
        if reading.kind is not None and reading.active:
            await record_event(batch.uow, event, subject)
    elif await _change(batch, heard, reading):
        await _hold_or_record(batch.uow, event, reading, heard, subject)


async def _change(batch: _Batch, heard: Heard, reading: Level) -> bool:
    before = batch.set_state(heard, reading)
    if reading.kind is None:
        return False
    return reading.active if before is None else reading.active != before.active


async def _hold_or_record(
    uow: UnitOfWork, event: Event, reading: Level, heard: Heard, subject: Subject
) -> None:
    """A level with a hold-off becomes an event only when it lasts; a P1 is never held."""
    hold_off = heard.device.binding.hold_off if heard.device is not None else timedelta()
    if reading.kind is Kind.MAINS_LOST:
        hold_off = hold_off or MAINS_HOLD
    held = hold_off and _may_be_held(event.kind)
    if not held or event.device_id is None:
        await record_event(uow, event, subject)
    elif reading.active:
        what, due_at = f"hold:{reading.channel}", event.received_at + hold_off
        await uow.ripenings.put(
            [Ripening(event.organisation_id, event.device_id, what, encode(event), due_at)]
        )
    elif not await uow.ripenings.drop(event.device_id, f"hold:{reading.channel}"):
        await record_event(uow, event, subject)


def _may_be_held(kind: Kind) -> bool:
    rule = RULES.get(kind.value)
    return rule is not None and Priority.P1 not in (rule.priority, rule.at_night)


async def record_event(uow: UnitOfWork, event: Event, subject: Subject) -> UUID | None:
    """Store an event with the alert it opened, joined or took back. The subject is locked."""
    alert_id = await raise_alert(uow, event, subject, event.received_at)
    await uow.events.add(event, alert_id)
    return alert_id


async def _is_copy(uow: UnitOfWork, heard: Heard, reading: Reading) -> bool:
    """Prove a copy: the vendor's own message id with the same bytes; in doubt it is none.

    An id may be a pendant's own number or a counter that starts again. So the same bytes without a
    moment in them, not marked by the transport as sent again, prove a copy for a short while only.
    """
    arrival = heard.arrival
    if reading.key is None:
        return False
    certain = arrival.duplicate or arrival.replayed or reading.occurred_at is not None
    since = ALWAYS if certain else arrival.received_at - COPIES_COME_WITHIN
    return await uow.messages.seen_before(
        arrival.principal.organisation_id,
        f"{arrival.principal.gateway_id}/{heard.adapter}/{heard.key}",
        f"{reading.key.value}#{reading.kind}",
        hashlib.sha256(arrival.payload).digest(),
        heard.id,
        arrival.received_at,
        since,
    )


async def _lock_subjects(uow: UnitOfWork, heard: Sequence[Heard]) -> Mapping[UUID, Subject]:
    """Lock everybody these messages are about, in one order; whom each message is about."""
    clients = {one.device.client_id for one in heard if one.device and one.device.client_id}
    homes = {one.device.home_id for one in heard if one.device and one.device.home_id}
    await uow.care.lock(clients, homes)
    found: dict[UUID, Subject] = {}
    for one in sorted(heard, key=_gateway_and_device):
        found[one.id] = await _subject(uow, one)
    return found


def _gateway_and_device(heard: Heard) -> tuple[UUID, bytes]:
    device = b"" if heard.device is None else heard.device.id.bytes
    return heard.arrival.principal.gateway_id, device


async def _subject(uow: UnitOfWork, heard: Heard) -> Subject:
    device, principal = heard.device, heard.arrival.principal
    if device is not None and (device.client_id or device.home_id):
        subject = await uow.care.subject(device.client_id, device.home_id)
        if subject is not None:
            return subject
    device_id = None if device is None else device.id
    await uow.devices.lock_unbound(principal.gateway_id, device_id)
    home = await uow.care.subject(None, await uow.devices.home_of_gateway(principal.gateway_id))
    if device is None and home is not None:
        return home
    return uow.care.nobody(principal.organisation_id, device_id or _stranger(heard))


def _stranger(heard: Heard) -> UUID:
    """Stand for a device nobody registered: of two behind one gateway, each has its own wearer."""
    gateway_id = heard.arrival.principal.gateway_id
    return gateway_id if heard.key is None else uuid5(gateway_id, f"{heard.adapter}/{heard.key}")


def _device_ids(heard: Iterable[Heard]) -> list[UUID]:
    return sorted({one.device.id for one in heard if one.device is not None})
