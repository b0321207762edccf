"""Who works when and serves whom, as the page of duty shows it; every moment is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import (
    contacts,
    holidays,
    organisations,
    region_members,
    regions,
    rosters,
    service_contracts,
    shifts,
    turns,
)

MOST = 200  # of each
TURNS_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class DutySeen:
    """What an organisation's people must know of duty.

    Teams: id, name, level, known_until. Turns: region, service_hour, partner, begins_at, ends_at.
    Contracts: name, role, region, hours, response_target, begins_at, ends_at. Holidays: day,
    starts, name.
    """

    teams: Sequence[Any]
    turns: Sequence[Any]
    contracts: Sequence[Any]
    holidays: Sequence[Any]


def _edge(name: str, column: sa.Column[Any]) -> sa.Label[Any]:
    edge = getattr(sa.func, "lower" if name == "begins_at" else "upper")(column)
    return sa.case((sa.func.isfinite(edge), edge)).label(name)


async def duty_seen(db: AsyncConnection, organisation_id: UUID, now: datetime) -> DutySeen:
    """Read an organisation's teams, the turns of its regions, who serves it, and its holidays."""
    return DutySeen(
        await _teams(db, organisation_id),
        await _turns(db, organisation_id, now),
        await _contracts(db, organisation_id, now),
        await _holidays(db, organisation_id, now),
    )


async def _teams(db: AsyncConnection, organisation_id: UUID) -> Sequence[Any]:
    asked = (
        sa.select(contacts.c.id, contacts.c.name, contacts.c.level, rosters.c.known_until)
        .outerjoin(rosters, rosters.c.contact_id == contacts.c.id)
        .where(contacts.c.organisation_id == organisation_id, contacts.c.ended_at.is_(None))
        .where(contacts.c.sort != "person", contacts.c.level.in_(("own_team", "night_partner")))
        .order_by(contacts.c.name, contacts.c.id)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()


async def _turns(db: AsyncConnection, organisation_id: UUID, now: datetime) -> Sequence[Any]:
    near = sa.func.tstzrange(now, now + TURNS_AHEAD)
    asked = (
        sa.select(
            regions.c.name.label("region"),
            regions.c.service_hour,
            organisations.c.name.label("partner"),
            _edge("begins_at", turns.c.during),
            _edge("ends_at", turns.c.during),
        )
        .join(regions, regions.c.id == turns.c.region_id)
        .join(region_members, region_members.c.region_id == regions.c.id)
        .join(organisations, organisations.c.id == turns.c.partner_id)
        .where(region_members.c.organisation_id == organisation_id)
        .where(turns.c.during.op("&&")(near))
        .order_by(regions.c.name, turns.c.during)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()


async def _contracts(db: AsyncConnection, organisation_id: UUID, now: datetime) -> Sequence[Any]:
    ends = sa.func.upper(service_contracts.c.valid)
    asked = (
        sa.select(
            organisations.c.name,
            service_contracts.c.role,
            regions.c.name.label("region"),
            service_contracts.c.hours,
            service_contracts.c.response_target,
            _edge("begins_at", service_contracts.c.valid),
            _edge("ends_at", service_contracts.c.valid),
        )
        .join(organisations, organisations.c.id == service_contracts.c.served_by_id)
        .outerjoin(regions, regions.c.id == service_contracts.c.region_id)
        .where(service_contracts.c.organisation_id == organisation_id)
        .where(sa.or_(ends.is_(None), ends > now))
        .order_by(service_contracts.c.role, organisations.c.name, service_contracts.c.id)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()


async def _holidays(db: AsyncConnection, organisation_id: UUID, now: datetime) -> Sequence[Any]:
    asked = (
        sa.select(holidays.c.day, holidays.c.starts, holidays.c.name)
        .where(holidays.c.organisation_id == organisation_id)
        .where(holidays.c.day >= now.date() - timedelta(days=1))
        .order_by(holidays.c.day)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()


async def shifts_seen(db: AsyncConnection, contact_id: UUID, span: Any) -> Sequence[Any]:
    """List the shifts of a contact that touch this time (two moments): begins_at, ends_at."""
    asked = (
        sa.select(_edge("begins_at", shifts.c.during), _edge("ends_at", shifts.c.during))
        .where(shifts.c.contact_id == contact_id)
        .where(shifts.c.during.op("&&")(sa.func.tstzrange(*span)))
        .order_by(shifts.c.during)
        .limit(MOST)
    )
    return (await db.execute(asked)).all()
