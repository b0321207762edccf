"""One POST to a webhook: to the address that was checked, following nothing, reading little."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx

from hub.out.addresses import Policy, Resolve, choose, read, resolve

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
ANSWERS_WITHIN = timedelta(seconds=10)


@asynccontextmanager
async def poster(policy: Policy, look_up: Resolve = resolve) -> AsyncIterator[Post]:
    """Open a function that posts a body and gives the status of the answer.

    It raises OSError, of which NotAllowed is one, when there was no answer. A connection is used
    once: two hosts may share an address, and each must prove its own name.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(
        timeout=ANSWERS_WITHIN.total_seconds(),
        limits=limits,
        follow_redirects=False,
        trust_env=False,
    ) as client:

        async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
            parts = read(url, policy)
            ip = await choose(parts, policy, look_up)
            sent = {
                **headers,
                "Host": parts.netloc,
                "Content-Type": "application/cloudevents+json",
                "User-Agent": "nachtwacht",
            }
            try:
                address = httpx.URL(url).copy_with(host=ip)
                # The certificate must be the name's, although the connection is made by number.
                named = {"sni_hostname": parts.hostname}
                async with client.stream(
                    "POST", address, headers=sent, content=body, extensions=named
                ) as answer:
                    return answer.status_code
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ConnectionError(type(error).__name__) from error

        yield post
