"""Events: facts that happened, and the alert each of them belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.contract import Kind, Phase, Position
from hub.incoming.device_clock import Telling
from hub.store.many import many, put
from hub.store.straight import Straight, written
from hub.store.tables import alerts, events


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
    adapter_version: str = ""
    room: str = ""
    from_device_clock: bool = False
    late: bool = False
    replayed: bool = False
    test: bool = False
    withdraws: bool = False
    unknown_device: bool = False
    possible_repeat: bool = False
    clock_wrong: bool = False
    not_assured: bool = False  # nobody waited for a "yes", so the next one may be lost unseen
    may_be_alarm: bool = False
    value: Mapping[str, Any] = field(default_factory=dict)
    position: Position | None = None
    correlation_key: str = ""
    explanation: str = ""
    message_id: UUID | None = None


ADD = many(
    events,
    (
        "id",
        "organisation_id",
        "kind",
        "phase",
        "occurred_at",
        "received_at",
        "time_source",
        "late",
        "replayed",
        "test",
        "adapter",
        "adapter_version",
        "device_id",
        "home_id",
        "client_ids",
        "room",
        "value",
        "position",
        "correlation_key",
        "message_id",
        "alert_id",
    ),
)
NEWEST = written(
    sa.select(
        events.c.occurred_at,
        events.c.received_at,
        events.c.time_source,
        events.c.value["clock_said"].astext.label("clock_said"),
    )
    .where(events.c.device_id == sa.bindparam("device_id"))
    .where(events.c.kind != "technical.clock_wrong", events.c.kind != "technical.key_reused")
    .order_by(events.c.received_at.desc())
    .limit(1)
)
RESOLVED = b"""
SELECT device_id, kind
FROM unnest(%(devices)s::uuid[], %(kinds)s::text[], %(since)s::timestamptz[])
    AS asked (device_id, kind, since)
CROSS JOIN LATERAL (
    SELECT FROM events JOIN alerts ON alerts.id = events.alert_id
    WHERE events.device_id = asked.device_id AND events.kind = asked.kind
      AND alerts.resolved_at >= asked.since LIMIT 1
) AS found
"""
NEWER = written(
    sa.select(events.c.id)
    .where(events.c.device_id == sa.bindparam("device_id"))
    .where(events.c.kind == sa.bindparam("kind"), events.c.phase != "end")
    .where(events.c.value["series"].astext == sa.bindparam("series"))
    .where(sa.cast(events.c.value["number"].astext, sa.Numeric) > sa.bindparam("number"))
    .limit(1)
)


class Events:
    """The events of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def add(self, happened: Iterable[tuple[Event, UUID | None]]) -> None:
        """Store events, each with the alert it opened or joined, if any."""
        await put(self.straight, ADD, (_row(event, alert_id) for event, alert_id in happened))

    async def still_open(self, event_id: UUID) -> bool:
        """Say whether the alert that came of an event, if one did, is not resolved yet."""
        asked = (
            sa.select(alerts.c.id)
            .join(events, events.c.alert_id == alerts.c.id)
            .where(events.c.id == event_id, alerts.c.resolved_at.is_(None))
        )
        return (await self.db.execute(asked)).first() is not None

    async def resolved_since(
        self, asked: Sequence[tuple[UUID, Kind, datetime]]
    ) -> set[tuple[UUID, Kind]]:
        """List of which devices an alert that a kind of event belongs to was resolved since."""
        values = {
            "devices": [device_id for device_id, _, _ in asked],
            "kinds": [kind.value for _, kind, _ in asked],
            "since": [since for _, _, since in asked],
        }
        rows = await self.straight.rows(RESOLVED, values)
        return {(row.device_id, Kind(row.kind)) for row in rows}

    async def last_told(self, device_id: UUID) -> Telling | None:
        """Read the moment a device told with its newest event, if it told one."""
        rows = await self.straight.rows(*NEWEST.asked({"device_id": device_id}))
        newest = next(iter(rows), None)
        if newest is None or (newest.clock_said is None and newest.time_source != "device"):
            return None
        said = newest.clock_said
        told = newest.occurred_at if said is None else datetime.fromisoformat(said)
        return Telling(told, newest.received_at)

    async def outran(self, device_id: UUID, kind: Kind, series: str, number: int) -> bool:
        """Whether an event of this kind that is newer by the device's own counter is stored."""
        values = {"device_id": device_id, "kind": kind.value, "series": series, "number": number}
        return bool(await self.straight.rows(*NEWER.asked(values)))


def _row(event: Event, alert_id: UUID | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "organisation_id": event.organisation_id,
        "kind": event.kind,
        "phase": event.phase,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "time_source": "device" if event.from_device_clock else "received",
        "late": event.late,
        "replayed": event.replayed,
        "test": event.test,
        "adapter": event.adapter,
        "adapter_version": event.adapter_version,
        "device_id": event.device_id,
        "home_id": event.home_id,
        "client_ids": event.client_ids,
        "room": event.room,
        "value": event.value,
        "position": event.position,
        "correlation_key": event.correlation_key,
        "message_id": event.message_id,
        "alert_id": alert_id,
    }
