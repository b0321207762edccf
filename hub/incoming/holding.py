"""What is held before it rings: levels that must last, mains that went, what is told once a day."""

from datetime import timedelta
from uuid import UUID

from adapters.contract import Channel, Kind, Level
from escalation.kinds import RULES
from escalation.model import Priority
from hub.decoders.heard import Heard
from hub.incoming.exits import holds_exit
from hub.incoming.settling import Happened
from hub.incoming.time_and_order import ONCE_A_DAY, about_the_device, due_again_at
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import encode

MAINS_HOLD = timedelta(minutes=15)
MAINS_HELD = f"hold:{Channel.MAINS_LOST}"


async def ends_a_hold(uow: UnitOfWork, event: Event) -> bool:
    """Whether a device says that its mains are back while their loss was still held."""
    lost = event.kind is Kind.MAINS_LOST and not event.withdraws
    if lost or event.device_id is None:
        return False
    return await uow.ripenings.drop(event.device_id, MAINS_HELD)


async def hold_mains(uow: UnitOfWork, event: Event, device_id: UUID, heard: Heard) -> None:
    """A device that only says that its mains went is held like a level; saying so again is not."""
    if await uow.ripenings.lock(device_id, MAINS_HELD) is None:
        due_at = event.received_at + _mains_hold(heard)
        waiting = Ripening(event.organisation_id, device_id, MAINS_HELD, encode(event), due_at)
        await uow.ripenings.put([waiting])


async def hold_or_record(
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
    if await may_be_told(happened.uow, event, kind):
        happened.add(about_the_device(event, kind), subject)


async def may_be_told(uow: UnitOfWork, event: Event, kind: Kind) -> bool:
    """Whether a kind that is told once a day was not told of this device today."""
    return await due_again_at(uow, event, kind) <= event.received_at


def _may_be_held(kind: Kind) -> bool:
    rule = RULES.get(kind.value)
    return rule is not None and Priority.P1 not in (rule.priority, rule.at_night)
