"""Messages whose decoding ended uncleanly: how often, and raw, so that none can be lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.messages import Pairs
from hub.store.tables import suspects


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as it came, before anybody could say what it means; texts without NUL.

    `key` is that of its device, empty when not even that is known.
    """

    organisation_id: UUID
    gateway_id: UUID
    source: str
    adapter: str
    topic: str
    payload: bytes
    received_at: datetime
    key: str = ""
    qos: int = 1
    replayed: bool = False
    content_type: str = ""
    user_properties: Pairs = ()
    adapter_version: str = ""
    contract: str = ""


class Suspects:
    """The suspects of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def blame(self, digest: bytes, organisation_id: UUID, now: datetime) -> None:
        """Count an attempt for a message of which only the digest is known."""
        row = insert(suspects).values(
            digest=digest, organisation_id=organisation_id, attempts=1, tried_at=now
        )
        counted = {"attempts": suspects.c.attempts + 1, "tried_at": now}
        await self.db.execute(row.on_conflict_do_update(index_elements=["digest"], set_=counted))

    async def keep(
        self, digest: bytes, raw: Raw, *, tried: bool, due_at: datetime
    ) -> tuple[int, str]:
        """Store a suspect raw, and count an attempt if it was tried.

        How many there were, and the key of its device where any attempt found it. Unless it is
        settled before `due_at`, the hub follows it up itself then.
        """
        whole = {
            "gateway_id": raw.gateway_id,
            "source": raw.source,
            "adapter": raw.adapter,
            "topic": raw.topic,
            "payload": raw.payload,
            "received_at": raw.received_at,
            "qos": raw.qos,
            "replayed": raw.replayed,
            "content_type": raw.content_type,
            "user_properties": raw.user_properties or None,
            "adapter_version": raw.adapter_version,
            "contract": raw.contract,
            "due_at": due_at,
        }
        row = insert(suspects).values(
            digest=digest,
            organisation_id=raw.organisation_id,
            attempts=int(tried),
            tried_at=raw.received_at,
            key=raw.key,
            **whole,
        )
        counted = {
            "attempts": suspects.c.attempts + int(tried),
            "tried_at": raw.received_at,
            "key": sa.func.coalesce(sa.func.nullif(row.excluded.key, ""), suspects.c.key),
            **whole,
        }
        kept = row.on_conflict_do_update(index_elements=["digest"], set_=counted)
        said = await self.db.execute(kept.returning(suspects.c.attempts, suspects.c.key))
        attempts, key = said.one()
        return attempts, key

    async def settle(self, digest: bytes) -> None:
        """Note that a suspect is stored with an outcome; its attempts are remembered."""
        change = sa.update(suspects).where(suspects.c.digest == digest)
        await self.db.execute(change.values(due_at=None, payload=None))

    async def clear(self, digest: bytes) -> None:
        """Forget a suspect that could be read after all."""
        await self.db.execute(sa.delete(suspects).where(suspects.c.digest == digest))

    async def known(self, most: int) -> Sequence[bytes]:
        """List the digests of those that were tried last, the latest first."""
        asked = sa.select(suspects.c.digest).order_by(suspects.c.tried_at.desc()).limit(most)
        return [bytes(digest) for digest in (await self.db.execute(asked)).scalars()]

    async def due(self, now: datetime, most: int) -> Sequence[bytes]:
        """List suspects that nobody settled before their moment, the oldest first."""
        asked = sa.select(suspects.c.digest).where(suspects.c.due_at <= now)
        found = await self.db.execute(asked.order_by(suspects.c.due_at).limit(most))
        return [bytes(digest) for digest in found.scalars()]

    async def claim(self, digest: bytes, now: datetime) -> Any | None:
        """Lock a suspect that is due, unless somebody else is at it; its row."""
        asked = sa.select(suspects).where(suspects.c.digest == digest, suspects.c.due_at <= now)
        return (await self.db.execute(asked.with_for_update(skip_locked=True))).first()

    async def put_off(self, digest: bytes, due_at: datetime) -> None:
        """Look at a suspect again at that moment."""
        change = sa.update(suspects).where(suspects.c.digest == digest)
        await self.db.execute(change.values(due_at=due_at))

    async def next_due_at(self) -> datetime | None:
        """Say when the next suspect is to be followed up."""
        moment: datetime | None = (
            await self.db.execute(sa.select(sa.func.min(suspects.c.due_at)))
        ).scalar_one()
        return moment

    async def forget(self, before: datetime) -> None:
        """Drop settled suspects that were last tried before this moment."""
        old = (suspects.c.tried_at < before, suspects.c.due_at.is_(None))
        await self.db.execute(sa.delete(suspects).where(*old))
