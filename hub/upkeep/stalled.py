"""Ends what a hub that stands still left open: a transaction whose next words never come.

The server ends a session that is idle in a transaction after two seconds by itself. One that was
stopped between two statements of the same trip does not count as idle, and would hold its locks,
and hide its alert from every other hub, for ever.
"""

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.store.unit_of_work import Store

LOOKS = timedelta(seconds=1)
END = sa.text("""
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
  AND state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL
  AND clock_timestamp() - greatest(query_start, state_change) > interval '2 seconds'
""")
log = logging.getLogger(__name__)


class Stalled:
    """The worker that looks for such sessions each second, by the server's own clock."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def step(self, now: datetime) -> datetime | None:
        """End those that wait for more than two seconds; the moment to look again."""
        async with self.store.transaction() as uow:
            ended = (await uow.db.execute(END)).scalar_one()
        if ended:
            log.error("stalled sessions ended", extra={"sessions": ended})
        return now + LOOKS
