"""Conditions that ripen by silence: each has a state and the moment to look at it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import ripenings


@dataclass(frozen=True, slots=True)
class Ripening:
    """One condition of one subject (a client, home or device); `what` names the rule."""

    organisation_id: UUID
    subject_id: UUID
    what: str
    state: dict[str, Any]
    due_at: datetime | None


class Ripenings:
    """The ripening conditions of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def lock(self, subject_id: UUID, what: str) -> Ripening | None:
        """Lock one condition."""
        asked = (
            sa.select(ripenings)
            .where(ripenings.c.subject_id == subject_id, ripenings.c.what == what)
            .with_for_update()
        )
        row = (await self.db.execute(asked)).first()
        if row is None:
            return None
        return Ripening(row.organisation_id, row.subject_id, row.what, row.state, row.due_at)

    async def lock_or_make(self, organisation_id: UUID, subject_id: UUID, what: str) -> Ripening:
        """Lock one condition, which is made when it is new."""
        made = insert(ripenings).values(
            organisation_id=organisation_id, subject_id=subject_id, what=what
        )
        await self.db.execute(made.on_conflict_do_nothing())
        row = await self.lock(subject_id, what)
        assert row is not None
        return row

    async def put(self, ripening: Ripening) -> None:
        """Store a condition."""
        row = insert(ripenings).values(
            organisation_id=ripening.organisation_id,
            subject_id=ripening.subject_id,
            what=ripening.what,
            state=ripening.state,
            due_at=ripening.due_at,
            attempts=0,
        )
        kept = row.on_conflict_do_update(
            index_elements=["subject_id", "what"],
            set_={name: row.excluded[name] for name in ("state", "due_at", "attempts")},
        )
        await self.db.execute(kept)

    async def drop(self, subject_id: UUID, what: str) -> bool:
        """Forget a condition; says whether there was one."""
        gone = (
            sa.delete(ripenings)
            .where(ripenings.c.subject_id == subject_id, ripenings.c.what == what)
            .returning(ripenings.c.subject_id)
        )
        return (await self.db.execute(gone)).first() is not None

    async def due(self, now: datetime, most: int) -> Sequence[tuple[UUID, str]]:
        """List conditions that must be looked at, the longest due first."""
        asked = (
            sa.select(ripenings.c.subject_id, ripenings.c.what)
            .where(ripenings.c.due_at <= now)
            .order_by(ripenings.c.due_at)
            .limit(most)
        )
        return [(row.subject_id, row.what) for row in await self.db.execute(asked)]

    async def set_back(self, subject_id: UUID, what: str, again_at: datetime) -> UUID | None:
        """Put a condition that cannot be judged aside until `again_at`; whose it is, if any."""
        change = (
            sa.update(ripenings)
            .where(ripenings.c.subject_id == subject_id, ripenings.c.what == what)
            .values(due_at=again_at, attempts=ripenings.c.attempts + 1)
            .returning(ripenings.c.organisation_id)
        )
        owner: UUID | None = (await self.db.execute(change)).scalar_one_or_none()
        return owner

    async def next_due_at(self) -> datetime | None:
        """Say when the next condition must be looked at."""
        asked = sa.select(sa.func.min(ripenings.c.due_at))
        moment: datetime | None = (await self.db.execute(asked)).scalar_one()
        return moment
