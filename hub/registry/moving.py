"""Devices that are given to another: they count there when somebody saw a test press."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.registry.nouns import DEVICES
from hub.store.records import Change
from hub.store.registered import Registered
from hub.store.tables import devices

NOBODY = (None, None)  # no client, no home


async def wait_for_a_test(registered: Registered, changes: Sequence[Change], now: datetime) -> None:
    """Let devices that go from one client or home to another ring nobody there before a test.

    One that comes to its first client counts at once.
    """
    moved = [one.key["id"] for one in changes if await _is_moved(registered, one)]
    if moved:
        change = sa.update(devices).where(devices.c.id.in_(moved)).values(untested_since=now)
        await registered.db.execute(change)


async def _is_moved(registered: Registered, change: Change) -> bool:
    if change.noun is not DEVICES or change.before is None:
        return False
    before, after = _whose(change.before), _whose(change.after)
    if after in (NOBODY, before):
        return False
    return before != NOBODY or await _had_another(registered, change.organisation_id, change)


def _whose(values: Mapping[str, Any]) -> tuple[Any, Any]:
    return values.get("client"), values.get("home")


async def _had_another(registered: Registered, owner: UUID | None, change: Change) -> bool:
    """Whether it belonged to somebody else before it was nobody's for a while."""
    earlier = await registered.changes(DEVICES, owner, change.name)
    belonged = [_whose(row.after) for row in earlier]
    belonged += [_whose(row.before) for row in earlier if row.before]
    return any(one not in (NOBODY, _whose(change.after)) for one in belonged)
