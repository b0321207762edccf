"""Writes what was heard: raw message, states, events, alerts, in one transaction.

Lock order, always: clients (or device, gateway where unbound) by id -> device states by id ->
lifestyle conditions -> alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from adapters.contract import Channel, Edge, Kind, Level, Reading, Rejected
from escalation.kinds import RULES
from escalation.model import Priority
from escalation.modes import is_test
from hub.decoders.heard import Heard
from hub.incoming.becoming import QUARANTINED, event_of, stored, test_press, unreadable
from hub.incoming.channels import Channels, device_ids
from hub.incoming.copies import Likeness, likeness
from hub.incoming.exits import confirm_exits, holds_exit
from hub.incoming.keeping import keep_new
from hub.incoming.settling import Happened
from hub.incoming.time_and_order import (
    ONCE_A_DAY,
    about_the_device,
    clock_is_wrong,
    due_again_at,
    is_outrun,
)
from hub.road.happened import record_event
from hub.store.care import Subject
from hub.store.devices import ChannelState
from hub.store.events import Event
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import encode
from hub.waiting.doses import is_no_news, while_a_dose_is_due
from hub.waiting.pressed import is_waiting, wait_for_word

MAINS_HOLD = timedelta(minutes=15)
MAINS_HELD = f"hold:{Channel.MAINS_LOST}"
MAINS = frozenset({Kind.MAINS_LOST, Kind.MAINS_RESTORED})


async def _bringing_news(uow: UnitOfWork, heard: Sequence[Heard]) -> set[UUID]:
    """Say which devices bring news that may concern an alert: a technical state that changed."""
    said = [
        (one.device.id, reading)
        for one in heard
        if one.device is not None
        for reading in one.readings
        if isinstance(reading, Level) and reading.kind is not None
    ]
    known = await uow.devices.states({device_id for device_id, _ in said}) if said else {}
    return {device_id for device_id, reading in said if _is_news(known, device_id, reading)}


def _is_news(
    known: Mapping[tuple[UUID, str], ChannelState], device_id: UUID, reading: Level
) -> bool:
    before = known.get((device_id, reading.channel.value))
    return reading.active if before is None else reading.active != before.active


async def record_telemetry(uow: UnitOfWork, heard: Sequence[Heard]) -> Sequence[Heard]:
    """Store messages that concern no alert: raw rows, states, lifestyle conditions.

    Gives back, not stored, everything of devices that bring news which may concern an alert.
    """
    news = await _bringing_news(uow, heard)
    told = [one for one in heard if one.device is not None and one.device.id in news]
    plain = [one for one in heard if one.device is None or one.device.id not in news]
    if plain:
        new = await keep_new(uow, plain)
        batch = Channels(uow, await uow.devices.lock_states(device_ids(new)))
        for one in new:
            for reading in one.readings:
                if isinstance(reading, Edge):
                    batch.note_dose(one, reading)
                elif one.device is not None:
                    batch.set_state(one, reading)
        await batch.finish(plain)
        await confirm_exits(uow, new)
    return told


async def record_alarms(uow: UnitOfWork, heard: Sequence[Heard]) -> None:
    """Store messages that can ring, in order: each ends as opened, joined, or on the board."""
    new = await keep_new(uow, heard)
    subjects = await _lock_subjects(uow, new)
    levels = [one for one in new if any(isinstance(reading, Level) for reading in one.readings)]
    states = await uow.devices.lock_states(device_ids(levels)) if levels else {}
    channels, happened = Channels(uow, states), Happened(uow)
    for one in new:
        subject = subjects[one.id]
        if isinstance(one.outcome, Rejected) and not one.refused:
            happened.add(unreadable(one, subject), subject)
        for number, reading in enumerate(one.readings):
            await happened.settle_of(one)
            await _record_reading(channels, happened, one, number, reading, subject)
    await happened.settle()
    await channels.finish(heard)
    for one in new:
        if (press := test_press(one, subjects[one.id])) is not None:
            await wait_for_word(uow, press)
    await confirm_exits(uow, new)
    uow.touched |= {"board", "due", "outbox"}


async def record_broken(uow: UnitOfWork, heard: Heard, why: str) -> None:
    """Store a message that could not be stored as it is, and say so at the care centre."""
    broken = replace(heard, outcome=Rejected("not_storable", why), refused="")
    if not await keep_new(uow, [broken]):
        return
    subjects = await _lock_subjects(uow, [broken])
    event = unreadable(broken, subjects[broken.id], heard.readings)
    await record_event(uow, event, subjects[broken.id])
    uow.touched |= {"board", "due", "outbox"}


async def record_quarantined(uow: UnitOfWork, heard: Heard, why: str) -> None:
    """Keep a message about whose client nothing can be decided; the centre hears of its device."""
    code = heard.outcome.code if isinstance(heard.outcome, Rejected) else ""
    code = code if code in QUARANTINED else "not_decidable"
    broken = replace(heard, outcome=Rejected(code, why), refused="")
    if not await keep_new(uow, [broken]):
        return
    thing = heard.arrival.principal.gateway_id if heard.device is None else heard.device.id
    nobody = uow.care.nobody(heard.arrival.principal.organisation_id, thing)
    await record_event(uow, unreadable(broken, nobody, heard.readings), nobody)
    uow.touched |= {"board", "due", "outbox"}


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


async def _record_reading(
    channels: Channels,
    happened: Happened,
    heard: Heard,
    number: int,
    reading: Reading,
    subject: Subject,
) -> None:
    uow = channels.uow
    like = await likeness(uow, heard, number, reading)
    if like is Likeness.COPY:
        return
    wrong = await clock_is_wrong(uow, heard, reading)
    event = event_of(
        heard, number, reading, subject,
        clock_wrong=wrong, possible_repeat=like is Likeness.POSSIBLE_REPEAT,
    )  # fmt: skip
    event = await while_a_dose_is_due(uow, event)
    if isinstance(reading, Edge):
        await _record_edge(channels, happened, event, reading, heard, subject)
    elif heard.device is None:
        if reading.kind is not None and reading.active:
            happened.add(event, subject)
    elif channels.change(heard, reading):
        await _hold_or_record(happened, event, reading, heard, subject)
    if wrong:
        await tell_once_a_day(happened, event, Kind.CLOCK_WRONG, subject)
    if like is Likeness.KEY_REUSED:
        await tell_once_a_day(happened, event, Kind.KEY_REUSED, subject)


async def _record_edge(
    channels: Channels,
    happened: Happened,
    event: Event,
    reading: Edge,
    heard: Heard,
    subject: Subject,
) -> None:
    """What says nothing new is history, and changes no alert."""
    if await _is_history(channels, event, reading, heard):
        await channels.uow.events.add([(event, None)])
    elif event.kind is Kind.MAINS_LOST and event.device_id is not None and not event.withdraws:
        await _hold_mains(channels.uow, event, event.device_id, heard)
    elif not await holds_exit(channels.uow, event):
        happened.add(event, subject)


async def _is_history(channels: Channels, event: Event, reading: Edge, heard: Heard) -> bool:
    """A kind told today, a taking back of what was outrun, a dose that concerns no open alert."""
    uow, before = channels.uow, tuple(channels.said)
    said = channels.note_dose(heard, reading)
    if said is not None and await is_no_news(uow, said, before):
        return True
    if event.kind in MAINS and await _ends_a_hold(uow, event):
        return True
    if event.withdraws:
        return await is_outrun(uow, event, reading)
    return event.kind in ONCE_A_DAY and not await _may_be_told(uow, event, event.kind)


async def _ends_a_hold(uow: UnitOfWork, event: Event) -> bool:
    lost = event.kind is Kind.MAINS_LOST and not event.withdraws
    if lost or event.device_id is None:
        return False
    return await uow.ripenings.drop(event.device_id, MAINS_HELD)


async def _hold_mains(uow: UnitOfWork, event: Event, device_id: UUID, heard: Heard) -> None:
    """A device that only says that its mains went is held like a level; saying so again is not."""
    if await uow.ripenings.lock(device_id, MAINS_HELD) is None:
        due_at = event.received_at + _mains_hold(heard)
        waiting = Ripening(event.organisation_id, device_id, MAINS_HELD, encode(event), due_at)
        await uow.ripenings.put([waiting])


async def _hold_or_record(
    happened: Happened, event: Event, reading: Level, heard: Heard, subject: Subject
) -> None:
    """A level with a hold-off becomes an event only when it lasts; a P1 is never held.

    What is told once a day is held until the day is over.
    """
    uow = happened.uow
    hold_off, what = _hold_off(heard, reading), f"hold:{reading.channel}"
    daily = event.kind in ONCE_A_DAY
    if event.kind is Kind.LEFT_ZONE:
        if not await holds_exit(uow, event):
            happened.add(event, subject)
    elif event.device_id is None or not (hold_off or daily):
        happened.add(event, subject)
    elif not reading.active:
        if not await uow.ripenings.drop(event.device_id, what):
            happened.add(event, subject)
    else:
        due_at = event.received_at + hold_off
        if daily:
            due_at = max(due_at, await due_again_at(uow, event, event.kind))
        if due_at <= event.received_at:
            happened.add(event, subject)
        else:
            waiting = Ripening(event.organisation_id, event.device_id, what, encode(event), due_at)
            await uow.ripenings.put([waiting])


def _hold_off(heard: Heard, reading: Level) -> timedelta:
    if reading.kind is Kind.MAINS_LOST:
        return _mains_hold(heard)
    hold_off = timedelta() if heard.device is None else heard.device.binding.hold_off
    held = reading.kind is not None and _may_be_held(reading.kind)
    return hold_off if held else timedelta()


def _mains_hold(heard: Heard) -> timedelta:
    return (heard.device is not None and heard.device.binding.hold_off) or MAINS_HOLD


async def tell_once_a_day(happened: Happened, event: Event, kind: Kind, subject: Subject) -> None:
    """Say at the technical desk what is odd about the device of an event."""
    if await _may_be_told(happened.uow, event, kind):
        happened.add(about_the_device(event, kind), subject)


async def _may_be_told(uow: UnitOfWork, event: Event, kind: Kind) -> bool:
    return await due_again_at(uow, event, kind) <= event.received_at


def _may_be_held(kind: Kind) -> bool:
    rule = RULES.get(kind.value)
    return rule is not None and Priority.P1 not in (rule.priority, rule.at_night)


async def _lock_subjects(uow: UnitOfWork, heard: Sequence[Heard]) -> Mapping[UUID, Subject]:
    """Lock everybody these messages are about, in one order; whom each message is about."""
    clients = {one.device.client_id for one in heard if one.device and one.device.client_id}
    homes = {one.device.home_id for one in heard if one.device and one.device.home_id}
    known = await uow.care.lock_at_home(clients, homes)
    found: dict[UUID, Subject] = {}
    pressed = set[UUID]()
    for one in sorted(heard, key=_gateway_and_device):
        device = one.device
        subject = None if device is None else known.subject(device.client_id, device.home_id)
        if subject is not None and await _is_not_known_to_be_there(uow, one, subject, pressed):
            subject = None
        found[one.id] = subject or await _unbound(uow, one)
    return found


async def _is_not_known_to_be_there(
    uow: UnitOfWork, heard: Heard, subject: Subject, pressed: set[UUID]
) -> bool:
    """Whether it was given to them and never pressed since, and is not tested just now.

    One press is the test; a second before somebody said so may be a call for help. `pressed` are
    the devices whose first press is among these messages.
    """
    device = heard.device
    if device is None or not device.untested:
        return False
    if not is_test(subject.modes, heard.arrival.received_at):
        return True
    if test_press(heard, subject) is None:
        return False
    again = device.id in pressed or await is_waiting(uow, device.id)
    pressed.add(device.id)
    return again


def _gateway_and_device(heard: Heard) -> tuple[UUID, bytes]:
    device = b"" if heard.device is None else heard.device.id.bytes
    return heard.arrival.principal.gateway_id, device


async def _unbound(uow: UnitOfWork, heard: Heard) -> Subject:
    device, principal = heard.device, heard.arrival.principal
    device_id = None if device is None else device.id
    await uow.devices.lock_unbound(principal.gateway_id, device_id)
    home = await uow.care.subject(None, await uow.devices.home_of_gateway(principal.gateway_id))
    if device is None and home is not None:
        return home
    return uow.care.nobody(principal.organisation_id, device_id or _stranger(heard))


def _stranger(heard: Heard) -> UUID:
    """Stand for a device nobody registered: of two behind one gateway, each has its own wearer."""
    gateway_id = heard.arrival.principal.gateway_id
    if heard.key is None or heard.crowded:
        return gateway_id
    return uuid5(gateway_id, f"{heard.adapter}/{heard.key}")
