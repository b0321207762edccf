"""The links that people without an account answer through."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import links


@dataclass(frozen=True, slots=True)
class Link:
    """Which contact may answer which alert."""

    organisation_id: UUID
    alert_id: UUID
    contact_id: UUID


class Links:
    """Reads of links; the token itself is never stored."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def find(self, token_hash: bytes, now: datetime) -> Link | None:
        """Find a link that has not expired."""
        found = await self.db.execute(
            sa.select(links.c.organisation_id, links.c.alert_id, links.c.contact_id).where(
                links.c.token_hash == token_hash, links.c.expires_at > now
            )
        )
        row = found.first()
        return Link(*row) if row is not None else None
