"""Agreements as they are stored, and as the engine reads them."""

import logging
from collections.abc import Iterable
from typing import Any

from escalation.agreements import Agreement, Source
from hub.store.values import decode

log = logging.getLogger(__name__)


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
