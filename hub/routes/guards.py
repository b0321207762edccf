"""What every request passes: security headers, a size limit, one log line without secrets."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.screen.policy import CONTENT_SECURITY_POLICY

log = logging.getLogger(__name__)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # a link's token is in its path
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
MOST_DIGITS = 20  # of a length: int reads thousands of them, and no more
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds the security headers a response does not set itself."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if secure:
            self.headers["strict-transport-security"] = STRICT_TRANSPORT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)


class TooLarge(HTTPException):
    """A body grew beyond the limit while it was read."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"Send at most {most} bytes.")


class SizeLimit:
    """Refuses a body over `most` bytes, by its announced length or by what really comes.

    `more` are the paths with a limit of their own.
    """

    def __init__(self, app: ASGIApp, *, most: int, more: Mapping[str, int]) -> None:
        self.app, self.most, self.more = app, most, more

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, counting. What is read raises TooLarge, which the routes let through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.more.get(scope["path"], self.most)
        announced = Headers(scope=scope).get("content-length", "0")
        is_number = announced.isascii() and announced.isdigit() and len(announced) < MOST_DIGITS
        came = int(announced) if is_number else 0  # else by what really comes
        read = came if came > most else 0

        async def counting() -> Message:
            nonlocal read
            message = await receive() if read <= most else {}
            read += len(message.get("body", b""))
            if read > most:
                raise TooLarge(most)
            return message

        await self.app(scope, counting, send)


class RequestLog:
    """Logs each request by the name of its route: never its path, query, body or headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and log what it came to."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        began, status = loop.time(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            log.info("request", extra=_facts(scope, status, loop.time() - began))


def _facts(scope: Scope, status: int, took: float) -> dict[str, Any]:
    return {
        "method": scope["method"],
        "route": getattr(scope.get("route"), "path", ""),
        "status": status,
        "milliseconds": round(took * 1000),
    }
