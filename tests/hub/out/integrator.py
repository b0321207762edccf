"""An integrator to test with: webhooks, the worker that sends to them, and receivers with moods."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import sqlalchemy as sa

from hub.out import signing
from hub.out.webhooks import Webhooks
from hub.store import tables as t
from simulators.receiver import Receiver
from tests.hub.house import House, known

PEPPER = b"a pepper for tests, 32 bytes long"


@dataclass
class Post:
    """The way out to receivers by the host of their address; a host nobody has does not answer.

    In a `mood`, a receiver refuses, redirects, does not answer, or its answer is lost.
    """

    receivers: dict[str, Receiver]
    hanging: asyncio.Event
    tried: list[str]
    mood: Random | None = None

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        host = httpx.URL(url).host
        self.tried.append(host)
        if host == "hangs.test":
            await self.hanging.wait()
        if host not in self.receivers:
            raise ConnectionError("ConnectError")
        status = 200 if self.mood is None else self.mood.choice((200, 200, 302, 404, 500, 0, -1))
        if status > 200:
            return status
        if status == 0:
            raise ConnectionError("ReadTimeout")
        transport = httpx.ASGITransport(self.receivers[host].app)
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.post(url, headers=headers, content=body)
        if status < 0:
            raise ConnectionError("RemoteProtocolError")
        return answer.status_code


@dataclass
class Integrator:
    """A house with the worker that sends to webhooks, and the receivers behind them."""

    house: House
    post: Post
    sender: Webhooks

    async def subscribes(self, name: str, *only: str) -> Receiver:
        webhook_id = known(f"webhook-{name}")
        async with self.house.store.transaction() as uow:
            url = f"https://{name}.test/hook"
            assert await uow.webhooks.add(
                webhook_id, known("zorg"), name, url, only, self.house.now
            )
        secret = signing.shown(signing.key(PEPPER, webhook_id, 1))
        made = Receiver(secret, lambda: self.house.now)
        self.post.receivers[f"{name}.test"] = made
        return made

    async def webhook(self, name: str) -> Any:
        table = t.out_webhooks
        (row,) = await self.house.rows(sa.select(table).where(table.c.external_id == name))
        return row

    async def waiting(self) -> int:
        (row,) = await self.house.rows(sa.select(sa.func.count()).select_from(t.out_deliveries))
        count: int = row[0]
        return count

    async def until_sent(self, within: timedelta = timedelta(days=4)) -> None:
        """The clock goes from moment to moment of this worker until nothing waits any more."""
        until = self.house.now + within
        while (upcoming := await self._after_a_step()) is not None and upcoming <= until:
            self.house.now = max(self.house.now, upcoming)

    async def _after_a_step(self) -> datetime | None:
        """The moment of the next event, once all that was under way is answered."""
        await self.sender.step(self.house.now)
        await self.sender.finish()
        async with self.house.store.transaction() as uow:
            return await uow.webhooks.next_due_at()
