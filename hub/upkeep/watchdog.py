"""Tells an outside watcher that all is well; its silence is the alarm about ourselves.

The watcher (a healthcheck service, another site's monitoring) calls somebody when the sign of
life stays away. It is withheld when an alert is overdue, whatever the reason.
"""

import logging
from datetime import datetime, timedelta

from adapters.contract import Call
from hub.road.deliver import Send
from hub.store.unit_of_work import Store
from hub.upkeep.health import OVERDUE

log = logging.getLogger(__name__)
EVERY = timedelta(seconds=30)


class Watchdog:
    """The worker that gives a sign of life each half minute; without an address it rests."""

    def __init__(self, store: Store, send: Send, url: str) -> None:
        self.store, self.send, self.url = store, send, url

    async def step(self, now: datetime) -> datetime | None:
        """Look whether every alert was decided in time, and say so outside."""
        if not self.url:
            return None
        async with self.store.transaction() as uow:
            overdue = await uow.alerts.overdue(now - OVERDUE)
        if overdue:
            log.error("sign of life withheld", extra={"overdue": overdue})
            return now + EVERY
        try:
            status, _ = await self.send(Call("GET", self.url, {}, b""))
        except OSError as error:
            status = 0
            log.warning("watcher not reached", extra={"error": type(error).__name__})
        if status >= 400:
            log.warning("watcher refused the sign of life", extra={"status": status})
        return now + EVERY
