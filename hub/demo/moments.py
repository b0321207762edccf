"""The demo's clock: starts on a Dutch evening, runs fast, and never runs backwards.

Where it was is written down every second, so that the next start goes on from there.
"""

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.demo.region import TIME_ZONE
from hub.store import tables

EVENING = time(22, 50)  # just before the night's agreements begin
WRITTEN_EVERY = 1.0  # real seconds
MARGIN = timedelta(seconds=3)  # of real time: what may have passed since it was written


def start_of(path: Path, scale: float, latest: datetime | None, now: datetime) -> datetime:
    """Say where the clock goes on: after where it was, and after `latest` in the database.

    The first time that is the evening of the day `now`.
    """
    known = [latest] if latest is not None else []
    if path.exists():
        known.append(datetime.fromisoformat(path.read_text().strip()))
    return max(known) + MARGIN * scale if known else first_evening(now)


def first_evening(now: datetime) -> datetime:
    """The evening of this day, in the demo region."""
    zone = ZoneInfo(TIME_ZONE)
    return datetime.combine(now.astimezone(zone).date(), EVENING, zone).astimezone(UTC)


async def latest_moment(db: AsyncConnection) -> datetime | None:
    """The last moment at which anything was written down in the database."""
    moments = [
        (await db.execute(sa.select(sa.func.max(column)))).scalar_one()
        for column in (tables.messages.c.received_at, tables.journal.c.at)
    ]
    return max((one for one in moments if one is not None), default=None)


async def written_down(clock: Clock, path: Path) -> None:
    """Keep writing down where the clock is, until cancelled."""
    while True:
        write_down(clock, path)
        await asyncio.sleep(WRITTEN_EVERY)


def write_down(clock: Clock, path: Path) -> None:
    """Write down where the clock is; whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(clock().isoformat())
    fresh.replace(path)
