"""Messages over HTTP: "202" is said after the commit, with what became of each.

`POST /in/{organisation}/{gateway}/{adapter}/{topic}` is the same place as that MQTT topic. It is a
plain ASGI application: a thousand alarms a second leave no room for more between them and intake.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from hub.access.callers import Caller, Callers
from hub.clock import Clock
from hub.contain import contained
from hub.decoders.heard import Heard
from hub.sources.arrival import Arrival, Principal
from hub.sources.door_terms import Limits as DoorLimits
from hub.sources.door_terms import Refusal
from hub.sources.introduction import Guesses
from hub.sources.webhook_answers import Answer, problem, taken, too_large
from hub.sources.webhook_body import (
    Body,
    FarTooLarge,
    HungUp,
    PostingLimits,
    Receive,
    TooSlow,
    read_body,
)

PREFIX = "/in/"
LINES = (b"application/x-ndjson", b"application/jsonl", b"application/jsonlines")
POST, LOOK, ASK = "POST", ("GET", "HEAD"), "OPTIONS"
ALLOW = (b"allow", b"POST, GET, HEAD, OPTIONS")
CHALLENGE = ((b"www-authenticate", b"Bearer"), (b"www-authenticate", b'Basic realm="gateway"'))
AGAIN = (b"retry-after", b"2")

Take = Callable[[Arrival], Awaitable[Heard]]
Send = Callable[[Any], Awaitable[None]]
Scope = Mapping[str, Any]
App = Callable[[Any, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class Counters:
    """Totals since the hub was started; `open` is how many requests are being answered."""

    open: int = 0
    received: int = 0  # messages
    stored: int = 0
    unauthorised: int = 0
    turned_away: int = 0  # requests that were not taken in, of whatever size
    not_now: int = 0  # requests answered with 503


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message is posted to; `topic` is the whole of it, as MQTT has it."""

    organisation: str
    gateway: str
    adapter: str
    topic: str


