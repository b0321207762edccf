"""Sends the outbox: at least once, with the same key each time, the most urgent first."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from adapters.contract import Call, Message, OutboundAdapter, Verdict
from escalation.triggers import Unreachable
from hub.access.links import link_token, token_hash
from hub.contain import contained
from hub.road.handling import handle
from hub.store.alerts import UnreadableAlert
from hub.store.journal import Line
from hub.store.unit_of_work import Store, UnitOfWork
from hub.words.messages import text_for

Send = Callable[[Call], Awaitable[tuple[int, bytes]]]

AT_ONCE = 50
MOST_UNDER_WAY = 500
ANSWERS_WITHIN = timedelta(seconds=10)
CLAIMED_FOR = ANSWERS_WITHIN + timedelta(seconds=5)
HEAD_START = 0.2  # seconds a round waits for answers before it lets the next round begin
LINK_LIVES = timedelta(days=1)
WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 40, 60, 60))
ANSWERS = ("accept", "decline", "all_well")


@dataclass(frozen=True, slots=True)
class _Sending:
    answered: asyncio.Future[None]
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one try: the channel's verdict, and in a word why."""

    verdict: Verdict
    reason: str


class Deliver:
    """The worker that sends. `channels` are the outbound adapters by the name of their way."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, OutboundAdapter],
        send: Send,
        secret: bytes,
        url: str,
    ) -> None:
        self.store, self.channels, self.send = store, channels, send
        self.secret, self.url = secret, url
        self._under_way: set[asyncio.Task[None]] = set()

    async def step(self, now: datetime) -> datetime | None:
        """Send everything that is due at `now`; the moment of the next message.

        Whoever answers soon is waited for; an address that hangs holds up no other message.
        """
        if len(self._under_way) >= MOST_UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        async with self.store.transaction() as uow:
            claimed = await uow.outbox.claim(now, now + CLAIMED_FOR, AT_ONCE)
            if not claimed:
                return await uow.outbox.next_due_at()
            about = await uow.outbox.about(sorted({row.alert_id for row in claimed}))
            await uow.outbox.link([self._link(row, now) for row in claimed])
        sending = [self._begin(row, about[row.alert_id], now) for row in claimed]
        await asyncio.wait([one.answered for one in sending], timeout=HEAD_START)
        await asyncio.gather(*(one.task for one in sending if one.answered.done()))
        async with self.store.transaction() as uow:
            return await uow.outbox.next_due_at()

    async def finish(self) -> None:
        """Wait for what is under way; the store and the way out must still be open."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _begin(self, row: Any, alert: Any, now: datetime) -> "_Sending":
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._send_one(row, alert, now, answered))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return _Sending(answered, task)

    def _link(self, row: Any, now: datetime) -> dict[str, Any]:
        token = link_token(self.secret, row.alert_id, row.contact_id)
        return {
            "token_hash": token_hash(token),
            "organisation_id": row.organisation_id,
            "alert_id": row.alert_id,
            "contact_id": row.contact_id,
            "expires_at": now + LINK_LIVES,
        }

    async def _send_one(
        self, row: Any, alert: Any, now: datetime, answered: asyncio.Future[None]
    ) -> None:
        attempt = Attempt(Verdict.TRY_AGAIN, "failed")
        with contained("message could not be sent", message=str(row.id), way=row.way):
            attempt = await self._attempt(row, alert)
        answered.set_result(None)
        with contained("attempt could not be stored", message=str(row.id)):
            await self.store.retried(lambda uow: self._settle(uow, row, attempt, now))

    async def _attempt(self, row: Any, alert: Any) -> Attempt:
        channel = self.channels.get(row.way)
        if channel is None:
            return Attempt(Verdict.REFUSED, "no such channel")
        try:
            async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
                status, body = await self.send(channel.build(self._message(row, alert)))
        except (OSError, TimeoutError) as error:
            return Attempt(Verdict.TRY_AGAIN, type(error).__name__)
        return Attempt(channel.judge(status, body), f"status {status}")

    def _message(self, row: Any, alert: Any) -> Message:
        asks = row.purpose == "warn"
        token = link_token(self.secret, row.alert_id, row.contact_id)
        return Message(
            key=str(row.id),
            purpose=row.purpose,
            text=text_for(row.purpose, row.why, alert.kind, alert.priority),
            priority=alert.priority,
            kind=alert.kind,
            address=row.address,
            answer_url=f"{self.url}/l/{token}",
            answers=ANSWERS if asks else (),
        )

    async def _settle(self, uow: UnitOfWork, row: Any, attempt: Attempt, now: datetime) -> None:
        state, again_at = _next(row, attempt, now)
        if state in ("refused", "given_up") and row.purpose == "warn":
            await _unreachable(uow, row, state, now)  # locks the alert before the message
        if not await uow.outbox.settle(row.id, row.attempts, state, attempt.reason, again_at):
            return
        facts = {
            "contact_id": str(row.contact_id),
            "way": row.way,
            "purpose": row.purpose,
            "state": state,
            "attempt": row.attempts,
            "reason": attempt.reason,
        }
        await uow.journal.write(row.organisation_id, row.alert_id, [Line("attempt", facts)], now)
        uow.touched.add("board")


def _next(row: Any, attempt: Attempt, now: datetime) -> tuple[str, datetime | None]:
    match attempt.verdict:
        case Verdict.TAKEN:
            return "sent", None
        case Verdict.REFUSED:
            return "refused", None
        case Verdict.TRY_AGAIN:
            if row.attempts > len(WAITS):
                return "given_up", None
            return "waiting", now + WAITS[row.attempts - 1]


async def _unreachable(uow: UnitOfWork, row: Any, reason: str, now: datetime) -> None:
    trigger = Unreachable(
        id=uuid5(row.id, "unreachable"),
        contact_id=row.contact_id,
        way=row.way,
        step=row.step,
        round=row.round,
        reason=reason,
    )
    with suppress(UnreadableAlert):  # the sweep puts such an alert aside and calls the centre
        await handle(uow, row.alert_id, trigger, now)
        uow.touched |= {"due", "outbox"}
