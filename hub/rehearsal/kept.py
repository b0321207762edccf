"""Promise 1, read in the database: what was answered with "yes" is stored, an alarm somebody's."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from hub.rehearsal.promises import Broken
from hub.store import tables as t
from hub.store.unit_of_work import Store

IS_LOOSE = (
    t.events.c.kind.like("alarm.%"),
    t.events.c.phase != "end",
    t.events.c.alert_id.is_(None),
)


async def not_kept(store: Store, now: datetime, confirmed: int) -> Sequence[Broken]:
    """What of so many confirmed messages is not there, and alarms that are nobody's."""
    async with store.transaction() as uow:
        counted = sa.select(sa.func.count()).select_from(t.messages)
        kept = (await uow.db.execute(counted)).scalar_one()
        unheard = (await uow.db.execute(sa.select(t.events.c.kind).where(*IS_LOOSE))).scalars()
        loose = list(unheard)
    missing = f"{confirmed} were confirmed, {kept} are there" if kept < confirmed else ""
    return list(_broken(now, missing, loose))


async def not_kept_of(store: Store, now: datetime, ids: Sequence[UUID]) -> Sequence[Broken]:
    """The same of these messages, all of which were confirmed."""
    async with store.transaction() as uow:
        asked = sa.select(t.messages.c.id).where(t.messages.c.id.in_(ids))
        kept = set((await uow.db.execute(asked)).scalars())
        of_these = sa.select(t.events.c.kind).where(t.events.c.message_id.in_(ids), *IS_LOOSE)
        loose = list((await uow.db.execute(of_these)).scalars())
    missing = len(set(ids) - kept)
    return list(_broken(now, f"{missing} messages are not" if missing else "", loose))


def _broken(now: datetime, missing: str, loose: Sequence[str]) -> Iterator[Broken]:
    if missing:
        yield Broken(now, 'A message answered with "yes" is stored', missing)
    for kind in loose:
        yield Broken(now, "An alarm always ends as an alert", f"{kind} concerns no alert")
