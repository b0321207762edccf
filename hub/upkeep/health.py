"""Is the hub alive, is it fit to serve, and the figures behind that."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.store.tables import alerts, messages, outbox
from hub.store.unit_of_work import Store

log = logging.getLogger(__name__)

BEAT = 0.05
STALL_COUNTS = 0.1
STALL_CLOSES = 2.0
STALL_REMEMBERED = 30.0
CLOCK_MAY_DIFFER = timedelta(seconds=1)
CLOCK_LOOKS = timedelta(seconds=10)
OVERDUE = timedelta(seconds=5)
REMEDY = "run `nachtwacht migrate`"
RECENT = timedelta(hours=1)
DURABLE = sa.text(
    "SELECT name, setting FROM pg_settings WHERE setting = 'off'"
    " AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
)
UNSYNCHRONISED = sa.text(
    "SELECT count(*) FROM pg_stat_replication WHERE sync_state NOT IN ('sync', 'quorum')"
)


class Pulse:
    """Measures how long the event loop was stalled; `run` until cancelled."""

    def __init__(self) -> None:
        self.stalls = 0
        self.longest = 0.0
        self._closed_until = 0.0

    async def run(self) -> None:
        """Beat; a beat that comes late is a stall."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(BEAT)
            at = loop.time()
            self.felt(at - before - BEAT, at)
            before = at

    def felt(self, late: float, at: float) -> None:
        """Note a beat that came `late` seconds late at `at` on the loop's own clock."""
        if late > STALL_COUNTS:
            self.stalls += 1
            self.longest = max(self.longest, late)
        if late > STALL_CLOSES:
            self._closed_until = at + STALL_REMEMBERED

    def steady(self, at: float) -> bool:
        """Say whether no long stall happened in the half minute before `at`."""
        return at >= self._closed_until


@dataclass(frozen=True, slots=True)
class Ready:
    """The checks behind readiness; `checks` say "ok" or, in a few words, what is wrong."""

    checks: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether the hub should get requests."""
        return all(said == "ok" for said in self.checks.values())


async def ready(
    store: Store, pulse: Pulse, heads: Sequence[str], clock: Clock | None, loop_time: float
) -> Ready:
    """Say whether the hub can keep its promises. `clock` is None where it is not compared."""
    checks = {"loop": "ok" if pulse.steady(loop_time) else "stalled"}
    try:
        async with asyncio.timeout(3), store.transaction() as uow:
            checks["migrations"] = await _migrations(uow.db, heads)
            checks["clock"] = await _clock(uow.db, clock)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return Ready({**checks, "database": f"unreachable: {type(error).__name__}"})
    return Ready({**checks, "database": "ok"})


async def _migrations(db: AsyncConnection, heads: Sequence[str]) -> str:
    there = await db.execute(sa.text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    if not there.scalar_one():
        return "ok" if not heads else f"none has run; {REMEDY}"
    done = (await db.execute(sa.text("SELECT version_num FROM alembic_version"))).scalars().all()
    newest = max(done, default="")  # numbered; a newer one only adds what we do not know
    return "ok" if newest >= max(heads, default="") else f"at {newest}; {REMEDY}"


async def _clock(db: AsyncConnection, clock: Clock | None) -> str:
    if clock is None:
        return "ok"
    apart = await _apart(db, clock)
    return "ok" if apart <= CLOCK_MAY_DIFFER else f"{apart.total_seconds():.1f} s apart"


async def _apart(db: AsyncConnection, clock: Clock) -> timedelta:
    """Say how far this clock and the database's are apart at least.

    The database's moment lies between asking and hearing: a slow answer is no wrong clock.
    """
    asked = clock()
    theirs: datetime = (await db.execute(sa.text("SELECT clock_timestamp()"))).scalar_one()
    heard = clock()
    return max(asked - theirs, theirs - heard, timedelta())


async def figures(store: Store, pulse: Pulse, now: datetime) -> dict[str, Any]:
    """Count what an outside watcher wants to see; numbers only, nobody's name."""
    async with store.transaction() as uow:
        waiting = await uow.db.execute(
            sa.select(sa.func.count(), sa.func.min(outbox.c.due_at)).where(
                outbox.c.due_at.is_not(None)
            )
        )
        unsent, oldest = waiting.one()
        return {
            "open_alerts": await _by(uow.db, alerts.c.priority, alerts.c.resolved_at.is_(None)),
            "stuck_alerts": await _count(uow.db, alerts, alerts.c.stuck_at.is_not(None)),
            "overdue_alerts": await uow.alerts.overdue(now - OVERDUE),
            "messages_last_hour": await _by(
                uow.db, messages.c.outcome, messages.c.received_at > now - RECENT
            ),
            "outbox_waiting": unsent,
            "outbox_oldest_due_seconds": max((now - oldest).total_seconds(), 0) if oldest else 0,
            "loop_stalls": pulse.stalls,
            "loop_longest_stall_seconds": round(pulse.longest, 3),
        }


async def _by(
    db: AsyncConnection, column: sa.Column[Any], where: sa.ColumnElement[bool]
) -> dict[str, int]:
    found = await db.execute(sa.select(column, sa.func.count()).where(where).group_by(column))
    return {row[0]: row[1] for row in found}


async def _count(db: AsyncConnection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    found = await db.execute(sa.select(sa.func.count()).select_from(table).where(where))
    return int(found.scalar_one())


async def durability(store: Store) -> list[str]:
    """Say what makes a "yes" worth less than it should be; nothing is well."""
    async with store.transaction() as uow:
        said = {row.name: row.setting for row in await uow.db.execute(DURABLE)}
        apart = (await uow.db.execute(UNSYNCHRONISED)).scalar_one()
    wrong = [f"{name} is off: a power cut can lose what was answered" for name in said]
    if apart:
        wrong.append(f"{apart} standby(s) not synchronous: a yes means this machine only")
    return wrong


class ClockCheck:
    """The worker that compares this hub's clock with the database's, every ten seconds.

    Until the clocks agree the hub does not sweep: it would climb too early or too late. Without a
    clock nothing is compared.
    """

    def __init__(self, store: Store, clock: Clock | None) -> None:
        self.store, self.clock = store, clock
        self.apart = timedelta()

    def trusted(self) -> bool:
        """Say whether this hub's clock may be acted on."""
        return self.apart <= CLOCK_MAY_DIFFER

    async def step(self, now: datetime) -> datetime | None:
        """Compare; the moment of the next comparison."""
        if self.clock is not None:
            async with self.store.transaction() as uow:
                self.apart = await _apart(uow.db, self.clock)
            if not self.trusted():
                log.error("clock differs", extra={"seconds": self.apart.total_seconds()})
        return now + (CLOCK_LOOKS if self.trusted() else CLOCK_MAY_DIFFER)
