"""Raw messages with what became of them, and the keys that prove a copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.tables import message_keys, messages

ALWAYS = datetime.min.replace(tzinfo=UTC)


class MessageOutcome(StrEnum):
    """What became of a message."""

    DECODED = "decoded"
    IGNORED = "ignored"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stored:
    """One raw message as it is kept; `reason` is for people and holds no payload."""

    id: UUID
    organisation_id: UUID
    gateway_id: UUID | None
    device_id: UUID | None
    source: str
    adapter: str
    topic: str
    payload: bytes
    qos: int
    duplicate: bool
    replayed: bool
    received_at: datetime
    outcome: MessageOutcome
    reason: str = ""


COLUMNS = tuple(column.name for column in messages.columns)
COPY = f"COPY messages ({', '.join(COLUMNS)}) FROM STDIN"
INSERT = f"INSERT INTO messages ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608 - our own column names
COPY_FROM = 8


class Messages:
    """The messages of one unit of work."""

    def __init__(self, db: AsyncConnection, viewer: Viewer | None) -> None:
        self.db, self.viewer = db, viewer

    async def keep(self, kept: Sequence[Stored]) -> None:
        """Store raw messages; many at once go by COPY, which is several times faster."""
        if not kept:
            return
        raw = (await self.db.get_raw_connection()).driver_connection
        if raw is None:
            raise ConnectionError("no connection to the database")
        rows = [tuple(getattr(one, name) for name in COLUMNS) for one in kept]
        async with raw.cursor() as cursor:
            if len(rows) < COPY_FROM:
                await cursor.executemany(INSERT, rows)
                return
            async with cursor.copy(COPY) as copy:
                for row in rows:
                    await copy.write_row(row)

    async def seen_before(
        self,
        organisation_id: UUID,
        scope: str,
        key: str,
        digest: bytes,
        message_id: UUID,
        now: datetime,
        since: datetime = ALWAYS,
    ) -> bool:
        """Remember a proof of copy; says whether this key came with these bytes since a moment.

        The second time is a write as well (`seen` + 1): a "yes" to a duplicate must be as
        durable as the first one was. What came before that moment is forgotten.
        """
        row = insert(message_keys).values(
            organisation_id=organisation_id,
            scope=scope,
            key=key,
            digest=digest,
            message_id=message_id,
            first_at=now,
        )
        stale = message_keys.c.first_at < since
        kept = row.on_conflict_do_update(
            index_elements=["scope", "key", "digest"],
            set_={
                "seen": sa.case((stale, 1), else_=message_keys.c.seen + 1),
                "first_at": sa.case((stale, now), else_=message_keys.c.first_at),
                "message_id": sa.case((stale, message_id), else_=message_keys.c.message_id),
            },
        ).returning(message_keys.c.seen)
        return bool((await self.db.execute(kept)).scalar_one() > 1)

    async def forget_keys(self, before: datetime) -> None:
        """Drop proofs older than this moment."""
        await self.db.execute(sa.delete(message_keys).where(message_keys.c.first_at < before))
