"""The live stage of a night: real MQTT and HTTP, telephones that ring, and a clock that is led."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.clock import LedClock
from hub.rehearsal.listening import NOBODY, Listening
from hub.rehearsal.stage import Heard, Sent
from simulators.live import LiveStage
from simulators.night import Night

CUT_OFF = 504  # what takes too long is ended, as by whatever stands before it
NOT_TAKEN = {"busy": 503, "refuses": 404, "no_receipt": 503, "hangs": CUT_OFF}


class LedStage(LiveStage):
    """Pretenders on a running hub, on a clock that can leap; `lag` is in the night's own time.

    `heard` is everything published. `asking` counts the requests and calls under way, `asked`
    all there ever were: while there are any, nothing has come to rest.
    """

    def __init__(self, clock: LedClock, speed: float, http: httpx.AsyncClient) -> None:
        super().__init__(clock, speed, http)
        self.clock, self.asking, self.asked = clock, 0, 0
        self.heard: list[Heard] = []
        self._asleep: list[datetime] = []
        self._moved = asyncio.Event()
        self._runs = False

    def lead(self, moment: datetime, *, runs: bool) -> None:
        """Let the clock go on from this moment, or stand still there."""
        self.clock.set(moment, self.scale if runs else 0.0)
        self._runs = runs
        self._moved.set()
        self._moved = asyncio.Event()

    def next_awake(self) -> datetime | None:
        """When the next pretender wakes."""
        return min(self._asleep, default=None)

    @property
    def is_quiet(self) -> bool:
        """Whether everything said was confirmed, and every question answered."""
        return not self.asking and self.confirmed >= self.sent

    @property
    def begun(self) -> tuple[int, int] | None:
        """All that was begun so far, when it is over; None while anything is under way."""
        return (self.sent, self.asked) if self.is_quiet else None

    @property
    def is_connected(self) -> bool:
        """Whether every gateway has the hub on the line."""
        return all(one.is_connected() for one in self._clients.values())

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the rehearsal's clock says `moment`, however it gets there."""
        if moment <= self.now():
            return
        self._asleep.append(moment)
        try:
            while (left := (moment - self.now()).total_seconds()) > 0:
                moved = self._moved
                with suppress(TimeoutError):
                    await asyncio.wait_for(moved.wait(), left / self.scale if self._runs else None)
        finally:
            self._asleep.remove(moment)
        self.lag = max(self.lag, self.now() - moment)

    def connect(self, broker: tuple[str, int], gateways: Mapping[str, str]) -> None:
        """Connect these MQTT users, who come back within a second or two of the hub."""
        super().connect(broker, gateways)
        for one in self._clients.values():
            one.reconnect_delay_set(1, 1)

    async def publish(self, gateway: str, topic: str, payload: bytes) -> None:
        """Hand one message to the gateway's connection; it is sent again until confirmed."""
        self.heard.append(Heard(self.now(), gateway, topic, payload))
        await super().publish(gateway, topic, payload)

    async def request(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> tuple[int, Any]:
        """Send one request; the status and the JSON answer, or the status NOBODY."""
        with self.under_way():
            return await super().request(method, url, body, token)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Something has begun that must end before all is at rest."""
        self.asking += 1
        self.asked += 1
        try:
            yield
        finally:
            self.asking -= 1

    def start(self, errand: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Begin what a pretender does, beside everything else."""
        return asyncio.create_task(errand)


class Exchange:
    """Connects the hub's calls with the pretenders' telephones and receivers, faults in between.

    `sent` holds every message once that a telephone took, and every attempt that it did not.
    """

    def __init__(
        self, night: Night, stage: LedStage, telephones: Starlette, listening: Listening
    ) -> None:
        self.night, self.stage, self.listening = night, stage, listening
        self.sent: list[Sent] = []
        self.app = Starlette(
            routes=[
                Route("/people/{name}", self._rings, methods=["POST"]),
                Route("/receivers/{name}", self._tells, methods=["POST"]),
            ]
        )
        self._inside = httpx.ASGITransport(telephones)
        self._taken: set[UUID] = set()
        self._attempts: Counter[UUID] = Counter()

    def expects(self, key: UUID, attempts: int) -> bool:
        """Whether the hub, after so many attempts at a message, is still busy with it."""
        return attempts > self._attempts[key] or key in self._taken

    async def _rings(self, request: Request) -> Response:
        who, body = request.path_params["name"], await request.body()
        key, at = UUID(request.headers["idempotency-key"]), self.stage.now()
        with self.stage.under_way():
            answer = await self._delivered(who, request, body, at)
        self._attempts[key] += 1
        taken = answer.status_code < 300
        if not taken or key not in self._taken:
            purpose = str(json.loads(body)["purpose"])
            self.sent.append(Sent(at, key, who, purpose, answer.status_code))
        if taken:
            self._taken.add(key)
        return answer

    async def _tells(self, request: Request) -> Response:
        name, body = request.path_params["name"], await request.body()
        with self.stage.under_way():
            status = await self.listening.hears(name, request.headers, body)
        return Response(status_code=CUT_OFF if status == NOBODY else status)

    async def _delivered(self, who: str, request: Request, body: bytes, at: datetime) -> Response:
        for fault in self.night.faults:
            concerns = fault.what == "channel_fails" and fault.whom in (who, "all")
            if concerns and fault.during.covers(at):
                how = fault.said.get("how", "busy")
                if how == "no_receipt":
                    await self._told(request, body)
                return Response(status_code=NOT_TAKEN[how])
        return await self._told(request, body)

    async def _told(self, request: Request, body: bytes) -> Response:
        async with httpx.AsyncClient(transport=self._inside) as http:
            told = await http.post(
                f"http://people{request.url.path}", content=body, headers=dict(request.headers)
            )
        return Response(told.content, told.status_code)


@asynccontextmanager
async def ringing(app: Starlette) -> AsyncIterator[str]:
    """Serve telephones and receivers on this machine; the address that theirs begin with."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: Ctrl-C is the command's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
