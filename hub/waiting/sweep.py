"""Climbs the ladders: every alert whose moment has come is decided again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hub.contain import contained
from hub.road.handling import call_the_centre, pass_time
from hub.store.alerts import read_alert
from hub.store.journal import Line
from hub.store.unit_of_work import Store, UnitOfWork, lost
from hub.workers import do_or_put_aside

A_ROUND = 50
BACK_OFF = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))


class Sweep:
    """The worker that climbs. `trusted` says whether this hub's clock may be acted on."""

    def __init__(self, store: Store, trusted: Callable[[], bool] = lambda: True) -> None:
        self.store, self.trusted = store, trusted

    async def step(self, now: datetime) -> datetime | None:
        """Decide what is due at `now`, the most urgent first; when to look again."""
        if not self.trusted():
            return None
        due: list[UUID] = []
        again: datetime | None = now
        with contained("alerts could not be decided together") as climbing:
            again = await self.store.retried(partial(_climb, now=now, due=due))
        if climbing.error is None:
            return again
        if lost(climbing.error):
            raise ConnectionError("the database went away") from climbing.error
        if not due:  # not even read: no alert's fault
            raise climbing.error
        for alert_id in due:
            await do_or_put_aside(
                self.store,
                partial(_climb_one, alert_id=alert_id, now=now),
                partial(_put_aside, alert_id=alert_id, now=now),
                alert=str(alert_id),
            )
        return now


async def _climb(uow: UnitOfWork, now: datetime, due: list[UUID]) -> datetime | None:
    """Decide together what is due and in nobody's hands, noting which; when to look again."""
    rows = await uow.alerts.claim_due(now, A_ROUND)
    due[:] = [row.id for row in rows]
    if rows:
        await pass_time(uow, [read_alert(row.state) for row in rows], now)
        uow.touched |= {"board", "outbox"}
    return now if len(rows) == A_ROUND else await uow.alerts.next_due_at()


async def _climb_one(uow: UnitOfWork, alert_id: UUID, now: datetime) -> None:
    rows = await uow.alerts.claim(alert_id, now)
    if rows:
        await pass_time(uow, [read_alert(rows[0].state)], now)
        uow.touched |= {"board", "outbox"}


async def _put_aside(uow: UnitOfWork, alert_id: UUID, now: datetime) -> None:
    """Call the care centre by a path that needs no engine, and try again later."""
    stuck = await uow.alerts.stuck(alert_id, now, BACK_OFF)
    if stuck is not None:
        organisation_id, attempt = stuck
        line = Line("stuck", {"attempt": attempt})
        await call_the_centre(uow, organisation_id, alert_id, now.isoformat(), line, now)
        uow.touched |= {"board", "outbox"}
