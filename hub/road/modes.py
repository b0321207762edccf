"""What modes do to events as they happen: those that are muted wait, and carers are noticed.

An event that a mode mutes is stored and rings nobody. One that may still be true when the mode
ends waits in `ripenings` under its kind, and is looked at again then (`after_modes`).
"""

from datetime import datetime, timedelta
from uuid import uuid5

from adapters.contract import Kind
from escalation.modes import LONGEST, Mode, rings_afterwards
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.modes import MUTED, ModeSet
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import encode

CARER = frozenset({Kind.CARER_PRESENT, Kind.CARER_DONE})
VISIT: timedelta = LONGEST[Mode.CARER_PRESENT]


async def wait_for_the_end(
    uow: UnitOfWork, event: Event, subject: Subject, until: datetime
) -> None:
    """Keep a muted event to be looked at when its mode ends, where it may still be true then."""
    if rings_afterwards(subject.modes, event.received_at):
        what = f"{MUTED}{event.kind}"
        kept = Ripening(
            event.organisation_id, subject.subject_id, what, encode(event), due_at=until
        )
        await uow.ripenings.put([kept])


async def no_longer_true(uow: UnitOfWork, event: Event, subject: Subject) -> None:
    """Forget what was muted of this kind: the device says that it is over."""
    if subject.modes:
        await uow.ripenings.drop(subject.subject_id, f"{MUTED}{event.kind}")


async def notice_carer(uow: UnitOfWork, event: Event, subject: Subject) -> None:
    """Remember that a carer came or went, as a device says. The subject is locked."""
    now = event.received_at
    for client_id in subject.client_ids:
        if event.kind is Kind.CARER_DONE or event.withdraws:
            await uow.modes.end_of(client_id, Mode.CARER_PRESENT, None, now)
        else:
            visit = ModeSet(
                uuid5(event.id, str(client_id)),
                event.organisation_id,
                client_id,
                Mode.CARER_PRESENT,
                now,
                now + VISIT,
                None,
            )
            await uow.modes.set(visit, now)
