"""What can be read in the database of a running hub: whether it rests."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rehearsal.live_stage import Exchange
from hub.store import tables as t
from hub.store.unit_of_work import Store, UnitOfWork
from hub.waiting.supervision import LATEST, SOONEST

TO_REST = 2  # looks at which nothing had changed
JOINED = t.supervised.outerjoin(t.listening, sa.true())


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
    """The last line of the journal, the earliest moment of a worker, whether it is sending."""
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
        moments += await _of_silence(uow, up_since, now)
    is_sending = any(exchange.expects(row.id, row.attempts) for row in rows)
    return line or 0, min((one for one in moments if one is not None), default=None), is_sending


async def _of_silence(uow: UnitOfWork, up_since: datetime, now: datetime) -> list[datetime]:
    """When the hub notes next that it listens, and when somebody may be missed.

    Silence counts while it listens, so the clock may not leap over such a note.
    """
    asked = sa.select(sa.func.min(t.supervised.c.every), sa.func.max(t.listening.c.until_at))
    row = (await uow.db.execute(asked.select_from(JOINED))).one()
    if row[0] is None:
        return []
    beats = min(max(row[0] / 4, SOONEST), LATEST)
    noted_at = up_since if row[1] is None else max(row[1], up_since)
    due_at = await uow.supervision.next_due_at()
    return [noted_at + beats, *([] if due_at is None or due_at <= now else [due_at])]
