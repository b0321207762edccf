"""How a hub makes its HTTP calls, and how a rehearsal is kept from calling anybody outside."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx

from adapters.contract import Call
from hub.road.deliver import ANSWERS_WITHIN, Send
from hub.settings import is_loopback

log = logging.getLogger(__name__)

PATIENCE = httpx.Timeout(ANSWERS_WITHIN.total_seconds())
UNLIMITED = httpx.Limits(max_connections=None)  # addresses that hang must not use up a pool


@asynccontextmanager
async def caller(*, rehearsal: bool) -> AsyncIterator[Send]:
    """A function that makes one HTTP call; ConnectionError when there was no answer."""
    async with httpx.AsyncClient(
        timeout=PATIENCE, limits=UNLIMITED, follow_redirects=False
    ) as client:

        async def send(call: Call) -> tuple[int, bytes]:
            try:
                answer = await client.request(
                    call.method, call.url, headers=dict(call.headers), content=call.body
                )
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ConnectionError(type(error).__name__) from error
            return answer.status_code, answer.content

        yield to_this_machine_only(send) if rehearsal else send


def to_this_machine_only(send: Send) -> Send:
    """Let a rehearsal call pretenders only: another machine's address is a ConnectionError.

    Nobody's real telephone may ring because a rehearsal found their address in its database.
    """

    async def sent(call: Call) -> tuple[int, bytes]:
        if not _is_this_machine(call.url):
            log.warning("a rehearsal calls nobody outside this machine")
            raise ConnectionError("not in a rehearsal")
        return await send(call)

    return sent


def _is_this_machine(url: str) -> bool:
    with suppress(ValueError):
        host = urlsplit(url).hostname or ""
        return is_loopback(host)
    return False
