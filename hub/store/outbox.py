"""The outbox: what has been promised and not yet sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.many import many, put
from hub.store.straight import Straight
from hub.store.tables import alerts, links, outbox
from hub.store.ways import addresses


@dataclass(frozen=True, slots=True)
class Promised:
    """One message to one contact by one way."""

    id: UUID
    contact_id: UUID
    way: str
    address: str
    purpose: str
    why: str
    step: int = 0
    round: int = 1


@dataclass(frozen=True, slots=True)
class Promises:
    """Messages about one alert: to be sent as soon as they are committed, or not before `due_at`.

    Whether a message must still be sent is not asked again then.
    """

    organisation_id: UUID
    alert_id: UUID
    priority_rank: int
    promised: Sequence[Promised]
    at: datetime
    due_at: datetime | None = None


PROMISE = many(
    outbox,
    (
        "id",
        "organisation_id",
        "alert_id",
        "contact_id",
        "way",
        "address",
        "purpose",
        "why",
        "step",
        "round",
        "priority_rank",
        "created_at",
        "due_at",
    ),
    then="""WHERE r.purpose <> 'warn' OR r.why = 'stuck' OR NOT EXISTS (
        SELECT FROM outbox AS same
        WHERE same.alert_id = r.alert_id AND same.contact_id = r.contact_id AND same.way = r.way
          AND same.address = r.address AND same.purpose = 'warn'
          AND same.state = 'waiting' AND same.attempts = 0
          AND same.priority_rank <= r.priority_rank AND same.due_at <= r.due_at)""",
)


NEW_LINK = insert(links)
LINK = NEW_LINK.on_conflict_do_update(
    index_elements=[links.c.token_hash],
    set_={"expires_at": sa.func.greatest(links.c.expires_at, NEW_LINK.excluded.expires_at)},
)


OVERTAKE = b"""
UPDATE outbox SET state = 'overtaken', due_at = NULL
FROM unnest(%(alerts)s::uuid[], %(contacts)s::uuid[]) AS over (alert_id, contact_id)
WHERE outbox.alert_id = over.alert_id AND outbox.contact_id = over.contact_id
  AND purpose = 'warn' AND state = 'waiting' AND attempts = 0
"""
WAYS = b"SELECT id, ways FROM contacts WHERE id = ANY(%(ids)s::uuid[])"


class Outbox:
    """The outbox of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def promise(self, promises: Iterable[Promises]) -> None:
        """Store messages to be sent once this transaction is committed, each when it is due.

        A call to come that nobody has tried yet is not promised again: where calls go out slower
        than ladders climb, repeats would otherwise pile up before the first call of a new alarm.
        What nobody can decide about calls each time.
        """
        rows = (
            {
                "id": one.id,
                "organisation_id": whose.organisation_id,
                "alert_id": whose.alert_id,
                "contact_id": one.contact_id,
                "way": one.way,
                "address": one.address,
                "purpose": one.purpose,
                "why": one.why,
                "step": one.step,
                "round": one.round,
                "priority_rank": whose.priority_rank,
                "created_at": whose.at,
                "due_at": whose.due_at or whose.at,
            }
            for whose in promises
            for one in whose.promised
        )
        await put(self.straight, PROMISE, rows)

    async def overtake(self, calls: Sequence[tuple[UUID, UUID]]) -> None:
        """Drop calls (alert, contact) that were never tried: there is nothing left to do."""
        if calls:
            values = {"alerts": [one for one, _ in calls], "contacts": [one for _, one in calls]}
            await self.straight.run(OVERTAKE, values)

    async def addresses(self, contact_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, str]]:
        """Look up by which ways, at which addresses, contacts can be reached; in their order."""
        asked = list(contact_ids)
        rows = await self.straight.rows(WAYS, {"ids": asked}) if asked else ()
        return {row.id: addresses(row.ways) for row in rows}

    async def claim(self, now: datetime, until: datetime, most: int) -> Sequence[sa.Row[Any]]:
        """Take messages that are due, the most urgent first; nobody else gets them before `until`.

        Not yet tried means that a hub which dies between this and the channel's answer only
        delays a message: it is sent again, with the same id.
        """
        picked = (
            sa.select(outbox.c.id)
            .where(outbox.c.due_at <= now)
            .order_by(outbox.c.priority_rank, outbox.c.due_at, outbox.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("picked")
        )
        change = (
            sa.update(outbox)
            .where(outbox.c.id == picked.c.id)
            .values(attempts=outbox.c.attempts + 1, due_at=until)
            .returning(outbox)
        )
        rows = (await self.db.execute(change)).all()
        return sorted(rows, key=lambda row: (row.priority_rank, row.created_at, row.id))

    async def about(self, alert_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        """Read what messages about these alerts need: kind, priority, outcome, resolved."""
        asked = sa.select(
            alerts.c.id, alerts.c.kind, alerts.c.priority, alerts.c.outcome, alerts.c.resolved_at
        ).where(alerts.c.id.in_(alert_ids))
        return {row.id: row for row in await self.db.execute(asked)}

    async def settle(
        self, message_id: UUID, attempt: int, state: str, reason: str, due_at: datetime | None
    ) -> bool:
        """Store what became of an attempt; `due_at` is the moment of the next one, if any.

        False, and nothing is stored, when the message has been claimed again meanwhile.
        """
        change = (
            sa.update(outbox)
            .where(outbox.c.id == message_id, outbox.c.attempts == attempt)
            .values(state=state, reason=reason, due_at=due_at)
            .returning(outbox.c.id)
        )
        return (await self.db.execute(change)).first() is not None

    async def next_due_at(self) -> datetime | None:
        """Say when the next message is to be sent."""
        asked = sa.select(sa.func.min(outbox.c.due_at)).where(outbox.c.due_at.is_not(None))
        moment: datetime | None = (await self.db.execute(asked)).scalar_one()
        return moment

    async def link(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Let these links open their alerts until their moment; one that already does, longer."""
        if rows:
            await self.db.execute(LINK, list(rows))
