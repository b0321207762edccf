"""Who looked at which client's data: append-only."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.tables import access_log, alerts, clients

BREAK_GLASS = "break_glass"  # the authorisation of whoever opened what was kept back

BOARD = sa.text("""
INSERT INTO access_log (organisation_id, client_id, alert_id, at, user_id, user_organisation_id,
                        role, address, action, authorisation)
SELECT COALESCE(clients.organisation_id, alerts.organisation_id), clients.id, alerts.id, :at,
       :user_id, :user_organisation_id, :role, :address, 'board.show', 'alert'
FROM alerts LEFT JOIN clients ON clients.id = ANY(alerts.client_ids)
WHERE alerts.id = ANY(CAST(:alert_ids AS uuid[]))
""")


class Access:
    """Writes of the access log, shaped on NEN 7513."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def looked(
        self,
        viewer: Viewer,
        alert_id: UUID | None,
        client_ids: Iterable[UUID],
        action: str,
        now: datetime,
        authorisation: str = "",
        reason: str = "",
    ) -> None:
        """Record that somebody saw these clients, one line each, in their provider's log.

        An alert without clients is one line in the log of the organisation that owns it. It is by
        right of the alert, else of duty, unless another `authorisation` is named.
        """
        who = {
            "user_id": viewer.user_id,
            "user_organisation_id": viewer.organisation_id,
            "role": viewer.role,
            "address": viewer.address,
            "reason": reason,
        }
        if authorisation:
            who["authorisation"] = authorisation
        await self._record(who, alert_id, tuple(client_ids), action, now)

    async def looked_at_board(
        self, viewer: Viewer, alert_ids: Sequence[UUID], now: datetime
    ) -> None:
        """Record that somebody saw these alerts on a board: a line for each of their clients."""
        values = {
            "alert_ids": alert_ids,
            "at": now,
            "user_id": viewer.user_id,
            "user_organisation_id": viewer.organisation_id,
            "role": viewer.role,
            "address": viewer.address,
        }
        await self.db.execute(BOARD, values)

    async def looked_by_link(
        self, contact_id: UUID, organisation_id: UUID, alert_id: UUID, address: str, now: datetime
    ) -> None:
        """Record that somebody without an account opened the link they were sent."""
        who = {
            "user_id": contact_id,
            "user_organisation_id": organisation_id,
            "role": "contact",
            "address": address,
        }
        found = await self.db.execute(sa.select(alerts.c.client_ids).where(alerts.c.id == alert_id))
        await self._record(who, alert_id, tuple(found.scalar_one()), "link.show", now)

    async def looked_at_message(
        self,
        viewer: Viewer,
        organisation_id: UUID,
        client_id: UUID | None,
        action: str,
        now: datetime,
    ) -> None:
        """Record that somebody saw a raw message: what it says may be about anybody."""
        await self.db.execute(
            sa.insert(access_log).values(
                organisation_id=organisation_id,
                at=now,
                user_id=viewer.user_id,
                user_organisation_id=viewer.organisation_id,
                role=viewer.role,
                address=viewer.address,
                action=action,
                client_id=client_id,
                authorisation="duty",
            )
        )

    async def _record(
        self,
        who: dict[str, Any],
        alert_id: UUID | None,
        client_ids: Sequence[UUID],
        action: str,
        now: datetime,
    ) -> None:
        line = {
            "authorisation": "alert" if alert_id is not None else "duty",
            **who,
            "at": now,
            "action": action,
            "alert_id": alert_id,
        }
        fixed = [sa.literal(value, access_log.c[name].type) for name, value in line.items()]
        owners = _owners(alert_id, client_ids)
        chosen = sa.select(owners.c.organisation_id, owners.c.client_id, *fixed)
        columns = ["organisation_id", "client_id", *line]
        await self.db.execute(sa.insert(access_log).from_select(columns, chosen))


def _owners(alert_id: UUID | None, client_ids: Sequence[UUID]) -> sa.Subquery:
    if client_ids:
        named = sa.select(clients.c.organisation_id, clients.c.id.label("client_id"))
        return named.where(clients.c.id.in_(client_ids)).subquery()
    nobody = sa.null().cast(sa.Uuid).label("client_id")
    return sa.select(alerts.c.organisation_id, nobody).where(alerts.c.id == alert_id).subquery()
