"""Integrators of a night: each hears the events of one organisation by webhook, on any stage.

What a receiver complains of breaks the night; so does an alert of its organisation that it never
heard of.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from hub.out import signing
from hub.out.webhooks import Webhooks
from hub.rehearsal.ledger import DESK, Happened, Ledger
from hub.rehearsal.promises import Broken
from hub.rehearsal.region import RECEIVERS, known
from hub.rehearsal.stage import Posted
from hub.store import tables as t
from hub.store.unit_of_work import Store
from hub.workers import Worker
from simulators.night import Fault, Night
from simulators.receiver import Receiver

NOBODY = 0  # the status of an event that nobody answered
NOT_TAKEN = {"busy": 503, "refuses": 404, "hangs": NOBODY}
SAFE = "An integrator hears every event signed and unchanged, in order within an alert"
WHOLE = "An integrator hears of every alert of its organisation, from its beginning to its end"


class Listening:
    """The receivers of a night, with the secrets of a hub that has this `pepper`.

    `posted` is everything that was sent to them, whether they took it or not.
    """

    def __init__(
        self, store: Store, night: Night, clock: Callable[[], datetime], pepper: bytes
    ) -> None:
        self.store, self.night, self.clock, self.pepper = store, night, clock, pepper
        self.receivers: Mapping[str, Receiver] = {
            one: Receiver(_secret(one, pepper), clock) for one in night.receivers
        }
        self.posted: list[Posted] = []
        self._attempts: Counter[UUID] = Counter()

    def worker(self) -> Worker:
        """Make the worker that sends to them without a network, as a fresh hub has it."""
        sender = Webhooks(self.store, self._post, self.pepper)

        async def step(now: datetime) -> datetime | None:
            upcoming = await sender.step(now)
            await sender.finish()  # what was sent is stored before anything else happens
            return upcoming

        return Worker("webhooks", step, ("out",))

    async def hears(self, name: str, headers: Mapping[str, str], body: bytes) -> int:
        """Let a receiver hear one request, faults in between; what the hub is told, or NOBODY."""
        at, event = self.clock(), json.loads(body)
        key, alert, receiver = UUID(event["id"]), UUID(event["subject"]), self.receivers[name]
        is_copy = any(one["id"] == event["id"] for one in receiver.events)
        how = next((_how(one) for one in self.night.faults if _fails(one, name, at)), "")
        status = NOT_TAKEN[how] if how in NOT_TAKEN else await _told(receiver, headers, body)
        status = NOBODY if how == "no_receipt" else status
        self._attempts[key] += 1
        self.posted.append(Posted(at, key, name, alert, _type(event), status, is_copy))
        return status

    def expects(self, key: UUID, attempts: int) -> bool:
        """Whether the hub, after so many attempts at an event, is still busy with it."""
        return attempts > self._attempts[key]

    def complaints(self, now: datetime) -> Iterator[Broken]:
        """Take what the receivers found wrong since this was asked last."""
        for name, one in self.receivers.items():
            for what in one.complaints:
                yield Broken(now, SAFE, f"{name}: {what}")
            one.complaints.clear()

    async def unheard(self, ledger: Ledger, now: datetime) -> list[Broken]:
        """What nobody told a receiver of; what waits for one that failed may still come."""
        return [
            Broken(now, WHOLE, f"{name} never heard that alert {ledger.numbers[alert]} was {what}")
            for name, receiver in self.receivers.items()
            if not (self._failed(name) and await self._waits(name))
            for alert, what in _never_heard(ledger, name, receiver)
        ]

    async def _waits(self, name: str) -> bool:
        table = t.out_deliveries
        asked = sa.select(sa.func.count()).where(table.c.webhook_id == known("webhook", name))
        async with self.store.transaction() as uow:
            return bool((await uow.db.execute(asked)).scalar_one())

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        status = await self.hears(url.rpartition("/")[2], headers, body)
        if status == NOBODY:
            raise ConnectionError("no answer")
        return status

    def _failed(self, name: str) -> bool:
        return any(_concerns(one, name) for one in self.night.faults)


async def _told(receiver: Receiver, headers: Mapping[str, str], body: bytes) -> int:
    transport = httpx.ASGITransport(receiver.app)
    async with httpx.AsyncClient(transport=transport, base_url=RECEIVERS) as http:
        return (await http.post("/hook", headers=headers, content=body)).status_code


def _never_heard(ledger: Ledger, name: str, receiver: Receiver) -> Iterator[tuple[UUID, str]]:
    heard = {(UUID(one["subject"]), _type(one)) for one in receiver.events}
    numbers = {one.alert for one in ledger.happened if _of(ledger.night, one, name)}
    for alert, row in ledger.alerts.items():
        owns = row.organisation_id == known("organisation", name)
        if owns and (alert, "opened") not in heard:
            yield alert, "opened"
        concerned = owns or ledger.numbers[alert] in numbers
        if concerned and row.resolved_at is not None and (alert, "resolved") not in heard:
            yield alert, "resolved"


def _type(event: Mapping[str, Any]) -> str:
    return str(event["type"]).rpartition(".")[2]


def _of(night: Night, one: Happened, name: str) -> bool:
    """Whether somebody of this organisation was called."""
    if one.what != "called":
        return False
    if one.who == DESK:
        return [each.name for each in night.organisations if each.sort == "centre"] == [name]
    return any(each.of == name and each.name == one.who for each in night.people)


def _concerns(fault: Fault, name: str) -> bool:
    return fault.what == "receiver_fails" and fault.whom in (name, "all")


def _fails(fault: Fault, name: str, at: datetime) -> bool:
    return _concerns(fault, name) and fault.during.covers(at)


def _how(fault: Fault) -> str:
    return str(fault.said.get("how", "busy"))


def _secret(name: str, pepper: bytes) -> str:
    """What the hub would show whoever makes this webhook."""
    return signing.shown(signing.key(pepper, known("webhook", name), 1))
