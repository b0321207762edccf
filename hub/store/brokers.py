"""The lease on the session with an outside broker, and what is known of that broker.

One hub holds a broker's session. Its lease ends by the database's clock, the one use of it: two
hubs that disagree about the time must still agree about who holds what. Each new lease has a
higher fence; whoever stores under an older one is stopped inside that very transaction.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewer import Viewer
from hub.store.tables import broker_sessions as t
from hub.store.unit_of_work import Store, UnitOfWork

LEASE = timedelta(seconds=5)
_NOW = sa.func.clock_timestamp()
_ENDS = _NOW + LEASE


class LeaseLost(ConnectionError):
    """Another hub holds this broker's session now; nothing was stored under the older lease."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to speak with a broker and to store what it says, until `fence` is passed."""

    name: str
    fence: int
    holder: str


@dataclass(frozen=True, slots=True)
class Outage:
    """A broker that cannot be reached, or nobody tries to; `told` when people know."""

    name: str
    trouble: str
    since: datetime | None
    told: bool


class Brokers:
    """The broker sessions of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def claim(self, name: str, holder: str) -> Lease | None:
        """Take the lease when it is free or has ended; None while another hub holds it."""
        new = insert(t).values(name=name, expires_at=_NOW)
        await self.db.execute(new.on_conflict_do_nothing())
        taken = (
            sa.update(t)
            .where(t.c.name == name, t.c.expires_at <= _NOW)
            .values(fence=t.c.fence + 1, holder=holder, expires_at=_ENDS)
            .returning(t.c.fence)
        )
        fence = (await self.db.execute(taken)).scalar_one_or_none()
        return None if fence is None else Lease(name, fence, holder)

    async def renew(self, lease: Lease, *, well: bool = False) -> None:
        """Hold it for another five seconds. Raises LeaseLost when another hub has it.

        `well` notes that the broker is reached, and all of it works.
        """
        better = {"trouble": "", "troubled_at": None} if well else {}
        await self._change(lease, expires_at=_ENDS, **better)

    async def release(self, lease: Lease) -> None:
        """Let another hub have it at once; harmless when one already does."""
        await self.db.execute(_of(lease).values(expires_at=_NOW))

    async def hold(self, lease: Lease) -> None:
        """Keep the lease from being taken over until this transaction ends; else LeaseLost."""
        asked = sa.select(t.c.fence).where(t.c.name == lease.name, t.c.fence == lease.fence)
        held = await self.db.execute(asked.with_for_update(read=True, key_share=True))
        if held.first() is None:
            raise LeaseLost(lease.name)

    async def number(self, lease: Lease) -> int:
        """Which session with the broker this is; 0 before the first."""
        asked = sa.select(t.c.session).where(t.c.name == lease.name)
        found: int = (await self.db.execute(asked)).scalar_one()
        return found

    async def begun(self, lease: Lease) -> int:
        """Note that the broker began a new session: packet ids of the last one mean nothing."""
        await self._change(lease, session=t.c.session + 1, subscribed="")
        return await self.number(lease)

    async def subscribed(self, lease: Lease, filters: str) -> None:
        """Note which filters the broker granted to the session, for people to see."""
        await self._change(lease, subscribed=filters)

    async def troubled(self, lease: Lease, why: str, now: datetime) -> None:
        """Note that the broker cannot be reached, and why; since the first time."""
        since = sa.func.coalesce(t.c.troubled_at, now)
        await self._change(lease, trouble=why, troubled_at=since)

    async def outages(
        self, names: Collection[str], now: datetime, patience: timedelta, *, watched: bool
    ) -> Sequence[Outage]:
        """List what people have to be told, locked: brokers that were away for longer than this.

        And those of which people were told and that are back. A broker to which no hub held the
        lease for so long is away as well, where somebody `watched`; it has no trouble.
        """
        deserted = t.c.expires_at < _NOW - patience
        long_ago = t.c.troubled_at <= now - patience
        left_alone = sa.and_(sa.literal(watched), deserted, t.c.troubled_at.is_(None))
        away = sa.or_(long_ago, left_alone)
        back = sa.and_(t.c.troubled_at.is_(None), sa.not_(deserted))
        asked = (
            sa.select(t.c.name, t.c.trouble, t.c.troubled_at, t.c.told_at)
            .where(
                t.c.name.in_(names),
                sa.or_(
                    sa.and_(away, t.c.told_at.is_(None)), sa.and_(back, t.c.told_at.is_not(None))
                ),
            )
            .order_by(t.c.name)
            .with_for_update(key_share=True, skip_locked=True)
        )
        return [
            Outage(row.name, row.trouble, row.troubled_at, row.told_at is not None)
            for row in await self.db.execute(asked)
        ]

    async def told(self, name: str, now: datetime | None) -> None:
        """Note when people were told that this broker is away; None when it is back."""
        await self.db.execute(sa.update(t).where(t.c.name == name).values(told_at=now))

    async def _change(self, lease: Lease, **values: object) -> None:
        changed = await self.db.execute(_of(lease).values(**values).returning(t.c.name))
        if changed.first() is None:
            raise LeaseLost(lease.name)


def _of(lease: Lease) -> sa.Update:
    return sa.update(t).where(t.c.name == lease.name, t.c.fence == lease.fence)


class FencedStore(Store):
    """A store whose every unit of work ends in LeaseLost once another hub has taken the lease.

    It shares the pool of the store it is made of. The check costs one statement: a lock that
    renewing the lease does not wait for, and taking it over does.
    """

    def __init__(self, store: Store, lease: Lease) -> None:
        super().__init__(store.engine, store.told)
        self.lease = lease

    @asynccontextmanager
    async def transaction(self, viewer: Viewer | None = None) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work under the lease; leaving the block commits."""
        async with super().transaction(viewer) as uow:
            await Brokers(uow.db).hold(self.lease)
            yield uow
