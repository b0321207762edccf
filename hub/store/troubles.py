"""Messages that became nothing, with their reasons, until somebody has seen them; and trends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.sharing import NOTHING, Part, Parts, Sharing
from hub.access.viewer import Viewer
from hub.store.sharing import Sharings
from hub.store.straight import written
from hub.store.tables import (
    clients,
    events,
    gateways,
    messages,
    organisations,
    seen_messages,
    service_contracts,
)

TROUBLED = ("rejected", "quarantined", "refused")
KEPT = timedelta(days=7)
TREND_KINDS = (
    "lifestyle.toilet_frequency",
    "lifestyle.restless_night",
    "lifestyle.slower",
    "lifestyle.less_active",
    "observation.noticed",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One message that became nothing."""

    id: UUID
    received_at: datetime
    outcome: str
    reason: str
    gateway: str
    adapter: str
    topic: str
    organisation: str
    seen: bool
    own: bool  # of the viewer's organisation, and not of one it serves


@dataclass(frozen=True, slots=True)
class Trend:
    """One line for the day: something that changes slowly; of a `withheld` one not what."""

    occurred_at: datetime
    kind: str
    client_ids: tuple[UUID, ...]
    clients: tuple[str, ...]
    withheld: bool


_PARTY: sa.BindParameter[UUID] = sa.bindparam("party", type_=sa.Uuid)
_MOMENT: sa.BindParameter[datetime] = sa.bindparam("now", type_=sa.DateTime(timezone=True))


def _mine(owner: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Match what belongs to an organisation, or to a provider it is the care centre of."""
    served = sa.select(service_contracts.c.organisation_id).where(
        service_contracts.c.served_by_id == _PARTY,
        service_contracts.c.role == "centre",
        service_contracts.c.valid.contains(_MOMENT),
    )
    return sa.or_(owner == _PARTY, owner.in_(served))


def _one_of(column: sa.ColumnElement[str], words: Sequence[str]) -> sa.ColumnElement[bool]:
    """Match some words of ours, written out: an index of only these rows can then be used."""
    return column.in_([sa.literal_column(f"'{word}'") for word in words])


_TROUBLED = (
    _one_of(messages.c.outcome, TROUBLED),
    messages.c.received_at > _MOMENT - KEPT,
    _mine(messages.c.organisation_id),
)
_TICKED = sa.select(seen_messages.c.message_id).where(seen_messages.c.message_id == messages.c.id)
_TRENDING = (
    _one_of(events.c.kind, TREND_KINDS),
    events.c.received_at > _MOMENT - timedelta(days=1),
    _mine(events.c.organisation_id),
)
# Asked with `party` and `now`: what nobody has ticked as seen, and the lines of the last day.
UNSEEN = written(sa.select(sa.func.count()).where(*_TROUBLED, sa.not_(_TICKED.exists())))
TRENDS = written(sa.select(sa.func.count()).where(*_TRENDING))


def _of(viewer: Viewer, now: datetime) -> dict[str, Any]:
    return {"party": viewer.organisation_id, "now": now}


async def list_troubles(
    db: AsyncConnection, viewer: Viewer, now: datetime, most: int = 200
) -> Sequence[Trouble]:
    """List the troubled messages of the last week, unseen first, then newest first."""
    seen = seen_messages.c.message_id.is_not(None)
    asked = (
        sa.select(
            messages.c.id,
            messages.c.received_at,
            messages.c.outcome,
            messages.c.reason,
            sa.func.coalesce(gateways.c.external_id, ""),
            messages.c.adapter,
            messages.c.topic,
            organisations.c.name,
            seen,
            messages.c.organisation_id == viewer.organisation_id,
        )
        .join(organisations, organisations.c.id == messages.c.organisation_id)
        .outerjoin(gateways, gateways.c.id == messages.c.gateway_id)
        .outerjoin(seen_messages, seen_messages.c.message_id == messages.c.id)
        .where(*_TROUBLED)
        .order_by(seen, messages.c.received_at.desc(), messages.c.id)
        .limit(most)
        .params(_of(viewer, now))
    )
    return [Trouble(*row) for row in await db.execute(asked)]


async def tick_seen(
    db: AsyncConnection, viewer: Viewer, message_ids: Sequence[UUID], now: datetime
) -> None:
    """Note that these messages were seen; those the viewer may not see stay as they are."""
    chosen = sa.select(
        messages.c.id,
        messages.c.organisation_id,
        sa.literal(viewer.user_id, sa.Uuid),
        sa.literal(now, sa.DateTime(timezone=True)),
    ).where(messages.c.id.in_(message_ids), *_TROUBLED)
    row = insert(seen_messages).from_select(
        ["message_id", "organisation_id", "seen_by_id", "seen_at"],
        chosen.params(_of(viewer, now)),
    )
    await db.execute(row.on_conflict_do_nothing())


async def list_trends(
    db: AsyncConnection, viewer: Viewer, now: datetime, most: int = 200
) -> Sequence[Trend]:
    """List the trend lines of the last 24 hours, newest first."""
    columns = (events.c.organisation_id, events.c.occurred_at, events.c.kind, events.c.client_ids)
    asked = sa.select(*columns).where(*_TRENDING).order_by(events.c.received_at.desc()).limit(most)
    found = (await db.execute(asked.params(_of(viewer, now)))).all()
    everybody = {client_id for row in found for client_id in row.client_ids}
    sharings = Sharings(db, viewer)
    sharing = await sharings.now(now)
    kept = await sharings.kept_back(sharing, everybody)
    named = await db.execute(
        sa.select(clients.c.id, clients.c.name).where(clients.c.id.in_(everybody))
    )
    names = {row.id: row.name for row in named}
    return [_trend(row, names, kept, sharing) for row in found]


def _trend(
    row: Any, names: Mapping[UUID, str], kept: Mapping[UUID, Parts], sharing: Sharing
) -> Trend:
    whose = [kept[one] for one in row.client_ids if one in kept]
    parts = NOTHING.union(*whose) if whose else sharing.kept_back(row.organisation_id, None)
    withheld = Part.RHYTHM in parts
    called = tuple(names[one] for one in row.client_ids if one in names)
    kind = "" if withheld else row.kind
    return Trend(row.occurred_at, kind, tuple(row.client_ids), called, withheld)
