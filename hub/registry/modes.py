"""What else follows when modes come in with the registry: they are judged beside alarms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.feed import CHANNEL
from hub.registry.nouns import MODES
from hub.store.modes import Modes
from hub.store.records import Change
from hub.store.registered import Registered
from hub.store.tables import clients


async def hold(registered: Registered, changes: Sequence[Change]) -> None:
    """Lock the clients whose modes change, as whoever judges an alarm of theirs does."""
    if whose := _whose(changes):
        held = sa.select(clients.c.id).where(clients.c.id.in_(whose)).order_by(clients.c.id)
        await registered.db.execute(held.with_for_update(key_share=True))


async def look_again(registered: Registered, changes: Sequence[Change], now: datetime) -> None:
    """Let what a mode muted be looked at as soon as it ended; screens show the change."""
    ended = [one for one in changes if one.noun is MODES and _ends(one)]
    await Modes(registered.db).look_again(_whose(ended), now)
    if _whose(changes):
        for topic in ("board", "due", "modes"):
            await registered.db.execute(sa.select(sa.func.pg_notify(CHANNEL, topic)))


def _ends(change: Change) -> bool:
    before: Any = change.before or {}
    return change.after["ended_at"] is not None and before.get("ended_at") is None


def _whose(changes: Sequence[Change]) -> list[UUID]:
    modes = [one for one in changes if one.noun is MODES]
    return [one.ids["client", one.after["client"]] for one in modes]
