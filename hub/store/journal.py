"""The account of an alert: lines are added and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.out.event import TOLD
from hub.store.many import many, put
from hub.store.tables import journal


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened, who did it (None: the hub), who pressed, and the facts as JSON."""

    what: str
    facts: dict[str, Any] = field(default_factory=dict)
    actor_id: UUID | None = None
    entered_by_id: UUID | None = None


# What integrators may be told of (hub.out.event) is remembered as unnumbered in the same statement.
WRITE = sa.text(f"""
WITH written AS ({
    many(
        journal,
        ("organisation_id", "alert_id", "at", "actor_id", "entered_by_id", "what", "facts"),
        then="RETURNING id, organisation_id, what",
    ).text
})
INSERT INTO out_pending (journal_id, organisation_id)
SELECT id, organisation_id FROM written
WHERE what IN ({", ".join(f"'{what}'" for what in (*TOLD, "note"))})
""")  # noqa: S608 - our own names


class Journal:
    """The journal of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def write(
        self, organisation_id: UUID, alert_id: UUID, lines: Sequence[Line], now: datetime
    ) -> None:
        """Add lines, in this order."""
        rows = [
            {
                "organisation_id": organisation_id,
                "alert_id": alert_id,
                "at": now,
                "actor_id": line.actor_id,
                "entered_by_id": line.entered_by_id,
                "what": line.what,
                "facts": line.facts,
            }
            for line in lines
        ]
        await put(self.db, WRITE, rows)

    async def of(self, alert_id: UUID) -> Sequence[sa.Row[Any]]:
        """Read an alert's account, oldest first."""
        asked = sa.select(journal).where(journal.c.alert_id == alert_id).order_by(journal.c.id)
        return (await self.db.execute(asked)).all()
