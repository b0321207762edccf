"""Looks at the plans that hang on what was brought: what an import says beside its counts."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.access.viewer import Viewer
from hub.plans.files import horizon
from hub.plans.holding import MOST_FAR, Looked, looked
from hub.plans.proving import DAYS
from hub.registry.activating import Think
from hub.registry.outcome import Outcome
from hub.store.care_files import Rows, read_rows
from hub.store.unit_of_work import Store


async def look(
    store: Store,
    outcome: Outcome,
    now: datetime,
    think: Think = asyncio.to_thread,
    viewer: Viewer | None = None,
) -> Looked:
    """Say which of the plans that were hit, or would be, do not hold.

    A viewer, who waits for an answer, is told about clients of their own organisation, and about
    none where they are many: `days` is 0 then, as where the proof was broken off.
    """
    rows = await _read(store, outcome, now)
    if viewer is not None:
        rows = replace(rows, clients=_own(rows, viewer))
        if len(rows.clients) > MOST_FAR:
            return Looked(len(rows.clients), days=0)
    if not rows.clients:
        return Looked()
    try:
        found: Looked = await think(looked, rows, now)
    except BrokenExecutor:  # what was brought is there all the same
        return Looked(len(rows.clients), days=0)
    return found


async def _read(store: Store, outcome: Outcome, now: datetime) -> Rows:
    if outcome.rows is not None:
        return outcome.rows
    async with store.transaction() as uow:
        return await read_rows(uow.db, outcome.hit, *horizon(now, DAYS))


def _own(rows: Rows, viewer: Viewer) -> Sequence[Any]:
    return [one for one in rows.clients if one.organisation_id == viewer.organisation_id]
