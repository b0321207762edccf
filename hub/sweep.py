"""Climbs the ladders: every alert whose moment has come is decided again."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from escalation.model import Due
from hub.handling import call_the_centre, handle_locked
from hub.store.journal import Line
from hub.store.unit_of_work import Store, UnitOfWork
from hub.workers import do_or_put_aside

A_ROUND = 50
BACK_OFF = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))


class Sweep:
    """The worker that climbs, `at_once` alerts side by side, each in its own transaction.

    `trusted` says whether this hub's clock may be acted on.
    """

    def __init__(
        self, store: Store, trusted: Callable[[], bool] = lambda: True, at_once: int = 1
    ) -> None:
        self.store, self.trusted, self.at_once = store, trusted, at_once

    async def step(self, now: datetime) -> datetime | None:
        """Decide what is due at `now`, the most urgent first; when to look again."""
        if not self.trusted():
            return None
        async with self.store.transaction() as uow:
            due = await uow.alerts.due(now, A_ROUND)
            if not due:
                return await uow.alerts.next_due_at()
        hands = [self._pass_all(due[hand :: self.at_once], now) for hand in range(self.at_once)]
        await asyncio.gather(*hands)
        return now

    async def _pass_all(self, due: Sequence[UUID], now: datetime) -> None:
        for alert_id in due:
            await do_or_put_aside(
                self.store,
                partial(_climb, alert_id=alert_id, now=now),
                partial(_put_aside, alert_id=alert_id, now=now),
                alert=str(alert_id),
            )


async def _climb(uow: UnitOfWork, alert_id: UUID, now: datetime) -> None:
    alert = await uow.alerts.claim(alert_id, now)
    if alert is None or alert.due_at is None:
        return
    trigger = Due(id=uuid5(alert_id, alert.due_at.isoformat()), meant_for=alert.due_at)
    await handle_locked(uow, alert, trigger, now)
    uow.touched |= {"board", "outbox"}


async def _put_aside(uow: UnitOfWork, alert_id: UUID, now: datetime) -> None:
    """Call the care centre by a path that needs no engine, and try again later."""
    stuck = await uow.alerts.stuck(alert_id, now, BACK_OFF)
    if stuck is not None:
        organisation_id, attempt = stuck
        line = Line("stuck", {"attempt": attempt})
        await call_the_centre(uow, organisation_id, alert_id, now.isoformat(), line, now)
        uow.touched |= {"board", "outbox"}
