"""The first press of a device that was given to another, while somebody tests there.

It may be the test, or a call for help of whoever wore the device before. So it waits, on the
board, until somebody says which; a second press, or nobody saying so in time, rings at the care
centre as of an unknown wearer. Only a confirmed press makes the device the new wearer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import sqlalchemy as sa

from hub.road.happened import record_event
from hub.store.events import Event
from hub.store.ripenings import Ripening
from hub.store.tables import clients, devices, ripenings
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode, encode

WHAT = "test_press"
CONFIRM_WITHIN = timedelta(minutes=3)
UNTESTED = "untested_device"
UNCONFIRMED = (
    "Ingedrukt tijdens een test, en niemand heeft gezegd dat dit de test was."
    " Dit apparaat was van een ander: vraag wie het draagt."
)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press that waits for somebody to say whether it was the test."""

    device_id: UUID
    name: str
    rings_at: datetime


async def wait_for_word(uow: UnitOfWork, event: Event) -> None:
    """Let a press during a test ring in some minutes, unless somebody says that it was the test."""
    assert event.device_id is not None
    due_at = event.received_at + CONFIRM_WITHIN
    waiting = Ripening(event.organisation_id, event.device_id, WHAT, encode(event), due_at)
    await uow.ripenings.put([waiting])


async def is_waiting(uow: UnitOfWork, device_id: UUID) -> bool:
    """Whether a press of this device waits already."""
    return await uow.ripenings.read(device_id, WHAT) is not None


async def pressed_at(uow: UnitOfWork, client_id: UUID) -> Sequence[Pressed]:
    """List the presses that wait of devices given to this client or their home.

    Of one that was given to somebody else since, nobody can say any more that it was the test.
    """
    whose = sa.cast(sa.func.coalesce(devices.c.client_id, devices.c.home_id), sa.Text)
    home = sa.select(clients.c.home_id).where(clients.c.id == client_id).scalar_subquery()
    named = sa.func.coalesce(sa.func.nullif(devices.c.name, ""), devices.c.external_id)
    asked = (
        sa.select(devices.c.id, named, ripenings.c.due_at)
        .join(ripenings, ripenings.c.subject_id == devices.c.id)
        .where(ripenings.c.what == WHAT, ripenings.c.state["subject_id"].astext == whose)
        .where(sa.or_(devices.c.client_id == client_id, devices.c.home_id == home))
        .order_by(named)
    )
    return [Pressed(*row) for row in await uow.db.execute(asked)]


async def was_the_test(uow: UnitOfWork, device_id: UUID) -> bool:
    """Make the device its new wearer's; False when no press waits (any more). They are locked."""
    if not await uow.ripenings.drop(device_id, WHAT):
        return False
    await uow.devices.tested([device_id])
    return True


async def was_real(uow: UnitOfWork, device_id: UUID, now: datetime) -> bool:
    """Ring for a press at once; False when none waits (any more). Its client is locked."""
    row = await uow.ripenings.lock(device_id, WHAT)
    if row is None:
        return False
    await judge_test_press(uow, row, now)
    return True


async def judge_test_press(uow: UnitOfWork, row: Ripening, now: datetime) -> None:
    """Ring at the care centre, as of an unknown wearer, for what nobody said was the test."""
    await uow.ripenings.drop(row.subject_id, WHAT)
    event = decode(Event, row.state)
    nobody = uow.care.nobody(event.organisation_id, row.subject_id)
    rings = replace(
        event,
        id=uuid5(event.id, "unconfirmed"),
        received_at=now,
        subject_id=row.subject_id,
        client_ids=(),
        home_id=None,
        test=False,
        value={**event.value, UNTESTED: True},
        explanation=UNCONFIRMED,
    )
    await record_event(uow, rings, nobody)
