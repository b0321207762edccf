"""A pretender integrator: a webhook that checks what it gets as a strict one would.

It knows Standard Webhooks and the published event, and nothing else of the hub. What is wrong with
a request is kept in `complaints`.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TOLERANCE = timedelta(minutes=5)


class Receiver:
    """A receiver at `/hook`; `app` is the ASGI application.

    `secret` is what the hub showed (`whsec_...`); `answers` is the status it gives from now on.
    `events` are the new ones in order of arrival, `again` counts copies.
    """

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self.secret, self.now = secret, now
        self.answers = 200
        self.events: list[dict[str, Any]] = []
        self.again = 0
        self.complaints: list[str] = []
        self.app = Starlette(routes=[Route("/hook", self._told, methods=["POST"])])
        self._seen: dict[str, bytes] = {}
        self._last: dict[str, int] = {}

    async def _told(self, request: Request) -> JSONResponse:
        body = await request.body()
        wrong = self._what_is_wrong(request, body)
        self.complaints += wrong
        if wrong:
            return JSONResponse({"error": wrong}, 401)
        if self.answers == 200:
            self._take(request.headers["webhook-id"], body)
        return JSONResponse({}, self.answers)

    def _what_is_wrong(self, request: Request, body: bytes) -> list[str]:
        told = {name: request.headers.get(f"webhook-{name}") for name in ("id", "timestamp")}
        missing = [f"no webhook-{name}" for name, said in told.items() if not said]
        if missing:
            return missing
        wrong = []
        at = float(told["timestamp"] or 0)
        if abs(self.now().timestamp() - at) > TOLERANCE.total_seconds():
            wrong.append("a timestamp too far off")
        signed = f"{told['id']}.{told['timestamp']}.".encode() + body
        key = b64decode(self.secret.removeprefix("whsec_"))
        right = "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
        said = request.headers.get("webhook-signature", "").split()
        if not any(hmac.compare_digest(one, right) for one in said):
            wrong.append("no signature of ours")
        return wrong

    def _take(self, identifier: str, body: bytes) -> None:
        if identifier in self._seen:
            self.again += 1
            if self._seen[identifier] != body:
                self.complaints.append("the same id with another event")
            return
        self._seen[identifier] = body
        event = json.loads(body)
        if event["id"] != identifier:
            self.complaints.append("webhook-id is not the event's id")
        before = self._last.get(event["subject"], 0)
        if event["alertsequence"] <= before:
            self.complaints.append(f"{event['alertsequence']} after {before} of one alert")
        self._last[event["subject"]] = event["alertsequence"]
        self.events.append(event)
