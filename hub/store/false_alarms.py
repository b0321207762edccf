"""Devices whose alarms turned out to be nothing too often, counted from how alerts ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

UNCONFIRMED = ("accidental", "sensor_false", "technical", "unknown")


@dataclass(frozen=True, slots=True)
class TooOften:
    """A device, how its unconfirmed alarms ended, and when the last of them began."""

    device_id: UUID
    outcomes: Sequence[str]
    last_at: datetime


# What was counted for an earlier telling does not count again.
COUNTED = sa.text(
    """SELECT a.device_id, array_agg(a.outcome ORDER BY a.outcome) AS outcomes,
           max(a.opened_at) AS last_at
    FROM alerts a JOIN devices d ON d.id = a.device_id AND d.ended_at IS NULL
    WHERE a.resolved_at > :since AND a.lane = 'alarm' AND a.outcome = ANY(:outcomes)
      AND (CAST(:device_id AS uuid) IS NULL OR a.device_id = :device_id)
      AND NOT EXISTS (SELECT FROM events e WHERE e.device_id = a.device_id
            AND e.kind = 'technical.false_alarms' AND e.received_at >= a.resolved_at)
    GROUP BY a.device_id ORDER BY a.device_id"""
)


async def unconfirmed_since(
    db: AsyncConnection, since: datetime, device_id: UUID | None = None
) -> list[TooOften]:
    """Count per device the alarms resolved since then as nothing, that were not told of yet."""
    values = {"since": since, "outcomes": list(UNCONFIRMED), "device_id": device_id}
    return [TooOften(*row) for row in await db.execute(COUNTED, values)]
