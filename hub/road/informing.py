"""Who is told afterwards what happened, as was agreed: at once, in the morning, or never."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from escalation.agreements import Inform
from hub.store.journal import Line
from hub.store.outbox import Promised, Promises
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode

log = logging.getLogger(__name__)

# Who withdrew their consent hears nothing more, whatever was agreed.
AGREED = b"""
SELECT g.id, g.body -> 'inform' AS inform, g.body ->> 'time_zone' AS time_zone,
       ARRAY(SELECT k.contact_id FROM client_contacts k
             WHERE k.client_id = g.client_id AND NOT k.consent) AS silent
FROM agreements g WHERE g.id = ANY(%(ids)s::uuid[])
"""


async def informed(
    uow: UnitOfWork, decided: Sequence[Any]
) -> Sequence[tuple[UUID, Promises, Line]]:
    """Say whom to tell of the alerts that end with these decisions (of `decided`), and when.

    By the id of the alert. It is the agreement an alert opened with that counts. Who was called
    for it heard the ending already.
    """
    ended = [
        one
        for one in decided
        if one.alert.resolved_at is not None
        and (one.before is None or one.before.resolved_at is None)
        and one.alert.plan.agreement_id is not None
    ]
    if not ended:
        return ()
    ids = {one.alert.plan.agreement_id for one in ended}
    rows = await uow.straight.rows(AGREED, {"ids": list(ids)})
    agreed = {row.id: row for row in rows}
    told = [
        (one, line, agreed[one.alert.plan.agreement_id])
        for one in ended
        if one.alert.plan.agreement_id in agreed
        for line in _lines(one, agreed[one.alert.plan.agreement_id])
    ]
    ways = await uow.outbox.addresses({line.who for _, line, _ in told}) if told else {}
    found = (_telling(one, line, row, ways.get(line.who, {})) for one, line, row in told)
    return [one for one in found if one is not None]


def _lines(one: Any, row: Any) -> Iterator[Inform]:
    called = {each.contact.id for each in one.alert.warned}
    try:
        lines = decode(tuple[Inform, ...], row.inform or ())
    except (AttributeError, KeyError, TypeError, ValueError):
        log.error("who is informed cannot be read", extra={"agreement": str(row.id)})  # noqa: TRY400
        return
    for line in {line.who: line for line in lines}.values():
        if line.who not in called and line.who not in row.silent:
            yield line


def _telling(
    one: Any, line: Inform, row: Any, ways: Mapping[str, str]
) -> tuple[UUID, Promises, Line] | None:
    """One quiet message by the first way there is; who has none is in the account all the same."""
    alert = one.alert
    tell_at = line.tell_at(alert.resolved_at, row.time_zone or one.known.subject.time_zone)
    if tell_at is None:
        return None
    first = next(iter(ways.items()), None)
    promised = []
    if first is not None:
        id_ = uuid5(alert.id, f"informed/{line.who}")
        promised = [Promised(id_, line.who, *first, "tell", "informed")]
    promises = Promises(
        alert.organisation_id, alert.id, alert.priority.rank, promised, one.at, tell_at
    )
    facts = {"contact_id": str(line.who), "at": tell_at.isoformat(), "reached": bool(promised)}
    return alert.id, promises, Line("informed", facts)
