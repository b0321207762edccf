"""Reads the body of a request, within limits of size and time."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class PostingLimits:
    """How much one request, and all of them together, may ask for."""

    payload_bytes: int = 64 * 1024
    discarded_bytes: int = 16 * 1024 * 1024  # a body past the limit, up to here, is read past
    kept_of_discarded: int = 256  # bytes of it, for people to see what it was
    lines: int = 500  # messages in one request
    read_within: timedelta = timedelta(seconds=10)
    stored_within: timedelta = timedelta(seconds=25)
    at_once: int = 2000  # requests that are being answered


class TooSlow(Exception):
    """The body did not come within the time for it."""


class HungUp(Exception):
    """The sender went away before its body was whole."""


class FarTooLarge(Exception):
    """The body is larger than is read past."""


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent; `discarded` bytes of it were thrown away, as it was too large."""

    kept: bytes
    discarded: int = 0


async def read_body(
    receive: Receive, limits: PostingLimits, seen: Callable[[bytes], None], announced: bytes
) -> Body:
    """Read a body to its end; `seen` is given every piece of it, also what is thrown away.

    `announced` is its Content-Length, if any. Raises TooSlow, HungUp and FarTooLarge.
    """
    if announced.isdigit() and int(announced) > limits.discarded_bytes:
        raise FarTooLarge
    try:
        async with asyncio.timeout(limits.read_within.total_seconds()):
            return await _read(receive, limits, seen)
    except TimeoutError as error:
        raise TooSlow from error


async def _read(receive: Receive, limits: PostingLimits, seen: Callable[[bytes], None]) -> Body:
    pieces, size, more = list[bytes](), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(piece)
        seen(piece)
        if size <= limits.payload_bytes:
            pieces.append(piece)
        elif size > limits.discarded_bytes:
            raise FarTooLarge
        else:
            pieces = [b"".join((*pieces, piece))[: limits.kept_of_discarded]]
    kept = b"".join(pieces)
    return Body(kept, size - len(kept))
