"""Sends events to webhooks: signed, at least once, in order within an alert, each on its own.

A receiver that is down is tried with one event at a time, more and more slowly, and disabled after
three days; then it is work for the technical desk, and what happens meanwhile waits.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from adapters.contract import Kind, Phase
from escalation.triggers import Withdrawn
from hub.contain import contained
from hub.out import signing
from hub.out.posting import ANSWERS_WITHIN, Post
from hub.road.handling import handle
from hub.road.happened import record_event
from hub.road.standing import read_standing
from hub.store.events import Event
from hub.store.unit_of_work import Store, UnitOfWork

AT_ONCE_EACH = 8
CLAIMED_FOR = ANSWERS_WITHIN + timedelta(seconds=5)
HEAD_START = 0.2  # seconds a round waits for answers before it lets the next round begin
GIVES_UP_AFTER = timedelta(days=3)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WAITS = (
    timedelta(seconds=5), timedelta(seconds=30), 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 4 * HOUR,
)  # fmt: skip
MOST_TRIES = 30  # of one event, while others are taken: somewhat more than three days
GONE = 410  # the receiver says that it wants nothing more
KIND = Kind.FAULT


class Webhooks:
    """The worker that sends. `pepper` is the hub's secret, from which the keys are derived."""

    def __init__(self, store: Store, post: Post, pepper: bytes) -> None:
        self.store, self.post, self.pepper = store, post, pepper
        self._under_way: set[asyncio.Task[None]] = set()
        self._busy: Counter[UUID] = Counter()

    async def step(self, now: datetime) -> datetime | None:
        """Send what is due at `now`; the moment of the next event.

        Whoever answers soon is waited for; a receiver that hangs holds up no other.
        """
        async with self.store.transaction() as uow:
            full, busy = self._full(), +self._busy
            claimed = await uow.webhooks.claim(now, now + CLAIMED_FOR, AT_ONCE_EACH, full, busy)
            if not claimed:
                return await uow.webhooks.next_due_at(full, busy)
        sending = [self._begin(row, now) for row in claimed]
        await asyncio.wait(sending, timeout=HEAD_START)
        async with self.store.transaction() as uow:
            return await uow.webhooks.next_due_at(self._full(), +self._busy)

    async def finish(self) -> None:
        """Wait for what is under way; the store and the way out must still be open."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _full(self) -> list[UUID]:
        return [one for one, count in self._busy.items() if count >= AT_ONCE_EACH]

    def _begin(self, row: Any, now: datetime) -> asyncio.Task[None]:
        self._busy[row.webhook_id] += 1
        task = asyncio.create_task(self._send(row, now))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _send(self, row: Any, now: datetime) -> None:
        status, trouble = 0, "failed"
        with contained("event could not be sent", webhook=str(row.webhook_id)):
            status, trouble = await self._attempt(row, now)
        with contained("attempt could not be stored", webhook=str(row.webhook_id)):
            await self.store.retried(lambda uow: _settle(uow, row, status, trouble, now))
        self._busy[row.webhook_id] -= 1

    async def _attempt(self, row: Any, now: datetime) -> tuple[int, str]:
        secrets = signing.keys(self.pepper, row.webhook_id, row.key_version, row.rotated_at, now)
        body = row.body.encode()
        signed = signing.headers(secrets, str(row.event_id), now, body)
        try:
            async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
                status = await self.post(row.url, signed, body)
        except (OSError, TimeoutError) as error:
            return 0, str(error) or type(error).__name__
        return status, f"status {status}"


async def _settle(uow: UnitOfWork, row: Any, status: int, trouble: str, now: datetime) -> None:
    webhook = await uow.webhooks.lock_attempt(row.webhook_id, row.position, row.attempts)
    if webhook is None:
        return
    uow.touched.add("out")
    if 200 <= status < 300:
        await uow.webhooks.done(row.webhook_id, row.position)
        if webhook.failing_since is not None:
            await uow.webhooks.change(webhook.id, failing_since=None, trouble="")
            await uow.webhooks.hurry(webhook.id, now, CLAIMED_FOR)
        return
    since = webhook.failing_since or now
    await uow.webhooks.change(webhook.id, failing_since=since, trouble=trouble)
    wait = WAITS[min(row.attempts, len(WAITS)) - 1]
    await uow.webhooks.again(row.webhook_id, row.position, now + wait)
    if webhook.disabled_at is None and (status == GONE or now - since >= GIVES_UP_AFTER):
        await disable(uow, webhook, trouble, now)
    elif row.attempts >= MOST_TRIES:
        await uow.webhooks.done(row.webhook_id, row.position)
        said = f"weigert gebeurtenis {row.position} al drie dagen; die is opgegeven"
        await _tell_the_desk(uow, webhook, said, now)


async def disable(uow: UnitOfWork, webhook: Any, trouble: str, now: datetime) -> None:
    """Send a webhook nothing until it is enabled, and make it work for the technical desk."""
    await uow.webhooks.change(webhook.id, disabled_at=now)
    await _tell_the_desk(uow, webhook, f"is uitgezet: {trouble}", now)


async def _tell_the_desk(uow: UnitOfWork, webhook: Any, said: str, now: datetime) -> None:
    event = Event(
        id=uuid5(webhook.id, f"{said}/{now.isoformat()}"),
        organisation_id=webhook.organisation_id,
        subject_id=webhook.id,
        kind=KIND,
        phase=Phase.POINT,
        occurred_at=now,
        received_at=now,
        adapter="hub",
        explanation=f"Webhook {webhook.external_id} {said}.",
    )
    await record_event(uow, event, uow.care.nobody(webhook.organisation_id, webhook.id))
    uow.touched |= {"board", "due", "outbox"}


async def enable(uow: UnitOfWork, webhook: Any, now: datetime) -> None:
    """Send a webhook all that waited for it; its work at the technical desk is over."""
    await uow.webhooks.change(webhook.id, disabled_at=None, failing_since=None, trouble="")
    await uow.webhooks.hurry(webhook.id, now, timedelta())
    itself = uow.care.nobody(webhook.organisation_id, webhook.id)
    for alert in (await read_standing(uow, [itself])).of(itself):
        trigger = Withdrawn(id=uuid5(alert.id, f"enabled/{now.isoformat()}"), kind=KIND.value)
        await handle(uow, alert.id, trigger, now)
    uow.touched |= {"board", "due", "outbox", "out"}
