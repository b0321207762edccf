"""The account of an alert: lines are added and never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.out.event import TOLD
from hub.store.many import many, put
from hub.store.straight import Straight
from hub.store.tables import journal


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened, who did it (None: the hub), who pressed, and the facts as JSON."""

    what: str
    facts: dict[str, Any] = field(default_factory=dict)
    actor_id: UUID | None = None
    entered_by_id: UUID | None = None


# What integrators may be told of (hub.out.event) is remembered as unnumbered in the same statement.
WRITE = f"""
WITH written AS ({
    many(
        journal,
        ("organisation_id", "alert_id", "at", "actor_id", "entered_by_id", "what", "facts"),
        then="RETURNING id, organisation_id, what",
    ).decode()
})
INSERT INTO out_pending (journal_id, organisation_id)
SELECT id, organisation_id FROM written
WHERE what IN ({", ".join(f"'{what}'" for what in (*TOLD, "note"))})
""".encode()  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Account:
    """Lines for the account of one alert, all of one moment."""

    organisation_id: UUID
    alert_id: UUID
    lines: Sequence[Line]
    at: datetime


class Journal:
    """The journal of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def write(
        self, organisation_id: UUID, alert_id: UUID, lines: Sequence[Line], now: datetime
    ) -> None:
        """Add lines, in this order."""
        await self.write_all([Account(organisation_id, alert_id, lines, now)])

    async def write_all(self, accounts: Iterable[Account]) -> None:
        """Add lines to several accounts, in this order."""
        rows = (
            {
                "organisation_id": one.organisation_id,
                "alert_id": one.alert_id,
                "at": one.at,
                "actor_id": line.actor_id,
                "entered_by_id": line.entered_by_id,
                "what": line.what,
                "facts": line.facts,
            }
            for one in accounts
            for line in one.lines
        )
        await put(self.straight, WRITE, rows)

    async def of(self, alert_id: UUID) -> Sequence[sa.Row[Any]]:
        """Read an alert's account, oldest first."""
        asked = sa.select(journal).where(journal.c.alert_id == alert_id).order_by(journal.c.id)
        return (await self.db.execute(asked)).all()
