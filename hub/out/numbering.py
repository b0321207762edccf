"""Numbers what happened to alerts, after the commit and one hub at a time.

Every party to an alert is told, each in a stream and with numbers of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.out.event import Happened, Somebody, Told, cloud_event, event_id, for_party, told
from hub.store import out
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
        lines = list[_Entry]()
        for row in rows:
            line = _happened(row, people)
            if not _owns(row):
                line = for_party(line, row.listener)
            if (what := told(line)) is not None:
                lines.append((row, line, what))
        if lines:
            await self._add(uow, lines, now)
            uow.touched.add("out")
        return len({row.journal_id for row in rows})

    async def _add(self, uow: UnitOfWork, lines: Sequence[_Entry], now: datetime) -> None:
        heard = [out.Told(row.listener_id, row.alert_id, _owns(row)) for row, _, _ in lines]
        counted = await uow.out.count_on(heard)
        in_stream = Counter(one.listener_id for one in heard)
        in_alert = Counter((one.listener_id, one.alert_id) for one in heard)
        added = []
        for (row, line, what), one in zip(lines, heard, strict=True):
            whose, which = one.listener_id, (one.listener_id, one.alert_id)
            in_stream[whose] -= 1
            in_alert[which] -= 1
            position = counted.positions[whose] - in_stream[whose]
            sequence = counted.sequences[which] - in_alert[which]
            own_id = event_id(line.alert_id, sequence, None if one.owns else whose)
            added.append(
                {
                    "organisation_id": whose,
                    "position": position,
                    "id": own_id,
                    "alert_id": line.alert_id,
                    "sequence": sequence,
                    "type": what.type,
                    "at": now,
                    "client_ids": row.client_ids,
                    "body": cloud_event(line, what, own_id, sequence, position, self.url),
                }
            )
        await uow.out.add(added)


def _owns(row: Any) -> bool:
    return bool(row.listener_id == row.organisation_id)


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
