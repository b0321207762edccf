"""Writes what was heard: raw message, states, events, alerts, in one transaction.

Lock order, always: clients (or device, gateway where unbound) by id -> device states by id ->
lifestyle conditions -> alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from adapters.contract import Edge, Kind, Level, Reading, Rejected
from hub.decoders.heard import Heard
from hub.incoming.becoming import QUARANTINED, event_of, stored, test_press, unreadable
from hub.incoming.channels import Channels, device_ids
from hub.incoming.copies import Likeness, foresee, likeness
from hub.incoming.exits import confirm_exits, holds_exit
from hub.incoming.holding import (
    ends_a_hold,
    hold_mains,
    hold_or_record,
    may_be_told,
    tell_once_a_day,
)
from hub.incoming.keeping import keep_new, only_new
from hub.incoming.settling import Happened
from hub.incoming.time_and_order import (
    ONCE_A_DAY,
    clock_is_wrong,
    is_outrun,
)
from hub.incoming.whose import lock_subjects
from hub.road.happened import record_event
from hub.store.care import Subject
from hub.store.devices import ChannelState
from hub.store.events import Event
from hub.store.messages import keeping
from hub.store.unit_of_work import UnitOfWork
from hub.waiting.doses import is_no_news, while_a_dose_is_due
from hub.waiting.pressed import wait_for_word

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
    new = await only_new(uow, heard)
    subjects = await lock_subjects(uow, new, *keeping([stored(one) for one in new]))
    levels = [one for one in new if any(isinstance(reading, Level) for reading in one.readings)]
    states = await uow.devices.lock_states(device_ids(levels)) if levels else {}
    channels, happened = Channels(uow, states), Happened(uow)
    foreseen = await foresee(uow, new)
    for one in new:
        subject = subjects[one.id]
        if isinstance(one.outcome, Rejected) and not one.refused:
            happened.add(unreadable(one, subject), subject)
        for number, reading in enumerate(one.readings):
            await happened.settle_of(one)
            like = await likeness(uow, foreseen, one, number, reading)
            if like is not Likeness.COPY:
                await _record_reading(channels, happened, one, number, reading, subject, like)
    await happened.settle()
    await channels.finish(heard)
    for one in new:
        if (press := test_press(one, subjects[one.id])) is not None:
            await wait_for_word(uow, press)
    await confirm_exits(uow, new)
    uow.touched |= {"board", "due"}


async def record_broken(uow: UnitOfWork, heard: Heard, why: str) -> None:
    """Store a message that could not be stored as it is, and say so at the care centre."""
    broken = replace(heard, outcome=Rejected("not_storable", why), refused="")
    if not await keep_new(uow, [broken]):
        return
    subjects = await lock_subjects(uow, [broken])
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
    subjects = await lock_subjects(uow, [heard])
    await record_event(uow, unreadable(heard, subjects[heard.id]), subjects[heard.id])
    uow.touched |= {"board", "due", "outbox"}


async def _record_reading(
    channels: Channels,
    happened: Happened,
    heard: Heard,
    number: int,
    reading: Reading,
    subject: Subject,
    like: Likeness,
) -> None:
    uow = channels.uow
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
        await hold_or_record(happened, event, reading, heard, subject)
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
        await hold_mains(channels.uow, event, event.device_id, heard)
    elif not await holds_exit(channels.uow, event):
        happened.add(event, subject)


async def _is_history(channels: Channels, event: Event, reading: Edge, heard: Heard) -> bool:
    """A kind told today, a taking back of what was outrun, a dose that concerns no open alert."""
    uow, before = channels.uow, tuple(channels.said)
    said = channels.note_dose(heard, reading)
    if said is not None and await is_no_news(uow, said, before):
        return True
    if event.kind in MAINS and await ends_a_hold(uow, event):
        return True
    if event.withdraws:
        return await is_outrun(uow, event, reading)
    return event.kind in ONCE_A_DAY and not await may_be_told(uow, event, event.kind)
