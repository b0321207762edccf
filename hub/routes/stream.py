"""GET /stream: the whole board as server-sent events, for as long as the screen reads them.

Events: `board` (revision, html, counters, age of the read, the hub's moment) and `heartbeat`
(the same without the board) at least each 5 seconds. The age is what a screen must judge by: a
stream that still talks about a board it could not read is not alive.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from escalation.model import Lane
from hub.access.viewer import Viewer
from hub.clock import Clock
from hub.contain import contained
from hub.routes.dependencies import (
    ClockDep,
    NotSignedIn,
    NowDep,
    SignedIn,
    WebDep,
    session,
    signed_in,
)
from hub.routes.screen_parts import BoardsDep
from hub.screen.live import Boards, Sent

router = APIRouter()

SIGNED_IN_EVERY = 30.0


class LiveResponse(EventSourceResponse):
    """Server-sent events that give up on a reader who has not read for 5 seconds."""

    stalled_after = 5.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the events end, the reader leaves, or the reader stalls."""

        async def promptly(message: Message) -> None:
            async with asyncio.timeout(self.stalled_after):
                await send(message)

        with suppress(TimeoutError, ClientDisconnect):
            await super().__call__(scope, receive, promptly)
        if isinstance(self.body_iterator, AsyncGenerator):
            await self.body_iterator.aclose()


async def still_signed_in(request: Request, parts: WebDep) -> Any:
    """A way to ask later whether the session or token that opened this stream still lives."""

    async def ask() -> bool:
        now = parts.clock()
        try:
            await signed_in(request, parts, now, await session(request, parts, now))
        except NotSignedIn:
            return False
        return True

    return ask


@router.get("/stream")
async def stream(
    viewer: SignedIn,
    boards: BoardsDep,
    clock: ClockDep,
    now: NowDep,
    still_signed_in: Annotated[Any, Depends(still_signed_in)],
    lane: Annotated[Lane, Query(alias="list")] = Lane.ALARM,
) -> LiveResponse:
    """Follow one tab of the board. It ends when the hub stops or the session does."""
    return LiveResponse(
        _events(boards, viewer, lane, clock, still_signed_in),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/stream/allowed", status_code=204)
async def allowed(viewer: SignedIn) -> None:
    """Say whether a stream would be let in: 204, else 401. A stream itself cannot tell."""


async def _events(
    boards: Boards, viewer: Viewer, lane: Lane, clock: Clock, still_signed_in: Any
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    watching = boards.watch(viewer, lane)
    try:
        async for sent in watching:
            if loop.time() - asked_at > SIGNED_IN_EVERY:
                asked_at = loop.time()
                if not await still_signed_in():
                    yield format_sse_event(event="signed-out", data_str="{}")
                    return
            yield _event(sent, clock)
            if sent.picture is not None:
                with contained("look not recorded"):  # the next picture tries again
                    await boards.looks.record(viewer, lane, sent.picture.shown)
    finally:
        await watching.aclose()


def _event(sent: Sent, clock: Clock) -> bytes:
    facts: dict[str, Any] = {"now": clock().isoformat(), "age": round(sent.age, 3)}
    if sent.picture is None:
        return format_sse_event(event="heartbeat", data_str=json.dumps(facts))
    picture = sent.picture
    facts |= {"revision": picture.revision, "html": picture.html, "tabs": asdict(picture.tabs)}
    return format_sse_event(
        event="board", data_str=json.dumps(facts), id=str(picture.revision), retry=1000
    )
