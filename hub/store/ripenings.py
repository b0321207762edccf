"""Conditions that ripen by silence: each has a state and the moment to look at it again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.care import RESIDENT, THEY, Resident, read_resident
from hub.store.many import many, put
from hub.store.straight import Straight
from hub.store.tables import ripenings


@dataclass(frozen=True, slots=True)
class Ripening:
    """One condition of one subject (a client, home or device); `what` names the rule."""

    organisation_id: UUID
    subject_id: UUID
    what: str
    state: dict[str, Any]
    due_at: datetime | None


HELD_EXIT = "hold:zone"  # an exit from a zone that is not sure yet; as a level's hold-off is named
WAITS = ("organisation_id", "subject_id", "what", "state", "due_at")
MAKE = many(ripenings, WAITS[:3], then="ON CONFLICT DO NOTHING")
PUT = many(
    ripenings,
    WAITS,
    then="ON CONFLICT (subject_id, what) DO UPDATE SET state = excluded.state,"
    " due_at = excluded.due_at, attempts = 0",
)

READ = b"""
SELECT organisation_id, subject_id, what, state, due_at FROM ripenings
WHERE subject_id = ANY(%(subjects)s::uuid[]) AND what = %(what)s
"""
LOCK = READ + b"ORDER BY subject_id FOR UPDATE"
FREE = READ + b"AND due_at <= %(now)s ORDER BY subject_id FOR UPDATE SKIP LOCKED"
RESIDENTS_WAITING = (
    b"""
WITH theirs AS MATERIALIZED (
    SELECT r.subject_id, r.state, r.due_at
    FROM clients c JOIN ripenings r ON r.subject_id = c.id AND r.what = %(what)s WHERE """
    + THEY
    + b""" ORDER BY r.subject_id FOR UPDATE OF r
)
SELECT theirs.subject_id, theirs.state, theirs.due_at,"""
    + RESIDENT
    + b"""FROM clients c JOIN organisations o ON o.id = c.organisation_id
LEFT JOIN theirs ON theirs.subject_id = c.id WHERE """
    + THEY
    + b" ORDER BY c.id"
)
DUE = b"""
SELECT subject_id, what FROM ripenings WHERE due_at <= %(now)s
ORDER BY due_at, subject_id, what LIMIT %(most)s
"""
NEXT = b"SELECT min(due_at) AS at FROM ripenings"


class Ripenings:
    """The ripening conditions of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def lock(self, subject_id: UUID, what: str) -> Ripening | None:
        """Lock one condition."""
        return (await self._locked([subject_id], what)).get(subject_id)

    async def read(self, subject_id: UUID, what: str) -> Ripening | None:
        """Read one condition without locking it."""
        rows = await self.straight.rows(READ, {"subjects": [subject_id], "what": what})
        return Ripening(*rows[0]) if rows else None

    async def free(
        self, subject_ids: Iterable[UUID], what: str, now: datetime
    ) -> Mapping[UUID, Ripening]:
        """Lock the conditions of these subjects that are due and in nobody's hands."""
        values = {"subjects": list(subject_ids), "what": what, "now": now}
        rows = await self.straight.rows(FREE, values)
        return {row.subject_id: Ripening(*row) for row in rows}

    async def lock_or_make(self, owners: Mapping[UUID, UUID], what: str) -> Mapping[UUID, Ripening]:
        """Lock the conditions of these subjects (to their organisations); new ones are made."""
        found = await self._locked(owners, what)
        new = sorted(owners.keys() - found.keys())
        if not new:
            return found
        rows = ({"organisation_id": owners[o], "subject_id": o, "what": what} for o in new)
        await put(self.straight, MAKE, rows)
        return found | await self._locked(new, what)

    async def of_residents(
        self, client_ids: Iterable[UUID], home_ids: Iterable[UUID], what: str
    ) -> tuple[Sequence[Resident], Mapping[UUID, Ripening]]:
        """Read these clients and everybody in these homes; lock a condition of each, or make it."""
        asked = {"clients": list(client_ids), "homes": list(home_ids), "what": what}
        residents, rows, new = list[Resident](), dict[UUID, Ripening](), dict[UUID, UUID]()
        for known, state, due_at, *rest in await self.straight.rows(RESIDENTS_WAITING, asked):
            one = read_resident(rest)
            residents.append(one)
            if known is None:
                new[one.client_id] = one.organisation_id
            else:
                rows[known] = Ripening(one.organisation_id, known, what, state, due_at)
        return residents, {**rows, **await self.lock_or_make(new, what)} if new else rows

    async def _locked(self, subject_ids: Iterable[UUID], what: str) -> dict[UUID, Ripening]:
        rows = await self.straight.rows(LOCK, {"subjects": list(subject_ids), "what": what})
        return {row.subject_id: Ripening(*row) for row in rows}

    async def put(self, waiting: Iterable[Ripening]) -> None:
        """Store conditions."""
        await put(
            self.straight, PUT, ({name: getattr(one, name) for name in WAITS} for one in waiting)
        )

    async def wake(self, subject_ids: Iterable[UUID], what: str, now: datetime) -> None:
        """Let the conditions of these subjects be looked at now, where there are any."""
        whose = ripenings.c.subject_id.in_(list(subject_ids))
        change = sa.update(ripenings).where(whose, ripenings.c.what == what)
        await self.db.execute(change.values(due_at=now))

    async def drop(self, subject_id: UUID, what: str) -> bool:
        """Forget a condition; says whether there was one."""
        gone = (
            sa.delete(ripenings)
            .where(ripenings.c.subject_id == subject_id, ripenings.c.what == what)
            .returning(ripenings.c.subject_id)
        )
        return (await self.db.execute(gone)).first() is not None

    async def due(
        self, now: datetime, most: int
    ) -> tuple[Sequence[tuple[UUID, str]], datetime | None]:
        """List conditions that must be looked at, the longest due first; and when the first is."""
        asked = {"now": now, "most": most}
        rows, (first,) = await self.straight.together((DUE, asked), (NEXT, {}))
        return [(row.subject_id, row.what) for row in rows], first.at

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
        moment: datetime | None = (await self.straight.rows(NEXT, {}))[0].at
        return moment
