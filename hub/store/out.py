"""The stream of events for integrators: numbered after the commit, read without gaps.

A journal line that integrators are told of is remembered as unnumbered in the transaction that
writes it. Whoever numbers holds a lock until the numbers can be seen, so an event never
appears in front of one that somebody has read already: `position > last seen` skips nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.many import asked_for, many
from hub.store.straight import Straight
from hub.store.tables import mqtt_sessions, out_events, out_listeners, out_streams

LOCK = b"SELECT pg_advisory_xact_lock(%(lock)s)"
OURS = {"lock": 0x6F757421}
PENDING = b"""
WITH taken AS (
    DELETE FROM out_pending WHERE journal_id IN (
        SELECT journal_id FROM out_pending ORDER BY journal_id LIMIT %(most)s
    ) RETURNING journal_id
)
SELECT j.id AS journal_id, j.alert_id, j.organisation_id, l.listener_id,
       o2.external_id AS listener, j.at, j.actor_id, j.entered_by_id,
       j.what, j.facts, o.external_id AS organisation, a.kind, a.priority, a.opened_at,
       a.client_ids, h.external_id AS home, d.external_id AS device, g.external_id AS gateway,
       ARRAY(SELECT c.external_id FROM clients c WHERE c.id = ANY(a.client_ids)
             ORDER BY c.external_id) AS clients
FROM taken JOIN journal j ON j.id = taken.journal_id
CROSS JOIN LATERAL (
    SELECT j.organisation_id AS listener_id
    UNION SELECT party_id FROM alert_parties WHERE alert_id = j.alert_id
) AS l
JOIN organisations o2 ON o2.id = l.listener_id
JOIN alerts a ON a.id = j.alert_id JOIN organisations o ON o.id = j.organisation_id
LEFT JOIN homes h ON h.id = a.home_id LEFT JOIN devices d ON d.id = a.device_id
LEFT JOIN gateways g ON g.id = a.gateway_id
ORDER BY j.id, l.listener_id
"""
PEOPLE = b"""
SELECT CAST(c.id AS text) AS id, c.external_id AS contact, c.level, o.external_id AS organisation
FROM contacts c JOIN organisations o ON o.id = c.organisation_id
WHERE c.id = ANY(CAST(%(ids)s AS uuid[]))
"""
LAST = b"""
INSERT INTO out_streams (organisation_id, position)
SELECT organisation_id, count(*) FROM unnest(%(listeners)s::uuid[]) AS one(organisation_id)
GROUP BY organisation_id ORDER BY organisation_id
ON CONFLICT (organisation_id) DO UPDATE SET position = out_streams.position + excluded.position
RETURNING organisation_id, position
"""
COUNT_ON = """
INSERT INTO {table} (alert_id, organisation_id, sequence)
SELECT alert_id, organisation_id, count(*)
FROM unnest(%(listeners)s::uuid[], %(alerts)s::uuid[]) AS one(organisation_id, alert_id)
GROUP BY alert_id, organisation_id
ON CONFLICT ({key}) DO UPDATE SET sequence = {table}.sequence + excluded.sequence
RETURNING alert_id, organisation_id, sequence
"""
OF_OWNER = COUNT_ON.format(table="out_alerts", key="alert_id").encode()
OF_PARTY = COUNT_ON.format(table="out_party_alerts", key="alert_id, organisation_id").encode()
ADD = many(
    out_events,
    ("organisation_id", "position", "id", "alert_id", "sequence", "type", "at", "client_ids",
     "body"),
)  # fmt: skip
PROMISE = b"""
INSERT INTO out_deliveries (webhook_id, position, organisation_id, alert_id, due_at)
SELECT w.id, e.position, e.organisation_id, e.alert_id, e.at
FROM unnest(%(listeners)s::uuid[], %(positions)s::bigint[]) AS added(organisation_id, position)
JOIN out_events e USING (organisation_id, position)
JOIN out_webhooks w ON w.organisation_id = e.organisation_id
WHERE cardinality(w.types) = 0 OR e.type = ANY(w.types)
"""
FORGET = sa.text("""
WITH gone AS (
    DELETE FROM out_events WHERE at < :before RETURNING organisation_id, position
), last AS (SELECT organisation_id, max(position) AS position FROM gone GROUP BY organisation_id)
UPDATE out_streams s SET forgotten = greatest(s.forgotten, last.position)
FROM last WHERE last.organisation_id = s.organisation_id
""")


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a stream goes: events after `forgotten`, up to and with `position`, can be read."""

    forgotten: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told something of which alert; `owns`: it is the listener's own."""

    listener_id: UUID
    alert_id: UUID
    owns: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """The last position in each stream, and the last number in each listener's alert."""

    positions: Mapping[UUID, int]
    sequences: Mapping[tuple[UUID, UUID], int]


