"""Which hubs are alive, and whose connections are whose.

Hubs judge each other by the database's clock, so that one whose own clock is wrong loses nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.mqtt_sessions import LET_IN_AS, OF_CONNECTIONS, SAME_CONNECTION, with_rows

STALE = timedelta(seconds=10)  # a hub that was not seen for so long has lost its connections


@dataclass(frozen=True, slots=True)
class Mine:
    """A connection a hub believes to have."""

    gateway_id: UUID
    client_id: str
    generation: int


_LEAVE = sa.text(
    """UPDATE mqtt_sessions SET former = array_remove(former, CAST(:hub_id AS uuid))
    WHERE former <> '{}'::uuid[] AND CAST(:hub_id AS uuid) = ANY(former)
    RETURNING gateway_id, client_id, generation"""
)
_CHANGED = sa.text(
    f"""SELECT DISTINCT s.gateway_id FROM mqtt_sessions s JOIN gateways g ON g.id = s.gateway_id
    WHERE s.hub_id = :hub_id
        AND (g.disabled_at IS NOT NULL OR s.let_in_as <> {LET_IN_AS})"""  # noqa: S608
)
_BEAT = sa.text(
    """INSERT INTO mqtt_hubs AS h (id, seen_at) VALUES (:hub_id, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at RETURNING (xmax = 0) AS new"""
)
_ADOPT = sa.text(
    f"""UPDATE mqtt_sessions s SET hub_id = :hub_id, expires_at = NULL, will_due_at = NULL
    FROM {OF_CONNECTIONS} WHERE {SAME_CONNECTION} AND (s.hub_id IS NULL OR s.hub_id = :hub_id)
    RETURNING s.gateway_id, s.client_id, s.generation"""  # noqa: S608 - our own names
)
_ORPHAN = sa.text(
    """UPDATE mqtt_sessions s SET hub_id = NULL,
        expires_at = CAST(:now AS timestamptz) + s.expiry,
        will_due_at = CASE WHEN s.will IS NOT NULL THEN CAST(:now AS timestamptz)
            + greatest(CAST(:grace AS interval), s.will_after) END
    WHERE s.hub_id IS NOT NULL AND s.hub_id <> :hub_id AND NOT EXISTS (SELECT FROM mqtt_hubs h
        WHERE h.id = s.hub_id AND h.seen_at > clock_timestamp() - CAST(:stale AS interval))"""
)
# Whoever is to hang up and is no more has hung up. One that is back has nothing it would look for
# here: it asks for its connections anew.
_REMIND_NO_DEAD = sa.text(
    """UPDATE mqtt_sessions SET former = ARRAY(
        SELECT id FROM unnest(former) AS f(id) WHERE id IN (SELECT id FROM mqtt_hubs))
    WHERE former <> '{}'::uuid[] AND NOT former <@ ARRAY(SELECT id FROM mqtt_hubs)"""
)
_BURY = sa.text(
    """DELETE FROM mqtt_hubs
    WHERE id <> :hub_id AND seen_at <= clock_timestamp() - CAST(:stale AS interval)"""
)


class MqttHubs:
    """The hubs of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def taken_from(self, hub_id: UUID) -> Sequence[Mine]:
        """Say once which sessions others took over from this hub, with their new generation."""
        rows = await self.db.execute(_LEAVE, {"hub_id": hub_id})
        return [Mine(row.gateway_id, row.client_id, row.generation) for row in rows]

    async def changed_gateways(self, hub_id: UUID) -> set[UUID]:
        """Find gateways connected here that are disabled or changed since they were let in."""
        rows = await self.db.execute(_CHANGED, {"hub_id": hub_id})
        return {row.gateway_id for row in rows}

    async def beat(self, hub_id: UUID) -> bool:
        """Say that a hub is alive, by the database's clock; True when nobody knew of it."""
        return bool((await self.db.execute(_BEAT, {"hub_id": hub_id})).scalar_one())

    async def adopt(self, mine: Collection[Mine], hub_id: UUID) -> set[Mine]:
        """Take sessions back that were given up for lost; those that are still this hub's."""
        rows = await with_rows(self.db, _ADOPT, mine, hub_id=hub_id)
        return {Mine(row.gateway_id, row.client_id, row.generation) for row in rows}

    async def orphan(self, hub_id: UUID, now: datetime, grace: timedelta) -> None:
        """End the connections of hubs that are not seen any more, as `hub_id` sees it.

        Their wills come after `grace` at the soonest: most clients are back before. Nobody waits
        any longer for them to hang up.
        """
        given = {"hub_id": hub_id, "stale": STALE}
        await self.db.execute(_ORPHAN, given | {"now": now, "grace": grace})
        await self.db.execute(_BURY, given)
        await self.db.execute(_REMIND_NO_DEAD)

    async def leave(self, hub_id: UUID) -> None:
        """Say that a hub has ended and has no connections."""
        await self.db.execute(sa.text("DELETE FROM mqtt_hubs WHERE id = :id"), {"id": hub_id})
