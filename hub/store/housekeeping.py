"""Partitions of the messages by UTC day, and the rows that have outlived their use."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import links, sessions

AHEAD = 3
LOCK = 0x6E616368
PARTITION = "messages_%Y%m%d"


async def only_one(db: AsyncConnection) -> bool:
    """Take the housekeeper's lock until the transaction ends; False when another hub has it."""
    return bool((await db.execute(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK)))).scalar_one())


async def make_partition(db: AsyncConnection, day: datetime) -> None:
    """Make the partition of a UTC day, unless it is there or the day already has messages."""
    name = f"{day:{PARTITION}}"
    until = day + timedelta(days=1)
    there = await db.execute(sa.select(sa.func.to_regclass(name)))
    if there.scalar_one() is not None:
        return
    begun = sa.text(
        "SELECT EXISTS (SELECT 1 FROM messages_default WHERE received_at >= :day"
        " AND received_at < :until)"
    )
    if not (await db.execute(begun, {"day": day, "until": until})).scalar_one():
        await db.execute(
            sa.text(
                f"CREATE TABLE {name} PARTITION OF messages"
                f" FOR VALUES FROM ('{day.isoformat()}') TO ('{until.isoformat()}')"
            )
        )


async def drop_partitions(db: AsyncConnection, before: datetime) -> int:
    """Drop whole days before this one, and old rows outside a partition; how many days."""
    asked = sa.text(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'messages'::regclass ORDER BY 1"
    )
    names = [name for name in (await db.execute(asked)).scalars() if name != "messages_default"]
    old = [name for name in names if _day(name) < before]
    for name in old:
        await db.execute(sa.text(f"DROP TABLE {name}"))
    await db.execute(
        sa.text("DELETE FROM messages_default WHERE received_at < :before"), {"before": before}
    )
    return len(old)


def _day(name: str) -> datetime:
    return datetime.strptime(name, PARTITION).replace(tzinfo=UTC)


async def forget(db: AsyncConnection, now: datetime) -> None:
    """Drop sessions and links that have expired."""
    await db.execute(sa.delete(sessions).where(sessions.c.expires_at < now))
    await db.execute(sa.delete(links).where(links.c.expires_at < now))
