"""Gateways as whoever runs the hub registers them, with their secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.feed import CHANNEL
from hub.store.tables import gateway_secrets, gateways, homes, organisations

KEY, SIGNING = "key", "signing"


class NameTaken(Exception):
    """The organisation has, or had, a gateway of this name."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A gateway as it is registered; how many older keys and signing secrets it has besides."""

    id: UUID
    organisation_id: UUID
    user: str
    adapters: tuple[str, ...]
    home: str
    key_header: str
    last_seen_at: datetime | None
    disabled_at: datetime | None
    older: int
    signing: int


def _count(sort: str) -> sa.ColumnElement[int]:
    return (
        sa.select(sa.func.count())
        .where(gateway_secrets.c.gateway_id == gateways.c.id, gateway_secrets.c.sort == sort)
        .scalar_subquery()
    )


_LISTED = (
    sa.select(
        gateways.c.id,
        gateways.c.organisation_id,
        (organisations.c.external_id + "/" + gateways.c.external_id).label("user"),
        gateways.c.adapters,
        sa.func.coalesce(homes.c.external_id, "").label("home"),
        gateways.c.key_header,
        gateways.c.last_seen_at,
        gateways.c.disabled_at,
        _count(KEY).label("older"),
        _count(SIGNING).label("signing"),
    )
    .join(organisations, organisations.c.id == gateways.c.organisation_id)
    .outerjoin(homes, homes.c.id == gateways.c.home_id)
    .order_by("user")
)


class GatewayRegistry:
    """The gateways of one unit of work, to be changed; hubs are told with the commit."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def organisations(self) -> dict[str, UUID]:
        """List organisations by their own names."""
        asked = sa.select(organisations.c.external_id, organisations.c.id)
        return {row.external_id: row.id for row in await self.db.execute(asked)}

    async def home(self, organisation_id: UUID, external_id: str) -> UUID | None:
        """Find a home of an organisation by its own name."""
        asked = sa.select(homes.c.id).where(
            homes.c.organisation_id == organisation_id, homes.c.external_id == external_id
        )
        found: UUID | None = (await self.db.execute(asked)).scalar_one_or_none()
        return found

    async def all(self) -> Sequence[Registered]:
        """List every gateway by its user name."""
        return [
            Registered(**{**row, "adapters": tuple(row["adapters"])})
            for row in (await self.db.execute(_LISTED)).mappings()
        ]

    async def add(
        self,
        gateway_id: UUID,
        organisation_id: UUID,
        name: str,
        adapters: Sequence[str],
        secret_hash: bytes,
        home_id: UUID | None,
        key_header: str,
        listens: bool = False,
    ) -> None:
        """Register a gateway, or an integrator that listens. Raises NameTaken."""
        row = sa.insert(gateways).values(
            id=gateway_id,
            organisation_id=organisation_id,
            external_id=name,
            adapters=list(adapters),
            secret_hash=secret_hash,
            home_id=home_id,
            key_header=key_header,
            listens=listens,
        )
        try:
            await self.db.execute(row)
        except IntegrityError as error:
            raise NameTaken from error
        await self._tell()

    async def set_key(self, gateway: Registered, secret_hash: bytes) -> None:
        """Let a gateway come in with this key from now on, and with no older one but those kept."""
        own = sa.update(gateways).where(gateways.c.id == gateway.id)
        await self.db.execute(own.values(secret_hash=secret_hash))
        await self._tell()

    async def keep_key(self, gateway: Registered, secret_id: UUID, now: datetime) -> None:
        """Keep the present key as an older one that goes on opening."""
        row = sa.insert(gateway_secrets).from_select(
            ["id", "organisation_id", "gateway_id", "sort", "value", "made_at"],
            sa.select(
                sa.literal(secret_id, sa.Uuid),
                gateways.c.organisation_id,
                gateways.c.id,
                sa.literal(KEY),
                gateways.c.secret_hash,
                sa.literal(now, sa.DateTime(timezone=True)),
            ).where(gateways.c.id == gateway.id),
        )
        await self.db.execute(row)

    async def add_signing(
        self, gateway: Registered, secret_id: UUID, sealed: bytes, now: datetime
    ) -> None:
        """Let a gateway sign with this secret as well."""
        row = sa.insert(gateway_secrets).values(
            id=secret_id,
            organisation_id=gateway.organisation_id,
            gateway_id=gateway.id,
            sort=SIGNING,
            value=sealed,
            made_at=now,
        )
        await self.db.execute(row)
        await self._tell()

    async def end_others(self, gateway: Registered, sort: str, but: UUID | None = None) -> int:
        """End the older keys of a gateway, or the secrets it signs with but one; how many."""
        gone = sa.delete(gateway_secrets).where(
            gateway_secrets.c.gateway_id == gateway.id, gateway_secrets.c.sort == sort
        )
        if but is not None:
            gone = gone.where(gateway_secrets.c.id != but)
        ended = (await self.db.execute(gone.returning(gateway_secrets.c.id))).all()
        await self._tell()
        return len(ended)

    async def disable(self, gateway: Registered, at: datetime | None) -> None:
        """Let a gateway in no longer since a moment; None lets it in again."""
        own = sa.update(gateways).where(gateways.c.id == gateway.id)
        await self.db.execute(own.values(disabled_at=at))
        await self._tell()

    async def _tell(self) -> None:
        """Have every hub drop what it remembers, when this is committed."""
        await self.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "registry")))
