"""Which work care plans gave their teams, and whether it was done."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.contract import Kind
from hub.store.tables import alerts, events, plan_work


class PlanWork:
    """The work of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def add(self, event_id: UUID, organisation_id: UUID, about: UUID) -> None:
        """Remember what an event put on the board, and what it is about."""
        row = {"event_id": event_id, "organisation_id": organisation_id, "about": about}
        await self.db.execute(insert(plan_work).values(row).on_conflict_do_nothing())

    async def done(self, about: Iterable[UUID], now: datetime) -> Sequence[Any]:
        """Note that all work about these is done: (alert_id, client_id) it was open on."""
        todo = (plan_work.c.about.in_(list(about)), plan_work.c.done_at.is_(None))
        change = sa.update(plan_work).where(*todo).values(done_at=now)
        found = await self.db.execute(change.returning(plan_work.c.event_id))
        asked = (
            sa.select(alerts.c.id, alerts.c.client_ids)
            .join(events, events.c.alert_id == alerts.c.id)
            .where(events.c.id.in_(list(found.scalars())), alerts.c.resolved_at.is_(None))
            .distinct()
            .order_by(alerts.c.id)
        )
        return (await self.db.execute(asked)).all()

    async def is_left(self, alert_id: UUID) -> bool:
        """Whether other work stands on the same alert that nobody did yet."""
        asked = (
            sa.select(sa.func.count())
            .select_from(events)
            .outerjoin(plan_work, plan_work.c.event_id == events.c.id)
            .where(events.c.alert_id == alert_id, events.c.kind == Kind.PLAN_REVIEW.value)
            .where(plan_work.c.done_at.is_(None))
        )
        return bool((await self.db.execute(asked)).scalar_one())
