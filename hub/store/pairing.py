"""Devices that nobody can count on yet, or no longer: the list that is worked through by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.tables import (
    clients,
    devices,
    gateways,
    homes,
    messages,
    organisations,
    service_contracts,
)

UNKNOWN = "unknown_device"  # the reason of a message that was read, of a device nobody registered
LATELY = timedelta(days=1)
MOST = 200  # of each


@dataclass(frozen=True, slots=True)
class Pairing:
    """What is to be done: devices to test, to give to somebody, to register, and those given up.

    The rows of the first two and the last: id, external_id, name, gateway, adapter, key, room,
    client_id, client, home, last_seen_at, untested_since, ended_at, organisation_id. Of strangers:
    gateway, adapter, topic, count, last_at, message_id of one of them.
    """

    untested: Sequence[Any]
    unbound: Sequence[Any]
    strangers: Sequence[Any]
    ended: Sequence[Any]


async def pairing(db: AsyncConnection, viewer: Viewer, now: datetime) -> Pairing:
    """Read the list of the viewer's organisation, and of those it is the care centre of.

    Strangers are those of the last day.
    """
    mine = _mine(viewer, now)
    in_use = devices.c.ended_at.is_(None)
    nobodys = sa.and_(devices.c.client_id.is_(None), devices.c.home_id.is_(None))
    waits = devices.c.untested_since.is_not(None)
    return Pairing(
        await _devices(db, mine, sa.and_(in_use, waits, ~nobodys), devices.c.untested_since),
        await _devices(db, mine, sa.and_(in_use, nobodys), devices.c.last_seen_at.desc()),
        await _strangers(db, mine, now),
        await _devices(db, mine, ~in_use, devices.c.ended_at.desc()),
    )


def _mine(viewer: Viewer, now: datetime) -> sa.Select[Any]:
    served = sa.select(service_contracts.c.organisation_id).where(
        service_contracts.c.served_by_id == viewer.organisation_id,
        service_contracts.c.role == "centre",
        service_contracts.c.valid.contains(sa.literal(now, sa.DateTime(timezone=True))),
    )
    own = organisations.c.id == viewer.organisation_id
    return sa.select(organisations.c.id).where(sa.or_(own, organisations.c.id.in_(served)))


async def _devices(
    db: AsyncConnection,
    mine: sa.Select[Any],
    which: sa.ColumnElement[bool],
    order: sa.ColumnElement[Any],
) -> Sequence[Any]:
    address = sa.func.concat_ws(
        ", ", sa.func.nullif(homes.c.street, ""), sa.func.nullif(homes.c.place, "")
    )
    asked = (
        sa.select(
            devices,
            gateways.c.external_id.label("gateway"),
            clients.c.name.label("client"),
            address.label("home"),
        )
        .join(gateways, gateways.c.id == devices.c.gateway_id)
        .outerjoin(clients, clients.c.id == devices.c.client_id)
        .outerjoin(homes, homes.c.id == devices.c.home_id)
        .where(devices.c.organisation_id.in_(mine), which)
        .order_by(order.nulls_last(), devices.c.external_id)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()


async def _strangers(db: AsyncConnection, mine: sa.Select[Any], now: datetime) -> Sequence[Any]:
    last = sa.func.max(messages.c.received_at).label("last_at")
    asked = (
        sa.select(
            gateways.c.external_id.label("gateway"),
            messages.c.adapter,
            messages.c.topic,
            sa.func.count().label("count"),
            last,
            sa.func.min(sa.cast(messages.c.id, sa.Text)).label("message_id"),
        )
        .outerjoin(gateways, gateways.c.id == messages.c.gateway_id)
        .where(
            messages.c.organisation_id.in_(mine),
            messages.c.received_at > now - LATELY,
            messages.c.reason == UNKNOWN,
        )
        .group_by(gateways.c.external_id, messages.c.adapter, messages.c.topic)
        .order_by(last.desc(), messages.c.topic)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()