class Webhook:
    """The ASGI application under `/in/`."""

    def __init__(
        self,
        callers: Callers,
        take: Take,
        clock: Clock,
        report: Callable[[Principal, Refusal], None],
        limits: PostingLimits,
    ) -> None:
        self._callers, self._take, self._clock = callers, take, clock
        self._report, self._limits = report, limits
        self._guesses = Guesses(DoorLimits())
        self.counters = Counters()

    def figures(self) -> Mapping[str, int]:
        """What came in; numbers only."""
        return asdict(self.counters)

    def beside(self, app: App) -> App:
        """Give the application that serves both: this one under `/in/`, `app` elsewhere."""

        async def both(scope: Any, receive: Receive, send: Send) -> None:
            ours = scope["type"] == "http" and scope["path"].startswith(PREFIX)
            await (self if ours else app)(scope, receive, send)

        return both

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong is told in a way that can be tried again."""
        self.counters.open += 1
        answer: Answer | None = None
        try:
            with contained("webhook failed") as trouble:
                answer = await self._answer(scope, receive)
        finally:
            self.counters.open -= 1
        if trouble.error is not None:
            answer = self._not_now("The hub made a mistake, which is logged: send it again.")
        if answer is not None:
            await send(answer.start())
            body = b"" if scope["method"] == "HEAD" else answer.raw
            await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        if self.counters.open > self._limits.at_once:
            return self._not_now("Too many requests at this moment: send it again.")
        if (address := _address(scope["path"])) is None:
            detail = "Post to /in/{organisation}/{gateway}/{adapter}/{your topic}."
            return self._away(problem(404, "no-such-address", detail))
        if scope["method"] not in (POST, *LOOK, ASK):
            return self._away(problem(405, "post-only", "Send messages with POST.", ALLOW))
        if scope["method"] == ASK:
            return Answer(200, {"allow": "POST, GET, HEAD, OPTIONS"}, (ALLOW,), close=True)
        headers = dict(scope["headers"])
        try:
            caller = await self._caller(headers, address)
        except ConnectionError:
            return self._not_now("Keys cannot be checked just now: send it again.")
        if caller is None:
            return await self._stranger(scope)
        if scope["method"] != POST:
            return await self._shown(scope, caller, address)
        return await self._post(caller, address, headers, receive)

    async def _shown(self, scope: Scope, caller: Caller, address: Address) -> Answer:
        """Show nobody what a gateway may do before a signature is right, here that of no bytes."""
        if caller.signature is not None and not caller.signature.is_right():
            return await self._stranger(scope)
        return _look(caller.principal, address)

    async def _caller(self, headers: Mapping[bytes, bytes], address: Address) -> Caller | None:
        named = (address.organisation, address.gateway)
        return await self._callers.caller(headers, named, self._clock())

    async def _stranger(self, scope: Scope) -> Answer:
        """Keep a guesser waiting, in nobody's place; who has the right key never waits."""
        self.counters.unauthorised += 1
        where = (scope.get("client") or ("",))[0]
        self.counters.open -= 1
        try:
            await asyncio.sleep(self._guesses.wait(where, asyncio.get_running_loop().time()))
        finally:
            self.counters.open += 1
        detail = (
            "Send `Authorization: Bearer <the gateway's secret>`, or Basic with"
            " `organisation/gateway` as the user; or sign as Standard Webhooks describes."
        )
        return problem(401, "unknown-gateway", detail, *CHALLENGE)

    async def _post(
        self, caller: Caller, address: Address, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Answer | None:
        if headers.get(b"content-encoding", b"identity") != b"identity":
            return self._away(problem(415, "compressed", "Send it without Content-Encoding."))
        signature = caller.signature
        try:
            update = _ignore if signature is None else signature.update
            announced = headers.get(b"content-length", b"")
            body = await read_body(receive, self._limits, update, announced)
        except HungUp:
            return None
        except TooSlow:
            seconds = self._limits.read_within.total_seconds()
            detail = f"The whole body must be here within {seconds:g} seconds."
            return self._away(problem(408, "too-slow", detail))
        except FarTooLarge:
            self._report(caller.principal, Refusal.TOO_LARGE)
            detail = f"Send at most {self._limits.payload_bytes} bytes. Nothing of it is kept."
            return self._away(problem(413, "far-too-large", detail))
        if signature is not None and not signature.is_right():
            return await self._unsigned()
        return await self._take_all(self._arrivals(caller, address, headers, body), headers)

    async def _unsigned(self) -> Answer:
        self.counters.unauthorised += 1
        detail = (
            "webhook-signature: no `v1,...` in it is HMAC-SHA256 of `<webhook-id>."
            "<webhook-timestamp>.<body>` with a secret of this gateway. Sign the bytes as sent."
        )
        return problem(401, "wrong-signature", detail, *CHALLENGE, close=False)

    def _arrivals(
        self, caller: Caller, address: Address, headers: Mapping[bytes, bytes], body: Body
    ) -> list[Arrival]:
        key, kind = _key(headers, caller), headers.get(b"content-type", b"")
        payloads = [body.kept]
        if not body.discarded and _is_lines(kind):
            payloads = [one for one in body.kept.splitlines() if one.strip()] or payloads
        now = self._clock()
        return [
            Arrival(
                caller.principal,
                address.topic,
                payload,
                qos=1,
                received_at=now,
                replayed=caller.late,
                content_type=kind.decode("latin-1"),
                discarded=body.discarded,
                source="webhook",
                key=f"{key}/{number}" if key and len(payloads) > 1 else key,
            )
            for number, payload in enumerate(payloads)
        ]

    async def _take_all(self, arrivals: list[Arrival], headers: Mapping[bytes, bytes]) -> Answer:
        if len(arrivals) > self._limits.lines:
            detail = f"{len(arrivals)} lines, at most {self._limits.lines}: send them in parts."
            return self._away(problem(413, "too-many-lines", detail, close=False))
        self.counters.received += len(arrivals)
        try:
            async with asyncio.timeout(self._limits.stored_within.total_seconds()):
                heard = await asyncio.gather(*map(self._take, arrivals))
        except (ConnectionError, TimeoutError):
            return self._not_now("The database does not answer: send it again, with the same id.")
        self.counters.stored += len(heard)
        if arrivals[0].discarded:
            return too_large(heard[0], self._limits.payload_bytes)
        return taken(heard, several=_is_lines(headers.get(b"content-type", b"")))

    def _away(self, answer: Answer) -> Answer:
        self.counters.turned_away += 1
        return answer

    def _not_now(self, detail: str) -> Answer:
        self.counters.not_now += 1
        return problem(503, "not-now", detail, AGAIN)


def _ignore(_piece: bytes) -> None:
    """No signature needs to see the body."""


def _is_lines(content_type: bytes) -> bool:
    return content_type.partition(b";")[0].strip().lower() in LINES


def _address(path: str) -> Address | None:
    parts = path.removeprefix(PREFIX).split("/", 3)
    if len(parts) < 4 or not all(parts):
        return None
    return Address(parts[0], parts[1], parts[2], path[1:])


def _key(headers: Mapping[bytes, bytes], caller: Caller) -> str:
    """The id a sender gave the message, from the header it is known to use, or a usual one.

    Of a signed message it is the one that is signed along: whoever plays a recorded message again
    can put any other in.
    """
    usual = (caller.key_header, b"idempotency-key", b"webhook-id")
    for name in usual if caller.signature is None else usual[-1:]:
        if name and (said := headers.get(name, b"").strip()):
            return quote(said, safe="")
    return ""


def _look(principal: Principal, address: Address) -> Answer:
    """Tell an integrator what a POST here would do, without storing anything."""
    allowed = address.topic.startswith(principal.prefix)
    allowed = allowed and address.adapter in principal.adapters
    said = {
        "gateway": f"{principal.organisation}/{principal.gateway}",
        "topic": address.topic,
        "adapters": sorted(principal.adapters),
        "allowed": allowed,
        "send": "POST the message here; 202 means that it is stored",
    }
    return Answer(200, said)
