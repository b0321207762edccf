"""Webhooks of an organisation, and the events each of them still has to be sent."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.people import named
from hub.store.straight import Straight
from hub.store.tables import out_deliveries, out_webhooks

# A later event of an alert waits for an earlier one; events of other alerts do not.
FIRST = """NOT EXISTS (
    SELECT FROM out_deliveries e WHERE e.webhook_id = d.webhook_id
      AND e.alert_id = d.alert_id AND e.position < d.position)"""
ABLE = """w.disabled_at IS NULL AND NOT w.id = ANY(CAST(%(full)s AS uuid[]))
  AND (w.failing_since IS NULL OR NOT w.id = ANY(CAST(%(busy)s AS uuid[])))"""
CLAIM = f"""
WITH picked AS (
    SELECT d.webhook_id, d.position FROM out_webhooks w CROSS JOIN LATERAL (
        SELECT d.webhook_id, d.position FROM out_deliveries d
        WHERE d.webhook_id = w.id AND d.due_at <= %(now)s AND {FIRST}
        ORDER BY d.due_at, d.position
        LIMIT CASE WHEN w.failing_since IS NULL THEN %(most)s ELSE 1 END
        FOR UPDATE OF d SKIP LOCKED
    ) d WHERE {ABLE}
), claimed AS (
    UPDATE out_deliveries d SET attempts = d.attempts + 1, due_at = %(until)s
    FROM picked WHERE d.webhook_id = picked.webhook_id AND d.position = picked.position
    RETURNING d.webhook_id, d.position, d.organisation_id, d.attempts
)
SELECT c.webhook_id, c.position, c.attempts, w.url, w.key_version, w.rotated_at,
       e.id AS event_id, e.body
FROM claimed c JOIN out_webhooks w ON w.id = c.webhook_id
JOIN out_events e ON e.organisation_id = c.organisation_id AND e.position = c.position
ORDER BY c.position
""".encode()  # noqa: S608 - our own conditions
NEXT = f"""
SELECT min(first.due_at) AS due_at FROM out_webhooks w CROSS JOIN LATERAL (
    SELECT d.due_at FROM out_deliveries d WHERE d.webhook_id = w.id AND {FIRST}
    ORDER BY d.due_at LIMIT 1
) first WHERE {ABLE}
""".encode()  # noqa: S608 - our own conditions


class Webhooks:
    """The webhooks of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def add(
        self,
        webhook_id: UUID,
        organisation_id: UUID,
        external_id: str,
        url: str,
        types: Sequence[str],
        now: datetime,
    ) -> bool:
        """Store a webhook, which is sent what happens from now on; False when the name is taken."""
        columns = out_webhooks.insert().values(
            id=webhook_id,
            organisation_id=organisation_id,
            external_id=external_id,
            url=url,
            types=list(types),
            created_at=now,
        )
        taken = sa.select(out_webhooks.c.id).where(
            out_webhooks.c.organisation_id == organisation_id,
            out_webhooks.c.external_id == external_id,
        )
        if (await self.db.execute(taken)).first() is not None:
            return False
        await self.db.execute(columns)
        return True

    async def all_of(self, organisation_id: UUID) -> Sequence[Any]:
        """List an organisation's webhooks by external id, with how many events wait for each."""
        waiting = (
            sa.select(sa.func.count())
            .where(out_deliveries.c.webhook_id == out_webhooks.c.id)
            .scalar_subquery()
            .label("waiting")
        )
        asked = sa.select(out_webhooks, waiting).where(
            out_webhooks.c.organisation_id == organisation_id
        )
        return (await self.db.execute(asked.order_by(out_webhooks.c.external_id))).all()

    async def lock(self, organisation_id: UUID, reference: str) -> Any | None:
        """Lock one webhook by id or external id; None when the organisation has no such one."""
        asked = sa.select(out_webhooks).where(
            out_webhooks.c.organisation_id == organisation_id, named(out_webhooks, reference)
        )
        return (await self.db.execute(asked.with_for_update(key_share=True))).first()

    async def change(self, webhook_id: UUID, **values: Any) -> None:
        """Store these columns of a webhook."""
        await self.db.execute(
            sa.update(out_webhooks).where(out_webhooks.c.id == webhook_id).values(**values)
        )

    async def remove(self, webhook_id: UUID) -> None:
        """Forget a webhook with all that still waits for it."""
        await self.db.execute(sa.delete(out_webhooks).where(out_webhooks.c.id == webhook_id))

    async def claim(
        self,
        now: datetime,
        until: datetime,
        most: int,
        full: Collection[UUID] = (),
        busy: Collection[UUID] = (),
    ) -> Sequence[Any]:
        """Take what is due, at most `most` for each webhook; nobody else gets it before `until`.

        Nothing for webhooks that are `full`; one that fails is tried with one event at a time, so
        not while it is `busy`.
        """
        values = {"now": now, "until": until, "most": most} | _hands(full, busy)
        return await self.straight.rows(CLAIM, values)

    async def next_due_at(
        self, full: Collection[UUID] = (), busy: Collection[UUID] = ()
    ) -> datetime | None:
        """Say when there is something to send to a webhook that is neither full nor busy."""
        moment: datetime | None = (await self.straight.rows(NEXT, _hands(full, busy)))[0].due_at
        return moment

    async def lock_attempt(self, webhook_id: UUID, position: int, attempt: int) -> Any | None:
        """Lock the webhook of an attempt; None when it was claimed again, or is gone."""
        webhook = sa.select(out_webhooks).where(out_webhooks.c.id == webhook_id)
        found = (await self.db.execute(webhook.with_for_update(key_share=True))).first()
        still = sa.select(out_deliveries.c.position).where(
            *_one(webhook_id, position), out_deliveries.c.attempts == attempt
        )
        there = (await self.db.execute(still.with_for_update())).first()
        return found if there is not None else None

    async def done(self, webhook_id: UUID, position: int) -> None:
        """Forget an event that needs no sending any more; the next of its alert may go."""
        await self.db.execute(sa.delete(out_deliveries).where(*_one(webhook_id, position)))

    async def again(self, webhook_id: UUID, position: int, due_at: datetime) -> None:
        """Set an event back."""
        change = sa.update(out_deliveries).where(*_one(webhook_id, position))
        await self.db.execute(change.values(due_at=due_at))

    async def hurry(self, webhook_id: UUID, now: datetime, claimed_for: timedelta) -> None:
        """Send at once what was set back; what is being sent just now stays as it is."""
        waits = out_deliveries.c.due_at > now + claimed_for
        change = sa.update(out_deliveries).where(out_deliveries.c.webhook_id == webhook_id, waits)
        await self.db.execute(change.values(due_at=now))


def _hands(full: Collection[UUID], busy: Collection[UUID]) -> dict[str, list[UUID]]:
    return {"full": sorted(full), "busy": sorted(busy)}


def _one(webhook_id: UUID, position: int) -> tuple[sa.ColumnElement[bool], ...]:
    return out_deliveries.c.webhook_id == webhook_id, out_deliveries.c.position == position
