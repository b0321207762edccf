"""Raw messages with what became of them, and the keys that prove a copy."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.many import asked_for, many
from hub.store.straight import Asked, Straight
from hub.store.tables import message_keys, messages

Pairs = tuple[tuple[str, str], ...]


class MessageOutcome(StrEnum):
    """What became of a message."""

    DECODED = "decoded"
    IGNORED = "ignored"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stored:
    """One raw message as it is kept; `reason` is for people and holds no payload.

    With what its decoder was given beside it, and which decoder that was: empty where none was.
    """

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
    content_type: str = ""
    user_properties: Pairs = ()
    adapter_version: str = ""
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A key that may prove a copy, whose it is, and the digest of the bytes it came with."""

    organisation_id: UUID
    scope: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often a key came with these bytes, since which message, and whether with others too."""

    times: int
    message_id: UUID
    first_at: datetime
    reused: bool


PROPERTIES = "user_properties"
PLAIN = tuple(column.name for column in messages.columns if column.name != PROPERTIES)
COLUMNS = (*PLAIN, PROPERTIES)
COPY = f"COPY messages ({', '.join(COLUMNS)}) FROM STDIN".encode()
KEEP = many(messages, COLUMNS)
COPY_FROM = 50
SIGHT = b"""
    INSERT INTO message_keys AS known
        (organisation_id, scope, key, digest, message_id, first_at)
    SELECT * FROM unnest(%(organisations)s::uuid[], %(scopes)s::text[], %(keys)s::text[],
                         %(digests)s::bytea[], %(messages)s::uuid[], %(at)s::timestamptz[])
    ON CONFLICT (scope, key, digest) DO UPDATE SET seen = known.seen + 1
    RETURNING scope, key, seen, message_id, first_at, EXISTS (
        SELECT FROM message_keys AS others
        WHERE others.scope = known.scope AND others.key = known.key
          AND others.digest <> known.digest
    ) AS reused
"""


class Messages:
    """The messages of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight, viewer: Viewer | None) -> None:
        self.db, self.straight, self.viewer = db, straight, viewer

    async def keep(self, kept: Sequence[Stored]) -> None:
        """Store raw messages; many at once go by COPY, which is several times faster."""
        if len(kept) < COPY_FROM:
            for asked in keeping(kept):
                await self.straight.run(*asked)
        else:
            whole = ([getattr(one, name) for name in PLAIN] + [_written(one)] for one in kept)
            await self.straight.copy(COPY, whole)

    async def seen_before(
        self,
        organisation_id: UUID,
        scope: str,
        key: str,
        digest: bytes,
        message_id: UUID,
        now: datetime,
    ) -> bool:
        """Remember a key with its bytes; says whether it was there before, whenever that was."""
        proof = Proof(organisation_id, scope, key, digest)
        return (await self.sight(proof, message_id, now)).times > 1

    async def sight(self, proof: Proof, message_id: UUID, now: datetime) -> Sighting:
        """Remember a key with its bytes, and say what was known of it.

        The second time is a write as well (`seen` + 1): a "yes" to a duplicate must be as
        durable as the first one was.
        """
        (found,) = (await self.sight_all([(proof, message_id, now)])).values()
        return found

    async def sight_all(
        self, sighted: Sequence[tuple[Proof, UUID, datetime]]
    ) -> Mapping[tuple[str, str], Sighting]:
        """Do what `sight` does for many keys, each once; what was known of each (scope, key)."""
        proofs = [proof for proof, _, _ in sighted]
        values = {
            "organisations": [one.organisation_id for one in proofs],
            "scopes": [one.scope for one in proofs],
            "keys": [one.key for one in proofs],
            "digests": [one.digest for one in proofs],
            "messages": [message_id for _, message_id, _ in sighted],
            "at": [now for _, _, now in sighted],
        }
        rows = await self.straight.rows(SIGHT, values)
        return {
            (row.scope, row.key): Sighting(row.seen, row.message_id, row.first_at, row.reused)
            for row in rows
        }

    async def sight_anew(self, proof: Proof, message_id: UUID, now: datetime) -> None:
        """Count from this message on: what came with the key before was another one."""
        kept = sa.update(message_keys).where(
            message_keys.c.scope == proof.scope,
            message_keys.c.key == proof.key,
            message_keys.c.digest == proof.digest,
        )
        await self.db.execute(kept.values(message_id=message_id, first_at=now))

    async def forget_keys(self, before: datetime) -> None:
        """Drop proofs older than this moment."""
        await self.db.execute(sa.delete(message_keys).where(message_keys.c.first_at < before))


def keeping(kept: Sequence[Stored]) -> Sequence[Asked]:
    """Ask for a few raw messages to be stored, on the trip of what is asked next."""
    named = ({name: getattr(one, name) for name in COLUMNS} for one in kept)
    return asked_for(KEEP, ({**one, PROPERTIES: one[PROPERTIES] or None} for one in named))


def pairs(stored: Sequence[Sequence[str]] | None) -> Pairs:
    """User properties as they were, read from their column."""
    return tuple((name, value) for name, value in stored or ())


def _written(message: Stored) -> str | None:
    """The user properties as COPY takes them."""
    return json.dumps(message.user_properties) if message.user_properties else None
