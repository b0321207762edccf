"""The outbox: what has been promised and not yet sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.many import many, put
from hub.store.straight import Straight
from hub.store.tables import links, outbox
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


LINK = many(
    links,
    ("token_hash", "organisation_id", "alert_id", "contact_id", "expires_at"),
    then="ON CONFLICT (token_hash) DO UPDATE"
    " SET expires_at = greatest(links.expires_at, excluded.expires_at)",
)
CLAIM = b"""
WITH picked AS (
    SELECT id FROM outbox WHERE due_at <= %(now)s
    ORDER BY priority_rank, due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET attempts = attempts + 1, due_at = %(until)s
FROM picked WHERE outbox.id = picked.id RETURNING outbox.*
"""
ABOUT = b"""
SELECT id, kind, priority, outcome, resolved_at FROM alerts WHERE id = ANY(%(ids)s::uuid[])
"""
SETTLE = b"""
UPDATE outbox SET state = %(state)s, reason = %(reason)s, due_at = %(due_at)s
WHERE id = %(id)s AND attempts = %(attempt)s RETURNING id
"""
NEXT = b"SELECT min(due_at) AS due_at FROM outbox WHERE due_at IS NOT NULL"
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

    async def claim(self, now: datetime, until: datetime, most: int) -> Sequence[Any]:
        """Take messages that are due, the most urgent first; nobody else gets them before `until`.

        Not yet tried means that a hub which dies between this and the channel's answer only
        delays a message: it is sent again, with the same id.
        """
        values = {"now": now, "until": until, "most": most}
        rows = await self.straight.rows(CLAIM, values)
        return sorted(rows, key=lambda row: (row.priority_rank, row.created_at, row.id))

    async def about(self, alert_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        """Read what messages about these alerts need: kind, priority, outcome, resolved."""
        rows = await self.straight.rows(ABOUT, {"ids": list(alert_ids)})
        return {row.id: row for row in rows}

    async def settle(
        self, message_id: UUID, attempt: int, state: str, reason: str, due_at: datetime | None
    ) -> bool:
        """Store what became of an attempt; `due_at` is the moment of the next one, if any.

        False, and nothing is stored, when the message has been claimed again meanwhile.
        """
        values = {
            "id": message_id,
            "attempt": attempt,
            "state": state,
            "reason": reason,
            "due_at": due_at,
        }
        return bool(await self.straight.rows(SETTLE, values))

    async def next_due_at(self) -> datetime | None:
        """Say when the next message is to be sent."""
        moment: datetime | None = (await self.straight.rows(NEXT, {}))[0].due_at
        return moment

    async def link(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Let these links open their alerts until their moment; one that already does, longer."""
        by_token = {row["token_hash"]: row for row in rows}  # one person may get several messages
        await put(self.straight, LINK, by_token.values())
