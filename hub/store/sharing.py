"""Reads what contracts share with an organisation, and keeps who saw more in an emergency."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Level
from hub.access.sharing import (
    CAREGIVER,
    NOTHING,
    Opened,
    Part,
    Parts,
    Sharing,
    Terms,
    parts_of,
)
from hub.access.viewer import Viewer
from hub.store.people import People, Person
from hub.store.straight import written
from hub.store.tables import (
    alerts,
    client_contacts,
    clients,
    contacts,
    disclosures,
    homes,
    organisations,
    service_contracts,
)

_MOMENT: sa.BindParameter[datetime] = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_VALID = service_contracts.c.valid
_BEGAN = sa.func.lower(_VALID, type_=sa.DateTime(timezone=True))
_TERMS = sa.select(
    service_contracts.c.organisation_id,
    service_contracts.c.region_id,
    _VALID.contains(_MOMENT).label("in_force"),
    service_contracts.c.shares,
).where(
    service_contracts.c.served_by_id == sa.bindparam("party", type_=sa.Uuid),
    sa.not_(sa.func.isempty(_VALID)),
    sa.or_(_BEGAN.is_(None), _BEGAN <= _MOMENT),
)
TERMS = written(_TERMS)  # with `party` and `now`


def sharing_of(organisation_id: UUID, rows: Iterable[Any]) -> Sharing:
    """Make the terms of an organisation of rows of `TERMS`."""
    terms = (
        Terms(row.organisation_id, row.region_id, row.in_force, parts_of(row.shares))
        for row in rows
    )
    return Sharing(organisation_id, tuple(terms))


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Somebody saw in an emergency what an agreement keeps back; seen until `until`."""

    id: UUID
    organisation_id: UUID
    alert_id: UUID
    party_id: UUID
    user_id: UUID
    by: str
    at: datetime
    until: datetime
    reason: str
    parts: Sequence[str]


class Sharings:
    """What is shared with the viewer of one unit of work."""

    def __init__(self, db: AsyncConnection, viewer: Viewer | None) -> None:
        self.db, self.viewer = db, viewer

    async def now(self, now: datetime) -> Sharing:
        """Read the terms that hold at a moment; without a viewer nothing is kept back."""
        if self.viewer is None:
            return Sharing(None)
        return await self.of(self.viewer.organisation_id, now)

    async def of(self, organisation_id: UUID, now: datetime) -> Sharing:
        """Read the terms that hold at a moment for an organisation."""
        asked = await self.db.execute(_TERMS, {"party": organisation_id, "now": now})
        return sharing_of(organisation_id, asked)

    async def about(self, alert_id: UUID, now: datetime) -> Sharing:
        """The same for one alert: until it is over, what its viewer opened is open."""
        sharing = await self.now(now)
        if sharing.terms and self.viewer is not None:
            return replace(sharing, opened=await self._opened(self.viewer, alert_id, now))
        return sharing

    async def kept_back(self, sharing: Sharing, client_ids: Iterable[UUID]) -> dict[UUID, Parts]:
        """Say of each client which parts are kept back."""
        if not sharing.terms:
            return dict.fromkeys(client_ids, NOTHING)
        asked = (
            sa.select(clients.c.id, clients.c.organisation_id, homes.c.region_id)
            .outerjoin(homes, homes.c.id == clients.c.home_id)
            .where(clients.c.id.in_(list(client_ids)))
        )
        found = await self.db.execute(asked)
        return {row.id: sharing.kept_back(row.organisation_id, row.region_id) for row in found}

    async def named(
        self, contact_ids: Iterable[UUID], client_ids: Iterable[UUID], sharing: Sharing
    ) -> dict[UUID, Person]:
        """Say who these contacts are, on a page about these clients, as far as it is shared."""
        people = await People(self.db).named(contact_ids)
        kept = await self.kept_back(sharing, client_ids)
        return {id_: _shown(one, kept, sharing) for id_, one in people.items()}

    async def without_names(
        self, sharing: Sharing, client_ids: Iterable[UUID]
    ) -> Mapping[UUID, re.Pattern[str]]:
        """Give, for each client whose contacts are kept back, what finds their names in a text."""
        kept = await self.kept_back(sharing, client_ids)
        closed = [id_ for id_, parts in kept.items() if Part.CONTACTS in parts]
        if not closed:
            return {}
        asked = (
            sa.select(client_contacts.c.client_id, contacts.c.external_id, contacts.c.name)
            .join(contacts, contacts.c.id == client_contacts.c.contact_id)
            .where(
                client_contacts.c.client_id.in_(closed),
                contacts.c.level == Level.INFORMAL_CAREGIVER.value,
            )
        )
        words: dict[UUID, set[str]] = {id_: set() for id_ in closed}
        for row in await self.db.execute(asked):
            words[row.client_id].update((row.external_id, row.name))
        return {id_: _any_of(some) for id_, some in words.items()}

    async def disclose(self, one: Disclosure) -> None:
        """Put on record that somebody opened what was kept back."""
        values = {name: getattr(one, name) for name in Disclosure.__slots__}
        await self.db.execute(sa.insert(disclosures).values(values))

    async def disclosed(
        self, organisation_id: UUID, since: datetime, most: int = 200
    ) -> Sequence[Any]:
        """List who opened what a provider's contracts keep back, the newest first."""
        asked = (
            sa.select(
                *(one for one in disclosures.c if one is not disclosures.c.until),
                sa.func.least(disclosures.c.until, alerts.c.resolved_at).label("until"),
                organisations.c.name.label("organisation"),
                alerts.c.client_ids,
            )
            .join(organisations, organisations.c.id == disclosures.c.party_id)
            .join(alerts, alerts.c.id == disclosures.c.alert_id)
            .where(disclosures.c.organisation_id == organisation_id, disclosures.c.at >= since)
            .order_by(disclosures.c.at.desc(), disclosures.c.id)
            .limit(most)
        )
        return (await self.db.execute(asked)).all()

    async def _opened(self, viewer: Viewer, alert_id: UUID, now: datetime) -> Opened | None:
        asked = (
            sa.select(disclosures.c.organisation_id, disclosures.c.parts)
            .join(alerts, alerts.c.id == disclosures.c.alert_id)
            .where(
                disclosures.c.alert_id == alert_id,
                disclosures.c.user_id == viewer.user_id,
                disclosures.c.until > now,
                alerts.c.resolved_at.is_(None),
            )
        )
        rows = (await self.db.execute(asked)).all()
        if not rows:
            return None
        words = {word for row in rows for word in row.parts}
        return Opened(rows[0].organisation_id, parts_of(words))


def _shown(one: Person, kept: Mapping[UUID, Parts], sharing: Sharing) -> Person:
    of_its_own = sharing.kept_back(one.organisation_id, None)
    closed = Part.CONTACTS in NOTHING.union(*kept.values()) if kept else Part.CONTACTS in of_its_own
    private = one.level is Level.INFORMAL_CAREGIVER
    if closed and private and one.organisation_id != sharing.organisation_id:
        return replace(one, external_id="", name=CAREGIVER, withheld=True)
    return one


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Find any of these words, whole; none is found where there are none."""
    longest_first = sorted(filter(None, words), key=len, reverse=True)
    if not longest_first:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
