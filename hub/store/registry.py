"""What a person may read of clients, devices, gateways, messages and alerts in a list.

Rows are of the viewer's own organisation, and of the providers it serves as their care centre
today: its operators have duty for those clients. Alerts are those the organisation is party to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.people import named
from hub.store.tables import (
    alert_parties,
    alerts,
    clients,
    devices,
    events,
    gateways,
    homes,
    messages,
    outbox,
    service_contracts,
)

Row = Any  # a row as it was selected, its columns by name
TROUBLED = ("rejected", "quarantined", "refused")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: after the row with this moment and id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts: None or empty means all."""

    open: bool | None = True
    priority: str | None = None
    kind: str | None = None
    client_id: UUID | None = None


class Registry:
    """The reads of one viewer; without a viewer everything is visible."""

    def __init__(self, db: AsyncConnection, viewer: Viewer | None) -> None:
        self.db, self.viewer = db, viewer

    def _mine(self, table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
        if self.viewer is None:
            return sa.true()
        served = sa.select(service_contracts.c.organisation_id).where(
            service_contracts.c.served_by_id == self.viewer.organisation_id,
            service_contracts.c.role == "centre",
            service_contracts.c.valid.contains(sa.literal(now, sa.DateTime(timezone=True))),
        )
        own = table.c.organisation_id == self.viewer.organisation_id
        return sa.or_(own, table.c.organisation_id.in_(served))

    async def clients(self, now: datetime) -> Sequence[Row]:
        """List clients with their home's place, by external id."""
        asked = (
            sa.select(clients, homes.c.place)
            .join(homes, homes.c.id == clients.c.home_id)
            .where(self._mine(clients, now))
            .order_by(clients.c.organisation_id, clients.c.external_id)
        )
        return (await self.db.execute(asked)).all()

    async def client(self, reference: str, now: datetime) -> Row | None:
        """Find one client by id or external id; None when there is not exactly one."""
        asked = sa.select(clients).where(self._mine(clients, now), named(clients, reference))
        found = (await self.db.execute(asked)).all()
        return found[0] if len(found) == 1 else None

    async def clients_of(self, client_ids: Sequence[UUID]) -> dict[UUID, Row]:
        """Read the clients an alert names; seeing the alert is what gives the right to."""
        asked = sa.select(clients).where(clients.c.id.in_(client_ids))
        return {row.id: row for row in await self.db.execute(asked)}

    async def devices(self, now: datetime) -> Sequence[Row]:
        """List devices with the external ids of their gateway and client."""
        asked = (
            sa.select(
                devices,
                gateways.c.external_id.label("gateway"),
                clients.c.external_id.label("client"),
            )
            .join(gateways, gateways.c.id == devices.c.gateway_id)
            .outerjoin(clients, clients.c.id == devices.c.client_id)
            .where(self._mine(devices, now))
            .order_by(devices.c.organisation_id, devices.c.external_id)
        )
        return (await self.db.execute(asked)).all()

    async def gateways(self, now: datetime) -> Sequence[Row]:
        """List gateways; never their secrets."""
        columns = [column for column in gateways.c if column.name != "secret_hash"]
        asked = (
            sa.select(*columns)
            .where(self._mine(gateways, now))
            .order_by(gateways.c.organisation_id, gateways.c.external_id)
        )
        return (await self.db.execute(asked)).all()

    async def messages(
        self, outcome: str | None, place: Place | None, most: int, now: datetime
    ) -> Sequence[Row]:
        """List messages with one outcome, or with any trouble, the newest first."""
        asked = (
            sa.select(
                *(column for column in messages.c if column.name != "payload"),
                sa.func.octet_length(messages.c.payload).label("size"),
                gateways.c.external_id.label("gateway"),
            )
            .outerjoin(gateways, gateways.c.id == messages.c.gateway_id)
            .where(
                self._mine(messages, now),
                messages.c.outcome.in_((outcome,) if outcome else TROUBLED),
            )
            .order_by(messages.c.received_at.desc(), messages.c.id.desc())
            .limit(most)
        )
        paged = _after(asked, messages.c.received_at, messages.c.id, place)
        rows: Sequence[Row] = (await self.db.execute(paged)).all()
        return rows

    async def alerts(self, wanted: Wanted, place: Place | None, most: int) -> Sequence[Row]:
        """List the alerts the viewer's organisation is party to, the newest first."""
        asked = (
            sa.select(alerts)
            .where(self._party(), *_filters(wanted))
            .order_by(alerts.c.opened_at.desc(), alerts.c.id.desc())
            .limit(most)
        )
        paged = _after(asked, alerts.c.opened_at, alerts.c.id, place)
        rows: Sequence[Row] = (await self.db.execute(paged)).all()
        return rows

    async def alert(self, alert_id: UUID) -> Row | None:
        """Read one alert's row, when the viewer's organisation is party to it."""
        asked = sa.select(alerts).where(self._party(), alerts.c.id == alert_id)
        return (await self.db.execute(asked)).first()

    async def alert_of_event(self, event_id: UUID) -> UUID | None:
        """Say which alert an event that is already stored belongs to."""
        asked = sa.select(events.c.alert_id).where(events.c.id == event_id)
        alert_id: UUID | None = (await self.db.execute(asked)).scalar_one_or_none()
        return alert_id

    def _party(self) -> sa.ColumnElement[bool]:
        if self.viewer is None:
            return sa.true()
        return alerts.c.id.in_(
            sa.select(alert_parties.c.alert_id).where(
                alert_parties.c.party_id == self.viewer.organisation_id
            )
        )

    async def attempts(self, alert_id: UUID) -> Sequence[Row]:
        """List what was sent or is to be sent about an alert, in order; never the addresses."""
        columns = [column for column in outbox.c if column.name != "address"]
        asked = sa.select(*columns).where(outbox.c.alert_id == alert_id)
        ordered = asked.order_by(outbox.c.created_at, outbox.c.id)
        return (await self.db.execute(ordered)).all()


def _after(
    asked: sa.Select[Any], at: sa.Column[Any], identifier: sa.Column[Any], place: Place | None
) -> sa.Select[Any]:
    if place is None:
        return asked
    return asked.where(sa.tuple_(at, identifier) < sa.tuple_(place.at, place.id))


def _filters(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = []
    if wanted.open is not None:
        resolved = alerts.c.resolved_at
        filters.append(resolved.is_(None) if wanted.open else resolved.is_not(None))
    if wanted.priority is not None:
        filters.append(alerts.c.priority == wanted.priority)
    if wanted.kind is not None:
        filters.append(alerts.c.kind == wanted.kind)
    if wanted.client_id is not None:
        filters.append(alerts.c.client_ids.contains([wanted.client_id]))
    return filters
