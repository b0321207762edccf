"""What can be read in the database of a running hub: whether it rests."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rehearsal.live_stage import Exchange
from hub.store import tables as t
from hub.store.unit_of_work import Store

TO_REST = 2  # looks at which nothing had changed


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


async def in_the_hub(store: Store, exchange: Exchange) -> tuple[int, datetime | None, bool]:
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
    is_sending = any(exchange.expects(row.id, row.attempts) for row in rows)
    return line or 0, min((one for one in moments if one is not None), default=None), is_sending
