"""Stored messages as the native profile says the same, without whoever's words were in them.

A message is read again with the adapter it came through. What cannot be read stays unreadable;
what was refused or of no interest is left out.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from adapters.contract import (
    Decoded,
    Edge,
    InboundAdapter,
    Level,
    Phase,
    Position,
    Reading,
    Rejected,
    Scalar,
)
from hub.commands.replaying import arrival_of
from hub.decoders.finding import load_adapters
from hub.decoders.heard import Heard
from hub.decoders.reading import Reader
from hub.decoders.translation import NoSuchAdapter
from hub.rehearsal.record.pseudonyms import Pseudonyms
from hub.store.unit_of_work import Store

A_PAGE = 500
AS_IT_WAS = timedelta(hours=24)  # so far back is looked for what doors and beds last said
DUE = "doses that were due: what nobody took is missed again only if the dispenser says so"
UNREADABLE = {"kind": "not.readable"}
MESSAGES = sa.text("""
SELECT m.id, m.received_at, m.topic, m.payload, m.qos, m.duplicate, m.replayed, m.adapter,
       m.content_type, m.user_properties, m.gateway_id, m.organisation_id,
       o.external_id AS organisation,
       g.external_id AS gateway, g.adapters, g.home_id
FROM messages m JOIN organisations o ON o.id = m.organisation_id
JOIN gateways g ON g.id = m.gateway_id
WHERE m.outcome IN ('decoded', 'rejected', 'quarantined')
  AND m.organisation_id = ANY(CAST(:owners AS uuid[]))
  AND (m.received_at, m.id) > (:at, CAST(:id AS uuid)) AND m.received_at < :before
ORDER BY m.received_at, m.id LIMIT :most
""")
ADAPTERS = sa.text("""
SELECT DISTINCT adapter FROM messages
WHERE received_at >= :begins AND received_at < :ends AND adapter <> ''
""")


@dataclass(slots=True)
class Telling:
    """Tells what devices said from `begins` on; `left_out` counts what could not be told, by why.

    `homes` are the places trackers walk around.
    """

    names: Pseudonyms
    begins: datetime
    homes: dict[UUID, tuple[float, float]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    unseen: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def tell(self, row: Any, heard: Heard) -> Iterator[dict[str, Any]]:
        """One stored message, as one or more native ones."""
        gateway = self._gateway(row)
        device = self._device(heard)
        if isinstance(heard.outcome, Rejected) and not heard.refused:
            yield self._line(row.received_at, gateway, device, UNREADABLE)
        elif not isinstance(heard.outcome, Decoded):
            self.left_out["refused, or of no interest"] += 1
        elif not heard.readings:
            alive = {"kind": "presence.heartbeat"}
            yield self._line(row.received_at, gateway, device, alive)
        for number, one in enumerate(heard.readings):
            if isinstance(one, Edge) and one.phase is Phase.START:
                self.left_out[DUE] += 1
            said = self._said(heard, one, number)
            yield self._line(row.received_at, gateway, device, said)

    def remember(self, row: Any, heard: Heard) -> None:
        """Keep what lasts from before the night, to be said when it begins."""
        for number, one in enumerate(heard.readings):
            if isinstance(one, Level) and heard.device is not None:
                key = self._device(heard), one.channel.value
                said = self._said(heard, one, number)
                self.unseen[key] = self._line(self.begins, self._gateway(row), key[0], said)

    def _line(
        self, at: datetime, gateway: str, device: str, said: dict[str, Any]
    ) -> dict[str, Any]:
        after = (at - self.begins).total_seconds()
        return {"at": after, "gateway": gateway, "device": device, "message": said}

    def _gateway(self, row: Any) -> str:
        owner = self.names.name("organisation", row.organisation_id)
        return f"{owner}/{self.names.name('gateway', row.gateway_id)}"

    def _device(self, heard: Heard) -> str:
        if heard.device is not None:
            return self.names.name("device", heard.device.id)
        own = f"{heard.arrival.principal.gateway_id}/{heard.adapter}/{heard.key}"
        return self.names.name("stranger", own)

    def _said(self, heard: Heard, reading: Reading, number: int) -> dict[str, Any]:
        said: dict[str, Any] = {}
        match reading:
            case Level(channel=channel, active=active):
                said |= {"channel": channel.value, "active": active}
            case Edge(kind=kind, withdraws=withdraws, correlation_key=matter):
                said |= {"kind": kind.value}
                said |= {"withdraws": True} if withdraws else {}
                said |= {"correlation": self.names.name("matter", matter)} if matter else {}
        said |= {"test": True} if reading.test else {}
        if reading.occurred_at is not None:
            said["at"] = self.names.moment(reading.occurred_at).isoformat()
        if reading.counter is not None:
            series = f"{self._device(heard)}/{reading.counter.series}"
            said |= {"boot": self.names.name("boot", series), "seq": reading.counter.number}
        if reading.key is not None:
            said["id"] = self.names.name("message", f"{reading.key.value}/{number}")
        said |= self._value(reading.value)
        if reading.position is not None:
            said["position"] = self._place(heard, reading.position)
        return said

    def _value(self, value: Any) -> dict[str, Any]:
        """What belongs to it, as far as it is the program's: a dose, a room, figures."""
        kept: dict[str, Scalar] = self.names.plain(dict(value))
        said: dict[str, Any] = {}
        dose: dict[str, Any] = {}
        if own := value.get("dose_id"):
            dose["id"] = self.names.name("dose", str(own))
        for name, whole in (("due_at", "due_at"), ("time_critical", "time_critical")):
            if name in kept:
                dose[whole] = kept[name]
        for name in ("room", "zone"):
            if kept.get(name):
                said[name] = kept[name]
        figures = {
            name: one
            for name, one in kept.items()
            if name not in ("dose_id", "due_at", "time_critical", "room", "zone")
        }
        said |= {"dose": dose} if dose else {}
        return said | ({"value": figures} if figures else {})

    def _place(self, heard: Heard, position: Position) -> dict[str, Any]:
        device = heard.device
        whose = heard.arrival.principal.gateway_id if device is None else device.id
        whose = whose if device is None or device.client_id is None else device.client_id
        home = self.homes.setdefault(whose, (position.lat, position.lon))
        place: dict[str, Any] = {
            **self.names.place(str(whose), position.lat, position.lon, home),
            "accuracy_m": position.accuracy_m,
        }
        if position.fixed_at is not None:
            place["fixed_at"] = self.names.moment(position.fixed_at).isoformat()
        return place


