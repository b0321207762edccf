"""Work that a care plan gives its team: it stands in the technical queue until it is done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from adapters.contract import Kind
from escalation.triggers import Withdrawn
from hub.road.handling import handle
from hub.road.happened import noticed, record_event
from hub.store.unit_of_work import UnitOfWork
from hub.store.work import PlanWork


async def make_work(
    uow: UnitOfWork,
    organisation_id: UUID,
    client_id: UUID | None,
    event_id: UUID,
    said: str,
    now: datetime,
    about: UUID | None = None,
) -> None:
    """Put it on the board, about a client or about nobody in particular, in these Dutch words.

    The same id a second time changes nothing. `about` is what `finish_work` calls it by; the id
    itself, unless it is said.
    """
    clients = () if client_id is None else (client_id,)
    await uow.care.lock(clients, ())
    subject = await uow.care.subject(client_id, None) if clients else None
    if subject is None:
        subject = uow.care.nobody(organisation_id, organisation_id)
    if await uow.registry.alert_of_event(event_id) is None:
        event = noticed(event_id, Kind.PLAN_REVIEW, subject, now)
        await record_event(uow, replace(event, adapter="hub", explanation=said), subject)
        await PlanWork(uow.db).add(event_id, organisation_id, about or event_id)
    uow.touched |= {"board", "due", "outbox"}


async def finish_work(uow: UnitOfWork, about: Sequence[UUID], now: datetime) -> None:
    """Take work off the board that is done; an alert on which other work stands stays."""
    work = PlanWork(uow.db)
    found = await work.done(about, now)
    await uow.care.lock({one for row in found for one in row.client_ids}, ())
    for row in found:
        if not await work.is_left(row.id):
            trigger = Withdrawn(id=uuid5(row.id, now.isoformat()), kind=Kind.PLAN_REVIEW.value)
            await handle(uow, row.id, trigger, now)
    if found:
        uow.touched |= {"board", "due", "outbox"}
