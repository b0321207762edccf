"""A team that sends its calls on to another until a moment: told by its own people, on record.

It is a divert of the registry like any other, so that plans are proved again because of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from hub.registry.bringing import bring
from hub.registry.duty import DIVERTS
from hub.registry.ending import end
from hub.registry.outcome import Who
from hub.registry.records import Record
from hub.registry.values import said_at
from hub.store.tables import (
    contacts,
    diverts,
    organisations,
    region_members,
    service_contracts,
    turns,
)
from hub.store.unit_of_work import UnitOfWork

LONGEST = timedelta(hours=25)  # a day, also in the night the clock goes back
TEAMS = ("own_team", "night_partner")


class NoSuchTeam(LookupError):
    """There is no such team, or nobody has this number there."""


class NotThere(ValueError):
    """Calls cannot go to this contact."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team, night service or partner that is called: who it is, and of which organisation."""

    id: UUID
    organisation_id: UUID
    owner: str
    external_id: str
    name: str
    level: str


async def team_of(uow: UnitOfWork, contact_id: UUID) -> Team:
    """Find a team or partner by id. Raises NoSuchTeam."""
    asked = (
        sa.select(contacts, organisations.c.external_id.label("owner"))
        .join(organisations, organisations.c.id == contacts.c.organisation_id)
        .where(contacts.c.id == contact_id, contacts.c.level.in_(TEAMS))
        .where(contacts.c.ended_at.is_(None), contacts.c.sort != "person")
    )
    row = (await uow.db.execute(asked)).first()
    if row is None:
        raise NoSuchTeam(str(contact_id))
    own = (row.id, row.organisation_id, row.owner, row.external_id, row.name, row.level)
    return Team(*own)


async def diverts_of(
    uow: UnitOfWork, teams: Sequence[UUID], now: datetime, most: int = 500
) -> Sequence[Any]:
    """List the diverts of these teams that are not over: contact_id, name, to, begins, ends."""
    to = contacts.alias("to")
    asked = (
        sa.select(
            diverts.c.contact_id,
            diverts.c.external_id,
            to.c.name.label("to"),
            sa.func.lower(diverts.c.during).label("begins_at"),
            sa.func.upper(diverts.c.during).label("ends_at"),
        )
        .join(to, to.c.id == diverts.c.to_id)
        .where(diverts.c.contact_id.in_(teams), sa.func.upper(diverts.c.during) > now)
        .order_by(sa.func.lower(diverts.c.during), diverts.c.id)
        .limit(most)
    )
    return (await uow.db.execute(asked)).all()


async def targets_of(uow: UnitOfWork, team: Team, now: datetime) -> Sequence[Any]:
    """List who can take a team's calls: id, name, level.

    Teams, partners and desks with a way to reach them, of its own organisation, of those that
    serve it, and of who has the turn in its regions now.
    """
    moment = sa.literal(now, sa.DateTime(timezone=True))
    holds = service_contracts.c.valid.contains(moment)
    own = service_contracts.c.organisation_id == team.organisation_id
    serving = sa.select(service_contracts.c.served_by_id).where(own, holds)
    taking_turns = (
        sa.select(turns.c.partner_id)
        .join(region_members, region_members.c.region_id == turns.c.region_id)
        .where(region_members.c.organisation_id == team.organisation_id)
        .where(turns.c.during.contains(moment))
    )
    asked = (
        sa.select(contacts.c.id, contacts.c.name, contacts.c.level, contacts.c.external_id)
        .where(
            sa.or_(
                contacts.c.organisation_id == team.organisation_id,
                contacts.c.organisation_id.in_(serving),
                contacts.c.organisation_id.in_(taking_turns),
            ),
            contacts.c.id != team.id,
            contacts.c.sort != "person",
            contacts.c.level.in_((*TEAMS, "care_centre", "backup")),
            contacts.c.ended_at.is_(None),
            sa.func.jsonb_array_length(contacts.c.ways) > 0,
        )
        .order_by(contacts.c.level, contacts.c.name, contacts.c.id)
    )
    return (await uow.db.execute(asked)).all()


async def divert(
    uow: UnitOfWork, team: Team, to_id: UUID, ends_at: datetime, who: Who, now: datetime
) -> None:
    """Send a team's calls on from now until a moment; a divert in force makes place for it.

    Raises NotThere, and ValueError for a moment that is past or over a day away.
    """
    if not now < ends_at <= now + LONGEST:
        raise ValueError("a divert lasts until a moment within a day")
    target = next((one for one in await targets_of(uow, team, now) if one.id == to_id), None)
    if target is None:
        raise NotThere(str(to_id))
    await end_divert(uow, team, who, now)
    called = await uow.registered.contacts_called([str(to_id)])
    fields = {
        "external_id": f"{team.external_id}/{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        "contact": team.external_id,
        "to": called[str(to_id)].removeprefix(f"{team.owner}/"),
        "begins": said_at(now),
        "ends": said_at(ends_at),
    }
    records = [Record(DIVERTS, team.owner, fields)]
    await bring(uow.registered, records, who, now, lambda *_: uuid4(), {})
    uow.touched |= {"proofs due", "board"}


async def end_divert(uow: UnitOfWork, team: Team, who: Who, now: datetime) -> bool:
    """Let a team be called again from now on; whether anything was in force or to come."""
    await uow.registered.hold()
    found = await diverts_of(uow, [team.id], now)
    for one in found:
        await end(uow.registered, DIVERTS, team.owner, one.external_id, who, now)
    if found:
        await uow.proofs.hit([team.id], now)
        uow.touched |= {"proofs due", "board"}
    return bool(found)