@dataclass(frozen=True, slots=True)
class Numbered:
    """One event of a stream; `body` is the CloudEvent as it is sent."""

    position: int
    id: UUID
    alert_id: UUID
    sequence: int
    type: str
    client_ids: tuple[UUID, ...]
    body: str


class Out:
    """The streams of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def take_pending(self, most: int) -> Sequence[Any]:
        """Take journal lines that have no number yet, oldest first, with what is known of them.

        A line comes once for each listener: the alert's owner, and every other party to it.
        Nobody else numbers until this transaction has ended and can be seen.
        """
        _, rows = await self.straight.together((LOCK, OURS), (PENDING, {"most": most}))
        return rows

    async def people(self, ids: Collection[str]) -> Mapping[str, Any]:
        """Find contacts' external ids and levels, by internal id."""
        if not ids:
            return {}
        found = await self.straight.rows(PEOPLE, {"ids": sorted(ids)})
        return {row.id: row for row in found}

    async def count_on(self, told: Sequence[Told]) -> Counted:
        """Set a position aside in the stream of each listener told, and a number in the alert."""
        own = [one for one in told if one.owns]
        others = [one for one in told if not one.owns]
        by_alert = [(OF_OWNER, _names(own))] if own else []
        by_alert += [(OF_PARTY, _names(others))] if others else []
        last = (LAST, {"listeners": [one.listener_id for one in told]})
        streams, *counted = await self.straight.together(last, *by_alert)
        return Counted(
            {row.organisation_id: row.position for row in streams},
            {(row.organisation_id, row.alert_id): row.sequence for one in counted for row in one},
        )

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store numbered events, and have each sent to every webhook that asked for its type.

        For one that is disabled they wait until it is enabled, as long as events are kept.
        """
        added = {
            "listeners": [row["organisation_id"] for row in rows],
            "positions": [row["position"] for row in rows],
        }
        await self.straight.together(*asked_for(ADD, rows), (PROMISE, added))

    async def extent(self, organisation_id: UUID) -> Extent:
        """Say which positions of a stream can be read."""
        asked = sa.select(out_streams.c.forgotten, out_streams.c.position).where(
            out_streams.c.organisation_id == organisation_id
        )
        row = (await self.db.execute(asked)).first()
        return Extent() if row is None else Extent(*row)

    async def after(self, organisation_id: UUID, position: int, most: int) -> Sequence[Numbered]:
        """Read events of a stream after a position, in order."""
        columns = [out_events.c[name] for name in Numbered.__slots__]
        asked = (
            sa.select(*columns)
            .where(
                out_events.c.organisation_id == organisation_id, out_events.c.position > position
            )
            .order_by(out_events.c.position)
            .limit(most)
        )
        return [Numbered(*row) for row in await self.db.execute(asked)]

    async def listener(self, session_id: UUID) -> Any | None:
        """Read how far the subscriber of a session is: cursor, sent, filters."""
        asked = sa.select(out_listeners).where(out_listeners.c.session_id == session_id)
        return (await self.db.execute(asked)).first()

    async def keep_listener(
        self,
        session_id: UUID,
        organisation_id: UUID,
        cursor: int,
        sent: int,
        filters: Mapping[str, int | list[int]],
    ) -> None:
        """Store how far it is; of two that store it, the one who is furthest is right."""
        row = insert(out_listeners).values(
            session_id=session_id,
            organisation_id=organisation_id,
            cursor=cursor,
            sent=sent,
            filters=filters,
        )
        further = {
            name: sa.func.greatest(out_listeners.c[name], row.excluded[name])
            for name in ("cursor", "sent")
        }
        await self.db.execute(
            row.on_conflict_do_update(
                index_elements=["session_id"], set_=further | {"filters": row.excluded.filters}
            )
        )

    async def forget(self, before: datetime) -> None:
        """Drop events numbered before this moment, sent or not, and listeners without a session."""
        await self.db.execute(FORGET, {"before": before})
        session = sa.select(mqtt_sessions.c.id).where(
            mqtt_sessions.c.id == out_listeners.c.session_id
        )
        await self.db.execute(sa.delete(out_listeners).where(sa.not_(session.exists())))


def _names(told: Sequence[Told]) -> Mapping[str, Any]:
    return {
        "listeners": [one.listener_id for one in told],
        "alerts": [one.alert_id for one in told],
    }
