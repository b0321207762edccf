"""The registry of devices, and what each of their channels last said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.contract import Binding
from hub.feed import CHANNEL
from hub.store.many import many, put
from hub.store.straight import Straight
from hub.store.tables import clients, device_states, devices, gateways
from hub.waiting.silence import COARSE


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device: whose it is, and how its adapter must read it.

    One that is `untested` was given to another, and nobody saw yet that it reached them.
    """

    id: UUID
    organisation_id: UUID
    gateway_id: UUID
    adapter: str
    client_id: UUID | None
    home_id: UUID | None
    name: str
    binding: Binding
    untested: bool = False


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What one channel of a device said, and since when."""

    device_id: UUID
    organisation_id: UUID
    channel: str
    active: bool
    since: datetime
    seen_at: datetime
    series: str = ""
    number: int | None = None
    said_at: datetime | None = None


SAID = tuple(one.name for one in fields(ChannelState))
PUT_STATES = many(
    device_states,
    SAID,
    then="ON CONFLICT (device_id, channel) DO UPDATE SET active = excluded.active,"
    " since = excluded.since, seen_at = excluded.seen_at, series = excluded.series,"
    " number = excluded.number, said_at = excluded.said_at",
)


FIND = b"""
SELECT n, devices.* FROM unnest(%(gateways)s::uuid[], %(adapters)s::text[], %(keys)s::text[])
    WITH ORDINALITY AS asked (gateway_id, adapter, key, n)
JOIN devices USING (gateway_id, adapter, key)
"""
STATES = (
    f"SELECT {', '.join(SAID)} FROM device_states"  # noqa: S608 - our own names
    " WHERE device_id = ANY(%(ids)s::uuid[])"
).encode()
LOCK_STATES = STATES + b" ORDER BY device_id, channel FOR UPDATE"
HEARD = b"""
WITH speaking AS (
    SELECT id FROM gateways WHERE id = ANY(%(gateways)s::uuid[])
        AND (last_seen_at IS NULL OR last_seen_at < %(now)s - %(coarse)s)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), speakers AS (
    UPDATE gateways SET last_seen_at = %(now)s FROM speaking WHERE gateways.id = speaking.id
), free AS (
    SELECT id FROM devices WHERE id = ANY(%(devices)s::uuid[])
        AND (last_seen_at IS NULL OR last_seen_at < %(now)s - %(coarse)s)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE devices SET last_seen_at = %(now)s FROM free WHERE devices.id = free.id
"""


class Devices:
    """The devices of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def find(self, gateway_id: UUID, adapter: str, key: str) -> Device | None:
        """Look a device up by what its gateway calls it."""
        return (await self.find_all([(gateway_id, adapter, key)]))[0]

    async def find_all(self, asked: Sequence[tuple[UUID, str, str]]) -> Sequence[Device | None]:
        """Look devices up by gateway, adapter and what the gateway calls each; in this order."""
        names = [list(one) for one in zip(*asked, strict=True)]
        values = dict(zip(("gateways", "adapters", "keys"), names, strict=True))
        (rows,) = await self.straight.together((FIND, values))  # with the BEGIN before it
        found = {row.n: _device(row) for row in rows}
        return [found.get(n) for n in range(1, len(asked) + 1)]

    async def get(self, device_id: UUID) -> Device | None:
        """Read one device."""
        row = (await self.db.execute(sa.select(devices).where(devices.c.id == device_id))).first()
        return None if row is None else _device(row)

    async def home_of_gateway(self, gateway_id: UUID) -> UUID | None:
        """Say in which home a gateway stands, if that is known."""
        asked = sa.select(gateways.c.home_id).where(gateways.c.id == gateway_id)
        return (await self.db.execute(asked)).scalar_one_or_none()

    async def lock_unbound(self, gateway_id: UUID, device_id: UUID | None) -> None:
        """Lock what stands for a client where there is none: the device, else the gateway."""
        table, row_id = (gateways, gateway_id) if device_id is None else (devices, device_id)
        asked = sa.select(table.c.id).where(table.c.id == row_id)
        await self.db.execute(asked.with_for_update(key_share=True))

    async def states(self, device_ids: Iterable[UUID]) -> dict[tuple[UUID, str], ChannelState]:
        """Read what these devices last said, without locking."""
        return _by_channel(await self.straight.rows(STATES, {"ids": list(device_ids)}))

    async def lock_states(self, device_ids: Iterable[UUID]) -> dict[tuple[UUID, str], ChannelState]:
        """Lock what these devices last said, in the order of their ids."""
        return _by_channel(await self.straight.rows(LOCK_STATES, {"ids": list(device_ids)}))

    async def put_states(self, states: Iterable[ChannelState]) -> None:
        """Store what channels say now."""
        ordered = sorted(states, key=lambda one: (one.device_id, one.channel))
        rows = ({name: getattr(one, name) for name in SAID} for one in ordered)
        await put(self.straight, PUT_STATES, rows)

    async def tested(self, device_ids: Iterable[UUID]) -> None:
        """Note that these devices were pressed where they are now; every hub hears of it."""
        ids = sorted(set(device_ids))
        change = sa.update(devices).where(devices.c.id.in_(ids)).values(untested_since=None)
        await self.db.execute(change)
        await self.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "registry")))

    async def untested_of(self, client_id: UUID) -> Sequence[str]:
        """Say which devices were given to this client or their home and not tested there yet."""
        home = sa.select(clients.c.home_id).where(clients.c.id == client_id).scalar_subquery()
        theirs = sa.or_(devices.c.client_id == client_id, devices.c.home_id == home)
        named = sa.func.coalesce(sa.func.nullif(devices.c.name, ""), devices.c.external_id)
        asked = sa.select(named).where(theirs, devices.c.untested_since.is_not(None))
        return list((await self.db.execute(asked.order_by(named))).scalars())

    async def heard(
        self, device_ids: Sequence[UUID], gateway_ids: Sequence[UUID], now: datetime
    ) -> None:
        """Note that these devices and gateways gave a sign of life; busy rows are passed over.

        Coarse, so that whoever speaks often costs no write each time.
        """
        values = {
            "devices": list(device_ids),
            "gateways": list(gateway_ids),
            "now": now,
            "coarse": COARSE,
        }
        await self.straight.run(HEARD, values)


def _by_channel(rows: Iterable[Any]) -> dict[tuple[UUID, str], ChannelState]:
    return {(row.device_id, row.channel): ChannelState(*row) for row in rows}


def _device(row: Any) -> Device:
    options: Mapping[str, Any] = row.options
    binding = Binding(
        device=row.key,
        model=row.model,
        role=row.role,
        polarity=row.polarity,
        room=row.room,
        time_zone=row.time_zone,
        hold_off=row.hold_off,
        options=options,
    )
    return Device(
        id=row.id,
        organisation_id=row.organisation_id,
        gateway_id=row.gateway_id,
        adapter=row.adapter,
        client_id=row.client_id,
        home_id=row.home_id,
        name=row.name,
        binding=binding,
        untested=row.untested_since is not None,
    )
