"""Events: facts that happened, and the alert each of them belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.contract import Kind, Phase
from hub.store.tables import events


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: a fact, never a severity.

    `subject_id` is the client or home it is about, else the device or gateway that said it.
    `explanation` is a plain Dutch sentence, filled by rules that must explain themselves.
    `may_be_alarm` marks what cannot be read or judged and could be a call for help.
    """

    id: UUID
    organisation_id: UUID
    subject_id: UUID
    kind: Kind
    phase: Phase
    occurred_at: datetime
    received_at: datetime
    home_id: UUID | None = None
    client_ids: tuple[UUID, ...] = ()
    device_id: UUID | None = None
    gateway_id: UUID | None = None
    adapter: str = ""
    room: str = ""
    from_device_clock: bool = False
    late: bool = False
    replayed: bool = False
    test: bool = False
    withdraws: bool = False
    unknown_device: bool = False
    may_be_alarm: bool = False
    value: Mapping[str, Any] = field(default_factory=dict)
    correlation_key: str = ""
    explanation: str = ""
    message_id: UUID | None = None


ADD = sa.insert(events)


class Events:
    """The events of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def add(self, event: Event, alert_id: UUID | None) -> None:
        """Store an event and the alert it opened or joined, if any."""
        row = {
            "id": event.id,
            "organisation_id": event.organisation_id,
            "kind": event.kind.value,
            "phase": event.phase.value,
            "occurred_at": event.occurred_at,
            "received_at": event.received_at,
            "time_source": "device" if event.from_device_clock else "received",
            "late": event.late,
            "replayed": event.replayed,
            "test": event.test,
            "adapter": event.adapter,
            "device_id": event.device_id,
            "home_id": event.home_id,
            "client_ids": list(event.client_ids),
            "room": event.room,
            "value": dict(event.value),
            "correlation_key": event.correlation_key,
            "message_id": event.message_id,
            "alert_id": alert_id,
        }
        await self.db.execute(ADD, row)
