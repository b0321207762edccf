"""The links that people without an account answer through."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Level
from hub.store.tables import alerts, clients, contacts, links, organisations


@dataclass(frozen=True, slots=True)
class Link:
    """Which contact may answer which alert."""

    organisation_id: UUID
    alert_id: UUID
    contact_id: UUID


@dataclass(frozen=True, slots=True)
class About:
    """The words a link's page needs: who is asked, by whom, about whom, and whom to telephone."""

    contact: str
    level: Level
    organisation: str
    phone: str
    time_zone: str
    clients: tuple[str, ...]
    explanation: str


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

    async def about(self, link: Link) -> About:
        """Read what the page of a link tells."""
        found = await self.db.execute(
            sa.select(
                contacts.c.name,
                contacts.c.level,
                organisations.c.name.label("organisation"),
                organisations.c.phone,
                organisations.c.time_zone,
                alerts.c.client_ids,
                alerts.c.explanation,
            )
            .select_from(alerts)
            .join(organisations, organisations.c.id == alerts.c.organisation_id)
            .join(contacts, contacts.c.id == link.contact_id)
            .where(alerts.c.id == link.alert_id)
        )
        row = found.one()
        named = await self.db.execute(
            sa.select(clients.c.name).where(clients.c.id.in_(row.client_ids)).order_by(clients.c.id)
        )
        return About(
            contact=row.name,
            level=Level(row.level),
            organisation=row.organisation,
            phone=row.phone,
            time_zone=row.time_zone,
            clients=tuple(named.scalars().all()),
            explanation=row.explanation,
        )
