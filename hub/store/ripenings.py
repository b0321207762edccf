"""Conditions that ripen by silence: each has a state and the moment to look at it again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.many import many, put
from hub.store.tables import ripenings


@dataclass(frozen=True, slots=True)
class Ripening:
    """One condition of one subject (a client, home or device); `what` names the rule."""

    organisation_id: UUID
    subject_id: UUID
    what: str
    state: dict[str, Any]
    due_at: datetime | None


WAITS = ("organisation_id", "subject_id", "what", "state", "due_at")
MAKE = many(ripenings, WAITS[:3], then="ON CONFLICT DO NOTHING")
PUT = many(
    ripenings,
    WAITS,
    then="ON CONFLICT (subject_id, what) DO UPDATE SET state = excluded.state,"
    " due_at = excluded.due_at, attempts = 0",
)


class Ripenings:
    """The ripening conditions of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def lock(self, subject_id: UUID, what: str) -> Ripening | None:
        """Lock one condition."""
        return (await self._locked([subject_id], what)).get(subject_id)

    async def lock_or_make(self, owners: Mapping[UUID, UUID], what: str) -> Mapping[UUID, Ripening]:
        """Lock the conditions of these subjects (to their organisations); new ones are made."""
        rows = (
            {"organisation_id": owner, "subject_id": subject_id, "what": what}
            for subject_id, owner in sorted(owners.items())
        )
        await put(self.db, MAKE, rows)
        return await self._locked(owners, what)

    async def _locked(self, subject_ids: Iterable[UUID], what: str) -> Mapping[UUID, Ripening]:
        asked = (
            sa.select(ripenings)
            .where(ripenings.c.subject_id.in_(list(subject_ids)), ripenings.c.what == what)
            .order_by(ripenings.c.subject_id)
            .with_for_update()
        )
        return {
            row.subject_id: Ripening(
                row.organisation_id, row.subject_id, row.what, row.state, row.due_at
            )
            for row in await self.db.execute(asked)
        }

    async def put(self, waiting: Iterable[Ripening]) -> None:
        """Store conditions."""
        await put(self.db, PUT, ({name: getattr(one, name) for name in WAITS} for one in waiting))

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
            .order_by(ripenings.c.due_at, ripenings.c.subject_id, ripenings.c.what)
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
