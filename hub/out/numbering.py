"""Numbers what happened to alerts, after the commit and one hub at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.out.event import Happened, Somebody, Told, cloud_event, event_id, told
from hub.store.unit_of_work import Store, UnitOfWork

A_BATCH = 500


class Numbering:
    """The worker that gives each event its position in the stream and its number in the alert.

    `url` is where this hub's pages are: events name the schema there.
    """

    def __init__(self, store: Store, url: str) -> None:
        self.store, self.url = store, url

    async def step(self, now: datetime) -> datetime | None:
        """Number what was written since; None, as only a new line brings new work."""
        while await self.store.retried(lambda uow: self._number(uow, now)) == A_BATCH:
            pass
        return None

    async def _number(self, uow: UnitOfWork, now: datetime) -> int:
        rows = await uow.out.take_pending(A_BATCH)
        people = await uow.out.people({one for row in rows for one in _named(row)})
        by_stream: dict[UUID, list[tuple[Any, Happened, Told]]] = {}
        for row in rows:
            line = _happened(row, people)
            if (what := told(line)) is not None:
                by_stream.setdefault(row.organisation_id, []).append((row, line, what))
        for organisation_id in sorted(by_stream):
            await self._add(uow, organisation_id, by_stream[organisation_id], now)
        if by_stream:
            uow.touched.add("out")
        return len(rows)

    async def _add(
        self,
        uow: UnitOfWork,
        organisation_id: UUID,
        lines: Sequence[tuple[Any, Happened, Told]],
        now: datetime,
    ) -> None:
        alerts = [line.alert_id for _, line, _ in lines]
        last = await uow.out.sequences([(one, organisation_id) for one in alerts])
        position = await uow.out.count_on(organisation_id, len(lines)) - len(lines)
        left, added = Counter(alerts), []
        for number, (row, line, what) in enumerate(lines, start=position + 1):
            left[line.alert_id] -= 1
            sequence = last[line.alert_id] - left[line.alert_id]
            added.append(
                {
                    "organisation_id": organisation_id,
                    "position": number,
                    "id": event_id(line.alert_id, sequence),
                    "alert_id": line.alert_id,
                    "sequence": sequence,
                    "type": what.type,
                    "at": now,
                    "client_ids": row.client_ids,
                    "body": cloud_event(line, what, sequence, number, self.url),
                }
            )
        await uow.out.add(added)
        await uow.out.promise(organisation_id, position + 1, position + len(lines))


def _named(row: Any) -> Iterator[str]:
    for one in (row.actor_id, row.entered_by_id, row.facts.get("contact_id")):
        if one is not None:
            yield str(one)


def _happened(row: Any, people: Mapping[str, Any]) -> Happened:
    known = {
        one: Somebody(people[one].organisation, people[one].contact, people[one].level)
        for one in _named(row)
        if one in people
    }
    return Happened(
        journal_id=row.journal_id,
        alert_id=row.alert_id,
        at=row.at,
        what=row.what,
        facts=row.facts,
        organisation=row.organisation,
        kind=row.kind,
        priority=row.priority,
        opened_at=row.opened_at,
        home=row.home,
        clients=tuple(row.clients),
        device=row.device,
        gateway=row.gateway,
        by=known.get(str(row.actor_id)),
        entered_by=known.get(str(row.entered_by_id)),
        people=known,
    )
