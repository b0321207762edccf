"""Agreements as they are stored, and as the engine reads them."""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.agreements import Agreement, Source
from escalation.windows import HOME_ZONE
from hub.store.tables import agreements
from hub.store.values import decode

log = logging.getLogger(__name__)


async def read_agreement(db: AsyncConnection, id_: UUID) -> Agreement | None:
    """Read one agreement as it is now; None when it is not there, or cannot be read.

    What it is about, and when; not since when and how long it holds.
    """
    kept = (agreements.c[name] for name in ("id", "client_id", "name", "body"))
    open_ends = (sa.null().label(name) for name in ("valid_from", "valid_until"))
    rows = await db.execute(sa.select(*kept, *open_ends).where(agreements.c.id == id_))
    return next(iter(readable(rows, HOME_ZONE)), None)


def readable(rows: Iterable[Any], time_zone: str) -> list[Agreement]:
    """Read rows with id, client_id, name, body, valid_from and valid_until.

    What cannot be read is left out, with a line in the log: then the default counts, which
    reaches the centre. `time_zone` is that of agreements that name none.
    """
    found = []
    for row in rows:
        try:
            found.append(_agreement(row, time_zone))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            facts = {"agreement": str(row.id), "error": type(error).__name__}
            log.error("agreement cannot be read", extra=facts)  # noqa: TRY400 - quotes its data
    return found


def _agreement(row: Any, time_zone: str) -> Agreement:
    body = {
        **row.body,
        "id": str(row.id),
        "name": row.name,
        "source": Source.ORGANISATION if row.client_id is None else Source.CLIENT,
        "valid_from": None if row.valid_from is None else row.valid_from.isoformat(),
        "valid_until": None if row.valid_until is None else row.valid_until.isoformat(),
    }
    body.setdefault("time_zone", time_zone)
    return decode(Agreement, body)
