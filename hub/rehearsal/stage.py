"""The virtual stage: pretenders publish, request and wait, and the clock is moved by hand.

One pretender acts at a time, in the order of their moments, so that nothing is left to the
machine's speed.
"""

import asyncio
import heapq
import json
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import httpx

from adapters.contract import Call
from hub.rehearsal.building import URL, Hub
from hub.rehearsal.region import ADAPTERS, REHEARSAL, known
from hub.sources.arrival import Arrival, Principal
from simulators.night import Night
from simulators.stage import Happening

NOBODY = 0  # the status of a request that nobody answered
NOT_TAKEN = {"busy": 503, "refuses": 404}


@dataclass(frozen=True, slots=True)
class Sent:
    """One message the hub sent to a telephone; `status` is what it was told, 0 for nothing."""

    at: datetime
    key: UUID
    who: str
    purpose: str
    status: int


@dataclass(frozen=True, slots=True)
class Posted:
    """One event the hub sent to a receiver, named after its organisation; `key` is the event's id.

    `status` is what the hub was told, 0 for nothing; `is_copy` says that the receiver had it.
    """

    at: datetime
    key: UUID
    who: str
    alert: UUID
    what: str
    status: int
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """One message a gateway published, when it did; `topic` begins with `in/` and the gateway."""

    at: datetime
    gateway: str
    topic: str
    payload: bytes


@dataclass(order=True, slots=True)
class _Sleeper:
    until: datetime
    number: int
    woken: "asyncio.Future[None]" = field(compare=False)


