"""Work that a care plan gives its team: it stands in the technical queue until somebody did it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from adapters.contract import Kind
from hub.road.happened import noticed, record_event
from hub.store.unit_of_work import UnitOfWork


async def make_work(
    uow: UnitOfWork,
    organisation_id: UUID,
    client_id: UUID | None,
    event_id: UUID,
    said: str,
    now: datetime,
) -> None:
    """Put it on the board, about a client or about nobody in particular, in these Dutch words.

    The same id a second time changes nothing.
    """
    clients = () if client_id is None else (client_id,)
    await uow.care.lock(clients, ())
    subject = await uow.care.subject(client_id, None) if clients else None
    if subject is None:
        subject = uow.care.nobody(organisation_id, organisation_id)
    if await uow.registry.alert_of_event(event_id) is None:
        event = noticed(event_id, Kind.PLAN_REVIEW, subject, now)
        await record_event(uow, replace(event, adapter="hub", explanation=said), subject)
    uow.touched |= {"board", "due", "outbox"}