async def messages(
    store: Store, owners: Sequence[UUID], telling: Telling, ends: datetime
) -> AsyncIterator[dict[str, Any]]:
    """Everything these organisations' devices said until `ends`, in the order it came in.

    First, at the very beginning, what lasted then already.
    """
    began = telling.begins - AS_IT_WAS
    reader = Reader(store, await _adapters(store, telling, began, ends), uuid4)
    async for row in _stored(store, owners, began, telling.begins):
        telling.remember(row, await reader.hear(arrival_of(row)))
    telling.left_out.clear()
    for line in telling.unseen.values():
        yield line
    async for row in _stored(store, owners, telling.begins, ends):
        heard = await reader.hear(arrival_of(row))
        if isinstance(heard.outcome, Rejected) and heard.outcome.code == "no_adapter":
            telling.left_out[f"adapter {row.adapter!r} is not installed here"] += 1
            continue
        for line in telling.tell(row, heard):
            yield line


async def _adapters(store: Store, telling: Telling, begins: datetime, ends: datetime) -> Any:
    async with store.transaction() as uow:
        named = (await uow.db.execute(ADAPTERS, {"begins": begins, "ends": ends})).scalars().all()
    found: dict[str, InboundAdapter] = {}
    for name in sorted(named):
        try:
            found |= load_adapters((name,))
        except NoSuchAdapter:
            continue
    return found


async def _stored(
    store: Store, owners: Sequence[UUID], begins: datetime, ends: datetime
) -> AsyncIterator[Any]:
    at, after = begins - timedelta(microseconds=1), UUID(int=2**128 - 1)
    while True:
        values = {"owners": list(owners), "at": at, "id": after, "before": ends, "most": A_PAGE}
        async with store.transaction() as uow:
            rows = (await uow.db.execute(MESSAGES, values)).all()
        for row in rows:
            yield row
        if len(rows) < A_PAGE:
            return
        at, after = rows[-1].received_at, rows[-1].id
