"""What the front door and the outside brokers need to know of a gateway."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.sources.arrival import Principal
from hub.store.tables import gateway_secrets, gateways, organisations

_NAMED = (
    sa.func.unnest(
        sa.bindparam("organisations", type_=ARRAY(sa.Text)),
        sa.bindparam("gateways", type_=ARRAY(sa.Text)),
    )
    .table_valued("organisation", "gateway", name="named")
    .render_derived()
)


def _kept(sort: str) -> sa.ColumnElement[list[bytes]]:
    """The secrets of one sort a gateway has beside its own, as an array."""
    return sa.func.array(
        sa.select(gateway_secrets.c.value)
        .where(gateway_secrets.c.gateway_id == gateways.c.id, gateway_secrets.c.sort == sort)
        .correlate(gateways)
        .scalar_subquery()
    )


_KNOWN = (
    sa.select(
        _NAMED.c.organisation,
        _NAMED.c.gateway,
        gateways.c.id,
        gateways.c.organisation_id,
        gateways.c.adapters,
        gateways.c.listens,
        gateways.c.secret_hash,
        gateways.c.key_header,
        _kept("key").label("older"),
        _kept("signing").label("signing"),
    )
    .join_from(_NAMED, organisations, organisations.c.external_id == _NAMED.c.organisation)
    .join(
        gateways,
        sa.and_(
            gateways.c.organisation_id == organisations.c.id,
            gateways.c.external_id == _NAMED.c.gateway,
        ),
    )
    .where(gateways.c.disabled_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class KnownGateway:
    """An enabled gateway: keyed hashes of the secrets it may come with, and what it signs with.

    `signing` are sealed secrets; `key_header` names the header with the id of a message, in small
    letters, where it is neither of those everybody may use.
    """

    principal: Principal
    secret_hashes: tuple[bytes, ...]
    signing: tuple[bytes, ...] = ()
    key_header: str = ""


class Gateways:
    """Reads of gateways for those who let them speak."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def known(
        self, names: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], KnownGateway]:
        """Find the enabled gateways among these (organisation, gateway) names."""
        named = {
            "organisations": [organisation for organisation, _ in names],
            "gateways": [gateway for _, gateway in names],
        }
        return {
            (row.organisation, row.gateway): KnownGateway(
                Principal(
                    row.id,
                    row.organisation_id,
                    row.organisation,
                    row.gateway,
                    frozenset(row.adapters),
                    row.listens,
                ),
                (row.secret_hash, *row.older),
                tuple(row.signing),
                row.key_header,
            )
            for row in await self.db.execute(_KNOWN, named)
        }

    async def organisation(self, external_id: str) -> UUID | None:
        """Find an organisation by its own name."""
        asked = sa.select(organisations.c.id).where(organisations.c.external_id == external_id)
        return (await self.db.execute(asked)).scalar_one_or_none()
