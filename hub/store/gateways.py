"""What the front door needs to know of a gateway."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.sources.arrival import Principal
from hub.store.tables import gateways, organisations


class Gateways:
    """Reads of gateways for the door."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def behind(self, organisation: str, gateway: str, secret_hash: bytes) -> Principal | None:
        """Find the enabled gateway with this name and secret."""
        found = await self.db.execute(
            sa.select(gateways.c.id, gateways.c.organisation_id, gateways.c.adapters)
            .join(organisations, organisations.c.id == gateways.c.organisation_id)
            .where(
                organisations.c.external_id == organisation,
                gateways.c.external_id == gateway,
                gateways.c.secret_hash == secret_hash,
                gateways.c.disabled_at.is_(None),
            )
        )
        row = found.first()
        if row is None:
            return None
        identifier: UUID = row.id
        return Principal(
            identifier, row.organisation_id, organisation, gateway, frozenset(row.adapters)
        )
