"""Who is who on a page, as far as whoever looks may know.

What a contract keeps back is never read into a page: in its place stands that it is not shared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Level
from hub.access.sharing import NOT_SHARED, NOTHING, Part, Parts, Sharing, caregiver
from hub.store.straight import Straight, written
from hub.store.tables import client_contacts, clients, contacts, homes, organisations


@dataclass(frozen=True, slots=True)
class Named:
    """A contact as a screen shows it; of one that is `withheld` neither name nor number."""

    id: UUID
    name: str
    sort: str
    level: str
    phone: str
    organisation: str
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A client as a screen shows it; `withheld` are the parts that are not shared."""

    id: UUID
    name: str
    birth_date: date | None
    instructions: str
    withheld: Parts = NOTHING


@dataclass(frozen=True, slots=True)
class Names:
    """Who is who on a page; `relations` says what a contact is to a client."""

    contacts: Mapping[UUID, Named]
    clients: Mapping[UUID, Client]
    relations: Mapping[tuple[UUID, UUID], str]


CLIENT = (
    sa.select(
        clients.c.id,
        clients.c.name,
        clients.c.birth_date,
        clients.c.instructions,
        clients.c.organisation_id,
        homes.c.region_id,
    )
    .select_from(clients)
    .outerjoin(homes, homes.c.id == clients.c.home_id)
)
AMONG = sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))
CLIENTS = written(CLIENT.where(clients.c.id == AMONG))
CONTACTS = written(
    sa.select(
        contacts.c.id,
        contacts.c.name,
        contacts.c.sort,
        contacts.c.level,
        contacts.c.phone,
        organisations.c.name.label("organisation"),
        contacts.c.organisation_id,
    )
    .join(organisations, organisations.c.id == contacts.c.organisation_id)
    .where(contacts.c.id == AMONG)
)
RELATIONS = written(
    sa.select(
        client_contacts.c.client_id, client_contacts.c.contact_id, client_contacts.c.relation
    ).where(client_contacts.c.client_id == AMONG)
)


async def names_of(
    db: AsyncConnection,
    client_ids: Iterable[UUID],
    contact_ids: Iterable[UUID],
    sharing: Sharing,
) -> Names:
    """Read the names of these clients and contacts as they are shared."""
    whose, whoever = {"ids": list(client_ids)}, {"ids": list(contact_ids)}
    told = (CONTACTS.asked(whoever), CLIENTS.asked(whose), RELATIONS.asked(whose))
    people, cared_for, relations = await Straight(db).together(*told)
    shown = {row.id: client_shown(row, sharing) for row in cared_for}
    closed = {one.id for one in shown.values() if Part.CONTACTS in one.withheld}
    unnamed = _unnamed(relations, closed)
    related = {row.contact_id for row in relations}
    return Names(
        {row.id: _contact(row, unnamed, related, sharing) for row in people},
        shown,
        {
            (row.client_id, row.contact_id): row.relation
            for row in relations
            if row.client_id not in closed
        },
    )


def client_shown(row: Any, sharing: Sharing) -> Client:
    """Show a row of `CLIENT` as far as it is shared."""
    withheld = sharing.kept_back(row.organisation_id, row.region_id)
    return Client(
        row.id,
        row.name,
        None if Part.BIRTH_DATE in withheld else row.birth_date,
        NOT_SHARED if Part.INSTRUCTIONS in withheld else row.instructions,
        withheld,
    )


def _unnamed(relations: Sequence[Any], closed: set[UUID]) -> dict[UUID, str]:
    """What caregivers are called whose clients keep their names back, each by its own number."""
    found: dict[UUID, str] = {}
    for client_id in sorted(closed):
        own = sorted(row.contact_id for row in relations if row.client_id == client_id)
        for number, contact_id in enumerate(own, 1):
            found.setdefault(contact_id, caregiver(number, len(own)))
    return found


def _contact(row: Any, unnamed: Mapping[UUID, str], related: set[UUID], sharing: Sharing) -> Named:
    name = unnamed.get(row.id, "")
    if row.id not in related and Part.CONTACTS in sharing.kept_back(row.organisation_id, None):
        name = caregiver(1, 1)
    if name and row.level == Level.INFORMAL_CAREGIVER:
        return Named(row.id, name, row.sort, row.level, "", row.organisation, withheld=True)
    return Named(row.id, row.name, row.sort, row.level, row.phone, row.organisation)
