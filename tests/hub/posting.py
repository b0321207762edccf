"""A hub's webhook on a real port, with the clock in the hand and a client that posts."""

import asyncio
import base64
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa
import uvicorn

from hub.access.callers import Callers
from hub.access.secrets import Purpose, keyed_hash
from hub.access.signing import sealed
from hub.incoming.intake import Intake
from hub.sources.arrival import Principal
from hub.sources.door_terms import Refusal
from hub.sources.webhook import Webhook
from hub.sources.webhook_body import PostingLimits
from hub.store import tables as t
from tests.hub.house import EVENING, House, known

PEPPER = b"a pepper for tests, 32 bytes long"
KEY = "the gateway's own key"
SIGNS_WITH = b"0123456789abcdef0123456789abcdef"
ADDRESS = "/in/zorg/gw1/native/pendant-1"
PRESS = b'{"kind": "alarm.button"}'
BEARER = {"authorization": f"Bearer {KEY}"}
HASTY = PostingLimits(read_within=timedelta(seconds=1), stored_within=timedelta(seconds=20))


@dataclass
class Posting:
    """Where messages are posted; `house` is what becomes of them."""

    house: House
    webhook: Webhook
    callers: Callers
    port: int
    client: httpx.AsyncClient
    refused: list[tuple[Principal, Refusal]] = field(default_factory=list)

    async def post(
        self, body: bytes = PRESS, address: str = ADDRESS, **headers: str
    ) -> httpx.Response:
        """POST a message with the gateway's key; underscores in a header's name are dashes."""
        named = {name.replace("_", "-"): said for name, said in headers.items()}
        return await self.client.post(address, content=body, headers=BEARER | named)

    async def signed(
        self, body: bytes = PRESS, *, key: str = "msg_1", ago: timedelta = timedelta(),
        secret: bytes = SIGNS_WITH, sent: bytes | None = None,
    ) -> httpx.Response:  # fmt: skip
        """POST a message signed as Standard Webhooks has it; `sent` is what goes over the line."""
        at = str(int((self.house.now - ago).timestamp()))
        digest = hmac.digest(secret, f"{key}.{at}.".encode() + body, sha256)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": at,
            "webhook-signature": f"v1a,xx v1,{base64.b64encode(digest).decode()}",
        }
        return await self.client.post(ADDRESS, content=sent or body, headers=headers)

    async def raw(self, request: bytes) -> bytes:
        """Send bytes as they are and read until the hub hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return answer

    async def kept(self) -> list[tuple[str, str]]:
        """The messages that are stored: source and outcome."""
        asked = sa.select(t.messages.c.source, t.messages.c.outcome)
        return [(row.source, row.outcome) for row in await self.house.rows(asked)]


@asynccontextmanager
async def posting_at(house: House, limits: PostingLimits = HASTY) -> AsyncIterator[Posting]:
    """Open a hub's webhook; the gateway of the house has a key and a secret to sign with."""
    own = sa.update(t.gateways).where(t.gateways.c.id == known("gateway"))
    await house.changes(own.values(secret_hash=keyed_hash(PEPPER, Purpose.GATEWAY, KEY)))
    await house.changes(a_secret("signing", sealed(PEPPER, known("gateway"), SIGNS_WITH)))
    intake = Intake(house.store, house.store, house.reader)
    running = asyncio.create_task(intake.run())
    callers, refused = Callers(house.store, PEPPER), list[tuple[Principal, Refusal]]()

    def report(principal: Principal, why: Refusal) -> None:
        refused.append((principal, why))

    webhook = Webhook(callers, intake.take, lambda: house.now, report, limits)
    client = httpx.AsyncClient(timeout=30)
    async with _served(webhook) as port, client:
        client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        yield Posting(house, webhook, callers, port, client, refused)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def a_secret(sort: str, value: bytes) -> Any:
    """One more secret of the gateway of the house."""
    return sa.insert(t.gateway_secrets).values(
        id=uuid4(), organisation_id=known("zorg"), gateway_id=known("gateway"),
        sort=sort, value=value, made_at=EVENING,
    )  # fmt: skip


@asynccontextmanager
async def _served(app: Any) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        serving = asyncio.create_task(server.main_loop())
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving
        await server.shutdown(sockets=[listener])


def lines(*messages: Any) -> bytes:
    """A batch as JSON lines."""
    return b"\n".join(json.dumps(one).encode() for one in messages)
