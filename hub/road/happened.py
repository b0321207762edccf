"""What has happened, and the alert it opens, joins or takes back."""

from datetime import datetime
from uuid import UUID

from adapters.contract import Kind, Phase
from hub.road.raising import raise_alerts
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.unit_of_work import UnitOfWork


async def record_event(uow: UnitOfWork, event: Event, subject: Subject) -> UUID | None:
    """Store an event with the alert it opened, joined or took back. The subject is locked."""
    (alert_id,) = await raise_alerts(uow, [(event, subject)])
    return alert_id


def noticed(event_id: UUID, kind: Kind, subject: Subject, now: datetime) -> Event:
    """Make an event that no device told, but the hub or somebody at it, at this moment."""
    return Event(
        id=event_id,
        organisation_id=subject.organisation_id,
        subject_id=subject.subject_id,
        kind=kind,
        phase=Phase.POINT,
        occurred_at=now,
        received_at=now,
        home_id=subject.home_id,
        client_ids=subject.client_ids,
    )
