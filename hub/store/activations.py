"""Agreements that one person put in force in an emergency, until a second one reviewed them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.windows import Holidays
from hub.store.tables import activations, clients, holidays, organisations

Row = Any


@dataclass(frozen=True, slots=True)
class Activation:
    """One emergency activation: of which agreement, by whom, why, and the errors it has.

    `before` is the record of the agreement until then; None when it is new.
    """

    id: UUID
    organisation_id: UUID
    agreement_id: UUID
    agreement: str
    client_id: UUID | None
    at: datetime
    user_id: UUID | None
    by: str
    reason: str
    findings: Sequence[Mapping[str, Any]]
    before: Mapping[str, Any] | None
    review_by: datetime


class Activations:
    """The emergency activations of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def add(self, one: Activation) -> None:
        """Put one on record, to be reviewed before its `review_by`."""
        values = {name: getattr(one, name) for name in Activation.__dataclass_fields__}
        await self.db.execute(sa.insert(activations).values({**values, "due_at": one.review_by}))

    async def replaced(self, agreement_ids: Iterable[UUID], now: datetime) -> Sequence[UUID]:
        """Close the reviews of these agreements: another version of each came into force; which."""
        of = activations.c.agreement_id.in_(list(agreement_ids))
        closed = {"outcome": "replaced", "due_at": None, "reviewed_at": now}
        open_ = activations.c.outcome.is_(None)
        change = sa.update(activations).where(of, open_).values(closed)
        return list((await self.db.execute(change.returning(activations.c.id))).scalars())

    async def lock(self, id_: UUID, organisation_id: UUID) -> Row | None:
        """Read one of this organisation's, and let nobody else review it meanwhile."""
        asked = sa.select(activations).where(
            activations.c.id == id_, activations.c.organisation_id == organisation_id
        )
        return (await self.db.execute(asked.with_for_update())).first()

    async def reviewed(self, id_: UUID, outcome: str, by: str, now: datetime) -> None:
        """Put on record who reviewed one, and what they decided."""
        values = {"outcome": outcome, "reviewed_by": by, "reviewed_at": now, "due_at": None}
        await self.db.execute(sa.update(activations).where(activations.c.id == id_).values(values))

    async def of(self, organisation_id: UUID, most: int = 200) -> Sequence[Row]:
        """List an organisation's: what waits for review first, by its date; then the newest."""
        asked = (
            sa.select(
                activations,
                clients.c.name.label("client_name"),
                clients.c.external_id.label("client"),
            )
            .outerjoin(clients, clients.c.id == activations.c.client_id)
            .where(activations.c.organisation_id == organisation_id)
            .order_by(activations.c.due_at.nulls_last(), activations.c.at.desc(), activations.c.id)
            .limit(most)
        )
        return (await self.db.execute(asked)).all()

    async def overdue(self, now: datetime, most: int = 50) -> Sequence[Row]:
        """Take those whose date has passed; nobody else gets them in this unit of work's time."""
        asked = sa.select(activations).where(activations.c.due_at <= now)
        ordered = asked.order_by(activations.c.due_at, activations.c.id).limit(most)
        return (await self.db.execute(ordered.with_for_update(skip_locked=True))).all()

    async def set_back(self, id_: UUID, due_at: datetime) -> None:
        """Let one be overdue work again at this moment."""
        of = activations.c.id == id_
        await self.db.execute(sa.update(activations).where(of).values(due_at=due_at))

    async def next_due_at(self) -> datetime | None:
        """Say when the next one is overdue."""
        asked = sa.select(sa.func.min(activations.c.due_at))
        moment: datetime | None = await self.db.scalar(asked)
        return moment

    async def calendar(self, organisation_id: UUID) -> tuple[str, Holidays]:
        """Say in which time zone an organisation works, and on which days it does not."""
        zone = sa.select(organisations.c.time_zone).where(organisations.c.id == organisation_id)
        of = holidays.c.organisation_id == organisation_id
        days = await self.db.execute(sa.select(holidays.c.day, holidays.c.starts).where(of))
        return str((await self.db.execute(zone)).scalar_one()), dict(map(tuple, days))
