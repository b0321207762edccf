"""What can be read in the database of a running hub: whether it rests."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rehearsal.listening import Listening
from hub.rehearsal.live_stage import Exchange
from hub.store import tables as t
from hub.store.false_alarms import unconfirmed_since
from hub.store.unit_of_work import Store, UnitOfWork
from hub.waiting.false_alarms import LOOKS_EVERY, TOO_OFTEN, WITHIN
from hub.waiting.supervision import LATEST, SOONEST

TO_REST = 2  # looks at which nothing had changed
BY_SILENCE = ("doses", "lifestyle")  # they ask since when the hub has listened


@dataclass(slots=True)
class Rest:
    """What was seen at the last look, and at how many looks in a row."""

    seen: object = None
    looks: int = 0

    def at(self, seen: object) -> bool:
        """Whether nothing has changed for long enough."""
        self.looks = self.looks + 1 if seen == self.seen else 0
        self.seen = seen
        return self.looks >= TO_REST


async def in_the_hub(
    store: Store, exchange: Exchange, up_since: datetime, now: datetime
) -> tuple[int, datetime | None, bool]:
    """The last line of the journal, the earliest moment of a worker, whether one is at work."""
    async with store.transaction() as uow:
        line = (await uow.db.execute(sa.select(sa.func.max(t.journal.c.id)))).scalar_one()
        moments = [
            await uow.alerts.next_due_at(),
            await uow.ripenings.next_due_at(),
            await uow.outbox.next_due_at(),
            await uow.modes.next_end(),
        ]
        tried = sa.select(t.outbox.c.id, t.outbox.c.attempts).where(
            t.outbox.c.due_at.is_not(None), t.outbox.c.attempts > 0
        )
        rows = (await uow.db.execute(tried)).all()
        moments += await _of_silence(uow, up_since, now, exchange.night.end)
        is_counting, counts_at = await _of_false_alarms(uow, now)
        moments += counts_at
        is_posting = False
        if exchange.night.receivers:
            moments.append(await uow.webhooks.next_due_at())
            is_posting = await _is_posting(uow, exchange.listening)
    is_calling = any(exchange.expects(row.id, row.attempts) for row in rows)
    upcoming = min((one for one in moments if one is not None), default=None)
    return line or 0, upcoming, is_calling or is_counting or is_posting


async def _of_false_alarms(uow: UnitOfWork, now: datetime) -> tuple[bool, list[datetime]]:
    """Whether the hub has to count a device's false alarms now, and when it has to.

    It counts by a clock of its own, over which a leap would go.
    """
    counted = await unconfirmed_since(uow.db, now - WITHIN)
    often = [one.last_at + LOOKS_EVERY for one in counted if len(one.outcomes) >= TOO_OFTEN]
    return any(one <= now for one in often), [one for one in often if one > now]


async def _is_posting(uow: UnitOfWork, listening: Listening) -> bool:
    """Whether something has no number yet, or is on its way to a receiver."""
    if (await uow.db.execute(sa.select(t.out_pending.c.journal_id).limit(1))).first() is not None:
        return True
    one, event = t.out_deliveries, t.out_events
    its_own = (one.c.organisation_id == event.c.organisation_id) & (
        one.c.position == event.c.position
    )
    tried = sa.select(event.c.id, one.c.attempts).join_from(one, event, its_own)
    rows = (await uow.db.execute(tried.where(one.c.attempts > 0))).all()
    return any(listening.expects(row.id, row.attempts) for row in rows)


async def _of_silence(
    uow: UnitOfWork, up_since: datetime, now: datetime, ends: datetime
) -> list[datetime]:
    """When the hub notes next that it listens, and when somebody may be missed.

    Silence counts while it listens, be it a device's, or of a dose or a rhythm that is waited for
    before the night `ends`, so the clock may not leap over such a note.
    """
    one = t.ripenings
    waits = sa.exists().where(one.c.what.in_(BY_SILENCE), one.c.due_at <= ends)
    every = sa.select(sa.func.min(t.supervised.c.every)).scalar_subquery()
    until = sa.select(sa.func.max(t.listening.c.until_at)).scalar_subquery()
    row = (await uow.db.execute(sa.select(every, until, sa.select(waits).scalar_subquery()))).one()
    if row[0] is None and not row[2]:
        return []
    beats = LATEST if row[0] is None else min(max(row[0] / 4, SOONEST), LATEST)
    noted_at = up_since if row[1] is None else max(row[1], up_since)
    due_at = await uow.supervision.next_due_at()
    return [noted_at + beats, *([] if due_at is None or due_at <= now else [due_at])]
