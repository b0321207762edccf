"""Numbers what happened to alerts, after the commit and one hub at a time.

Every party to an alert is told, each in a stream and with numbers of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.out.event import Happened, Somebody, Told, cloud_event, event_id, for_party, told
from hub.store.unit_of_work import Store, UnitOfWork

A_BATCH = 500

_Entry = tuple[Any, Happened, Told]


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
        by_stream: dict[UUID, list[_Entry]] = {}
        for row in rows:
            line = _happened(row, people)
            if row.listener_id != row.organisation_id:
                line = for_party(line, row.listener)
            if (what := told(line)) is not None:
                by_stream.setdefault(row.listener_id, []).append((row, line, what))
        for listener_id in sorted(by_stream):
            await self._add(uow, listener_id, by_stream[listener_id], now)
        if by_stream:
            uow.touched.add("out")
        return len({row.journal_id for row in rows})

    async def _add(
        self, uow: UnitOfWork, listener_id: UUID, lines: Sequence[_Entry], now: datetime
    ) -> None:
        alerts = Counter(line.alert_id for _, line, _ in lines)
        last = await self._sequences(uow, listener_id, lines)
        position = await uow.out.count_on(listener_id, len(lines)) - len(lines)
        added = []
        for number, (row, line, what) in enumerate(lines, start=position + 1):
            alerts[line.alert_id] -= 1
            sequence = last[line.alert_id] - alerts[line.alert_id]
            party_id = None if row.organisation_id == listener_id else listener_id
            own_id = event_id(line.alert_id, sequence, party_id)
            added.append(
                {
                    "organisation_id": listener_id,
                    "position": number,
                    "id": own_id,
                    "alert_id": line.alert_id,
                    "sequence": sequence,
                    "type": what.type,
                    "at": now,
                    "client_ids": row.client_ids,
                    "body": cloud_event(line, what, own_id, sequence, number, self.url),
                }
            )
        await uow.out.add(added)
        await uow.out.promise(listener_id, position + 1, position + len(lines))

    async def _sequences(
        self, uow: UnitOfWork, listener_id: UUID, lines: Sequence[_Entry]
    ) -> Mapping[UUID, int]:
        last: dict[UUID, int] = {}
        for owns in (True, False):
            named = [
                line.alert_id
                for row, line, _ in lines
                if (row.organisation_id == listener_id) is owns
            ]
            if named:
                last |= await uow.out.sequences(listener_id, named, owns=owns)
        return last


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
