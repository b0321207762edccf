"""MQTT sessions: who has which connection, until when a session lives, and its will.

A session belongs to a gateway and its client id. `generation` counts its connections: whatever an
older connection still writes about the session changes nothing.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.sources.arrival import Principal
from hub.store.tables import gateways, mqtt_sessions, organisations
from hub.store.values import decode, encode

KEPT_AWAY = 100  # sessions of one gateway that is away; the oldest are dropped beyond it


@dataclass(frozen=True, slots=True)
class Will:
    """What is to be taken in once its client is lost; `payload` in hex."""

    topic: str
    payload: str
    qos: int
    content_type: str = ""
    user_properties: tuple[tuple[str, str], ...] = ()


class Name(NamedTuple):
    """Whose session: a client id belongs to its gateway."""

    gateway_id: UUID
    client_id: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A connection that asks for its session; `id` is the new one's, if there must be one."""

    organisation_id: UUID
    gateway_id: UUID
    client_id: str
    id: UUID
    clean: bool
    expiry: timedelta
    will: Will | None
    will_after: timedelta | None

    @property
    def name(self) -> Name:
        """Whose session this is."""
        return Name(self.gateway_id, self.client_id)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, in the hands of one connection."""

    id: UUID
    generation: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """A connection that ended; without `will_after` its will is withdrawn.

    Both lengths count from when this is stored: meanwhile the client could not come back.
    """

    gateway_id: UUID
    client_id: str
    generation: int
    expiry: timedelta
    will_after: timedelta | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class DueWill:
    """A will whose moment has come; `principal` is None when its gateway is disabled."""

    name: Name
    session_id: UUID
    generation: int
    will: Will
    principal: Principal | None


LET_IN_AS = (
    "encode(sha256(g.secret_hash || convert_to(array_to_string(g.adapters, ','), 'UTF8')), 'hex')"
)
_LIVES = "CASE WHEN s.hub_id IS NULL THEN s.expires_at > :now ELSE s.expiry > interval '0' END"
_OPEN = """INSERT INTO mqtt_sessions AS s (organisation_id, gateway_id, client_id, id, generation,
        hub_id, expiry, let_in_as, will, will_after)
    SELECT r.organisation_id, r.gateway_id, r.client_id, r.id, 1, :hub_id,
        make_interval(secs => r.expiry), {let_in_as}, r.will, make_interval(secs => r.will_after)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(organisation_id uuid, gateway_id uuid,
        client_id text, id uuid, expiry double precision, will jsonb, will_after double precision)
    JOIN gateways g ON g.id = r.gateway_id
    ORDER BY r.gateway_id, r.client_id
    ON CONFLICT (gateway_id, client_id) DO UPDATE SET
        id = CASE WHEN {kept} THEN s.id ELSE excluded.id END,
        generation = s.generation + 1,
        hub_id = excluded.hub_id,
        former = array_remove(CASE WHEN s.hub_id IS NULL THEN s.former
            ELSE array_append(s.former, s.hub_id) END, excluded.hub_id),
        expiry = excluded.expiry, expires_at = NULL, let_in_as = excluded.let_in_as,
        will = excluded.will, will_after = excluded.will_after, will_due_at = NULL
    RETURNING gateway_id, client_id, id, generation, former <> '{{}}'::uuid[] AS elsewhere"""
_OPEN_CLEAN = sa.text(_OPEN.format(let_in_as=LET_IN_AS, kept="false"))
_OPEN_OR_RESUME = sa.text(_OPEN.format(let_in_as=LET_IN_AS, kept=_LIVES))
OF_CONNECTIONS = (
    "jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(gateway_id uuid, client_id text,"
    " generation bigint, expiry double precision, will_after double precision)"
)
SAME_CONNECTION = (
    "s.gateway_id = r.gateway_id AND s.client_id = r.client_id AND s.generation = r.generation"
)
_CLOSE = sa.text(
    f"""UPDATE mqtt_sessions s SET hub_id = NULL, expiry = make_interval(secs => r.expiry),
        expires_at = CAST(:now AS timestamptz) + make_interval(secs => r.expiry),
        will = CASE WHEN r.will_after IS NOT NULL THEN s.will END,
        will_due_at = CASE WHEN s.will IS NOT NULL
            THEN CAST(:now AS timestamptz) + make_interval(secs => r.will_after) END
    FROM {OF_CONNECTIONS} WHERE {SAME_CONNECTION}"""  # noqa: S608 - our own names
)
_ENDED = sa.text(
    f"""DELETE FROM mqtt_sessions s USING {OF_CONNECTIONS} WHERE {SAME_CONNECTION}
        AND s.hub_id IS NULL AND s.expires_at <= :now AND s.will_due_at IS NULL"""  # noqa: S608
)
_FORGET = sa.text(
    """DELETE FROM mqtt_sessions s USING (
        SELECT gateway_id, client_id, row_number() OVER (
            PARTITION BY gateway_id ORDER BY expires_at DESC, client_id) AS place
        FROM mqtt_sessions WHERE hub_id IS NULL AND will_due_at IS NULL) old
    WHERE s.gateway_id = old.gateway_id AND s.client_id = old.client_id
        AND s.hub_id IS NULL AND s.will_due_at IS NULL
        AND (s.expires_at <= :now OR old.place > :most)"""
)


class MqttSessions:
    """The sessions of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def open(
        self, wanted: Sequence[Opening], hub_id: UUID, now: datetime
    ) -> tuple[Mapping[Name, Opened], bool]:
        """Give each its session, and say whether any was taken over from another hub.

        No two may be of one name. A will that was still to be published is withdrawn.
        """
        opened: dict[Name, Opened] = {}
        elsewhere = False
        offered = {one.name: one.id for one in wanted}
        for statement, clean in ((_OPEN_CLEAN, True), (_OPEN_OR_RESUME, False)):
            asked = [one for one in wanted if one.clean is clean]
            for row in await with_rows(self.db, statement, asked, hub_id=hub_id, now=now):
                name = Name(row.gateway_id, row.client_id)
                opened[name] = Opened(row.id, row.generation, row.id != offered[name])
                elsewhere |= row.elsewhere
        return opened, elsewhere

    async def close(self, closed: Sequence[Closing], now: datetime) -> None:
        """End connections; a session that may not be resumed and has no will to come is gone."""
        await with_rows(self.db, _CLOSE, closed, now=now)
        await with_rows(self.db, _ENDED, closed, now=now)

    async def is_connected(self, client_id: str) -> bool:
        """Whether somebody with this client id is at a door of these hubs."""
        there = sa.select(mqtt_sessions.c.id).where(
            mqtt_sessions.c.client_id == client_id, mqtt_sessions.c.hub_id.is_not(None)
        )
        return (await self.db.execute(there.limit(1))).first() is not None

    async def claim_wills(self, now: datetime, until: datetime, most: int) -> Sequence[DueWill]:
        """Take wills whose moment has come, and set each back to `until`, in case we die."""
        chosen = (
            sa.select(mqtt_sessions.c.gateway_id, mqtt_sessions.c.client_id)
            .where(mqtt_sessions.c.will_due_at <= now)
            .order_by(mqtt_sessions.c.will_due_at)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("chosen")
        )
        claimed = (
            sa.update(mqtt_sessions)
            .where(
                mqtt_sessions.c.gateway_id == chosen.c.gateway_id,
                mqtt_sessions.c.client_id == chosen.c.client_id,
                gateways.c.id == mqtt_sessions.c.gateway_id,
                organisations.c.id == mqtt_sessions.c.organisation_id,
            )
            .values(will_due_at=until)
            .returning(
                mqtt_sessions,
                gateways.c.external_id.label("gateway"),
                organisations.c.external_id.label("organisation"),
                gateways.c.adapters,
                gateways.c.disabled_at,
            )
        )
        return [_due_will(row) for row in await self.db.execute(claimed)]

    async def will_done(self, due: DueWill) -> None:
        """Forget a will that was published; a client that is back meanwhile keeps its new one."""
        mine = sa.and_(
            mqtt_sessions.c.gateway_id == due.name.gateway_id,
            mqtt_sessions.c.client_id == due.name.client_id,
            mqtt_sessions.c.generation == due.generation,
        )
        done = sa.update(mqtt_sessions).where(mine).values(will=None, will_due_at=None)
        await self.db.execute(done)

    async def next_will_at(self) -> datetime | None:
        """The moment of the next will."""
        soonest = sa.select(sa.func.min(mqtt_sessions.c.will_due_at))
        moment: datetime | None = (await self.db.execute(soonest)).scalar_one()
        return moment

    async def forget(self, now: datetime) -> None:
        """Drop sessions that have expired, and all but the newest of a gateway that keeps many."""
        await self.db.execute(_FORGET, {"now": now, "most": KEPT_AWAY})


async def with_rows(
    db: AsyncConnection, statement: sa.TextClause, rows: Collection[Any], **given: object
) -> Sequence[Any]:
    """Execute a statement over these values, as `:rows`; what it returns. None is none."""
    if not rows:
        return []
    listed = json.dumps([encode(row) for row in rows])
    result = await db.execute(statement, {"rows": listed, **given})
    return result.all() if result.returns_rows else []


def _due_will(row: Any) -> DueWill:
    principal = Principal(
        row.gateway_id,
        row.organisation_id,
        row.organisation,
        row.gateway,
        frozenset(row.adapters),
    )
    enabled = row.disabled_at is None
    name = Name(row.gateway_id, row.client_id)
    return DueWill(
        name, row.id, row.generation, decode(Will, row.will), principal if enabled else None
    )