class VirtualStage:
    """A stage for pretenders; `hub` is None while it is down.

    `heard` is everything published, `sent` everything that left the hub, `stored` the ids of
    messages it said "yes" to.
    """

    def __init__(self, night: Night, seed: int) -> None:
        self.night, self.moment = night, night.start
        self.hub: Hub | None = None
        self.telephones: Any = None  # an ASGI application, set before the night begins
        self.heard: list[Heard] = []
        self.sent: list[Sent] = []
        self.stored: list[UUID] = []
        self.published = 0
        self.troubles: list[str] = []
        self._own = uuid5(REHEARSAL, f"{night.name}/{seed}")
        self._next_id = self._own
        self._spoken: Counter[str] = Counter()
        self._waiting: list[tuple[str, str, bytes]] = []
        self._sleepers: list[_Sleeper] = []
        self._slept = 0
        self._awake = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    # --- what a pretender may do ---------------------------------------------------------

    def now(self) -> datetime:
        """The rehearsal's moment."""
        return self.moment

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the clock is moved there; only for what was begun with `start`."""
        if moment <= self.moment:
            return
        self._slept += 1
        sleeper = _Sleeper(moment, self._slept, asyncio.get_running_loop().create_future())
        heapq.heappush(self._sleepers, sleeper)
        self._count(-1)
        try:
            await sleeper.woken
        except asyncio.CancelledError:
            if not sleeper.woken.done() or sleeper.woken.cancelled():
                self._count(1)
            raise

    async def publish(self, gateway: str, topic: str, payload: bytes) -> None:
        """Publish at QoS 1; what the hub does not confirm is kept and sent again."""
        self.published += 1
        self.heard.append(Heard(self.moment, gateway, topic, payload))
        self._waiting.append((gateway, topic, payload))
        await self.send_again()

    async def publish_together(self, happenings: Sequence[Happening]) -> None:
        """Publish what homes say by themselves, each at its own moment, without waiting between."""
        if self.hub is None or self._waiting:  # it has to wait, in order
            for one in happenings:
                await self.publish(one.gateway, one.whole_topic, one.payload)
            return
        self.published += len(happenings)
        await asyncio.gather(*(self._take_in(self.hub, one) for one in happenings))

    async def _take_in(self, hub: Hub, one: Happening) -> None:
        arrival = self._arrival(one.gateway, one.whole_topic, one.payload, one.at)
        given = self._next_id  # until the first pause, nobody else is given an id
        self.heard.append(Heard(one.at, one.gateway, one.whole_topic, one.payload))
        await hub.intake.take_in(arrival)
        self.stored.append(given)

    async def request(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> tuple[int, Any]:
        """Send one request to the hub's pages; the status NOBODY while it is down."""
        if self.hub is None:
            return NOBODY, ""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.hub.app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            answer = await http.request(method, url, json=body, headers=headers)
        kind = answer.headers.get("content-type", "")
        return answer.status_code, answer.json() if "json" in kind else answer.text

    # --- what the rehearsal does ---------------------------------------------------------

    def start(self, errand: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Begin what a pretender does, beside everything else."""
        self._count(1)
        task = asyncio.create_task(errand)
        task.add_done_callback(lambda _: self._count(-1))
        return task

    async def idle(self) -> None:
        """Wait until every pretender has finished or sleeps."""
        await self._quiet.wait()

    def next_awake(self) -> datetime | None:
        """When the next pretender wakes."""
        while self._sleepers and self._sleepers[0].woken.done():
            heapq.heappop(self._sleepers)  # somebody hung up on
        return self._sleepers[0].until if self._sleepers else None

    async def wake_one(self) -> bool:
        """Let the first pretender whose moment has come act, until they sleep again."""
        upcoming = self.next_awake()
        if upcoming is None or upcoming > self.moment:
            return False
        sleeper = heapq.heappop(self._sleepers)
        self._count(1)
        sleeper.woken.set_result(None)
        await self.idle()
        return True

    async def send_again(self) -> None:
        """Hand the hub everything it has not confirmed yet, in order."""
        while self._waiting and self.hub is not None:
            gateway, topic, payload = self._waiting[0]
            try:
                await self.hub.intake.take_in(self._arrival(gateway, topic, payload, self.moment))
            except ConnectionError as error:
                self.troubles.append(f"{topic} was not taken in: {error}")
                return
            self.stored.append(self._next_id)
            self._waiting.pop(0)

    def new_id(self) -> UUID:
        """The id of the message being handed over: the n-th with this topic."""
        return self._next_id

    async def call(self, call: Call) -> tuple[int, bytes]:
        """Deliver one of the hub's calls to a telephone, unless a fault stands in between."""
        who = urlsplit(call.url).path.rpartition("/")[2]
        status, body = await self._delivered(call, who)
        told = _told(call.body)
        key = UUID(call.headers["Idempotency-Key"])
        self.sent.append(Sent(self.moment, key, who, str(told), status))
        if status == NOBODY:
            raise ConnectionError("no answer")
        return status, body

    async def _delivered(self, call: Call, who: str) -> tuple[int, bytes]:
        for fault in self.night.faults:
            concerns = fault.what == "channel_fails" and fault.whom in (who, "all")
            if concerns and fault.during.covers(self.moment):
                how = fault.said.get("how", "busy")
                if how == "no_receipt":
                    await self._rung(call)
                return NOT_TAKEN.get(how, NOBODY), b""
        return await self._rung(call)

    async def _rung(self, call: Call) -> tuple[int, bytes]:
        transport = httpx.ASGITransport(self.telephones)
        async with httpx.AsyncClient(transport=transport) as http:
            answer = await http.request(
                call.method, call.url, headers=dict(call.headers), content=call.body
            )
        return answer.status_code, answer.content

    def _arrival(self, gateway: str, topic: str, payload: bytes, at: datetime) -> Arrival:
        owner, _, name = gateway.partition("/")
        spoken = f"{topic}/{self._spoken[topic]}"
        self._spoken[topic] += 1
        self._next_id = uuid5(self._own, spoken)
        principal = Principal(
            known("gateway", name), known("organisation", owner), owner, name, frozenset(ADAPTERS)
        )
        return Arrival(principal, topic, payload, qos=1, received_at=at)

    def _count(self, change: int) -> None:
        self._awake += change
        if self._awake:
            self._quiet.clear()
        else:
            self._quiet.set()


def _told(body: bytes) -> str:
    return str(json.loads(body)["purpose"])
