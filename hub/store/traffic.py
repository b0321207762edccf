"""What came in for an organisation: its gateways and adapters, and a day's messages by outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.tables import gateways, messages


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to choose from: an organisation's gateways, and the adapters they speak."""

    gateways: tuple[str, ...]
    adapters: tuple[str, ...]


async def known_of(db: AsyncConnection, viewer: Viewer) -> Known:
    """List what the viewer's organisation has registered."""
    asked = sa.select(gateways.c.external_id, gateways.c.adapters).where(
        gateways.c.organisation_id == viewer.organisation_id
    )
    rows = (await db.execute(asked.order_by(gateways.c.external_id))).all()
    return Known(
        tuple(row.external_id for row in rows),
        tuple(sorted({one for row in rows for one in row.adapters})),
    )


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an adapter was sent in a day: messages by outcome, the last, and what went wrong most.

    `errors` are technical reasons with how often each came, the most frequent first.
    """

    adapter: str
    outcomes: Mapping[str, int]
    last_at: datetime
    errors: tuple[tuple[str, int], ...]


MOST_ERRORS = 3


async def traffic(db: AsyncConnection, viewer: Viewer, now: datetime) -> Mapping[str, Traffic]:
    """Count the messages of the viewer's organisation of the last 24 hours, by adapter."""
    own = (
        messages.c.organisation_id == viewer.organisation_id,
        messages.c.received_at > now - timedelta(days=1),
    )
    count = sa.func.count().label("count")
    counted = (
        sa.select(
            messages.c.adapter,
            messages.c.outcome,
            count,
            sa.func.max(messages.c.received_at).label("last_at"),
        )
        .where(*own)
        .group_by(messages.c.adapter, messages.c.outcome)
    )
    troubled = (
        sa.select(messages.c.adapter, messages.c.reason, count)
        .where(*own, messages.c.outcome.in_(("rejected", "quarantined")))
        .group_by(messages.c.adapter, messages.c.reason)
        .order_by(count.desc(), messages.c.reason)
    )
    rows, errors = (await db.execute(counted)).all(), (await db.execute(troubled)).all()
    return {
        name: Traffic(
            name,
            {row.outcome: row[2] for row in rows if row.adapter == name},
            max(row.last_at for row in rows if row.adapter == name),
            tuple((one.reason, one[2]) for one in errors if one.adapter == name)[:MOST_ERRORS],
        )
        for name in {row.adapter for row in rows}
    }
