"""The telephones of the pretender people: an HTTP server that receives the hub's webhook.

It speaks the published webhook and nothing else: one POST of JSON per message, answered through
`answer_url`. Every message is checked as a strict integrator would; what is wrong with it is
kept in `complaints`. `private` are the names and addresses that no message may tell.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulators.chance import stream
from simulators.people import No, Person, Silence, Well, Yes, react
from simulators.sentences import Unspoken, misread
from simulators.stage import Stage

NEEDED = ("id", "purpose", "text", "priority", "kind")
PURPOSES = ("warn", "stand_down", "ask", "tell")
TRIES_AGAIN_IN = timedelta(seconds=20)
NOBODY, AWAY = 0, 503  # statuses that say nothing was kept for certain
AT_THE_DOOR = timedelta(minutes=2)
WRONG_CODE = "de code van de sleutelkast klopt niet"
MOST_TRIES = 90  # half an hour

Errand = Coroutine[Any, Any, None]


class Telephones:
    """Everybody's telephone; `app` is the ASGI application, at `/people/{name}`.

    `received` counts messages that were new; `matters` are the links everybody was given, in the
    order in which they were first called. `start` begins what somebody does, beside
    everything else; `hears` is False for somebody whose telephone is off. Close it to hang up
    on everybody.
    """

    def __init__(
        self,
        stage: Stage,
        people: Sequence[Person],
        private: Sequence[str],
        seed: int,
        start: Callable[[Errand], "asyncio.Task[None]"] = asyncio.create_task,
        hears: Callable[[Person], bool] = lambda _: True,
    ) -> None:
        self.stage, self.unspoken, self.seed = stage, Unspoken(private), seed
        self.start, self.hears = start, hears
        self.people: Mapping[str, Person] = {one.name: one for one in people}
        self.complaints: list[str] = []
        self.received = 0
        self.matters: dict[str, list[str]] = defaultdict(list)
        self.app = Starlette(routes=[Route("/people/{name}", self._rings, methods=["POST"])])
        self._heard: dict[str, bytes] = {}
        self._calls: Counter[str] = Counter()
        self._going: set[str] = set()
        self._errands: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """Let everybody drop what they were doing."""
        errands = list(self._errands.values())
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)

    async def _rings(self, request: Request) -> JSONResponse:
        person = self.people.get(request.path_params["name"])
        if person is None:
            return JSONResponse({"error": "nobody of that name"}, status_code=404)
        body = await request.body()
        wrong = self._what_is_wrong(body, request.headers.get("idempotency-key"))
        if wrong:
            self.complaints += [f"{person.name}: {one}" for one in wrong]
            return JSONResponse({"error": wrong}, status_code=422)
        message = json.loads(body)
        if message["id"] not in self._heard:
            self._heard[message["id"]] = body
            self.received += 1
            self._remember(person, message)
            if self.hears(person):
                self._listen(person, message)
        return JSONResponse({"status": "received"})

    def _remember(self, person: Person, message: Mapping[str, Any]) -> None:
        matters = self.matters[person.name]
        if message["purpose"] == "warn" and message["answer_url"] not in matters:
            matters.append(message["answer_url"])

    def _what_is_wrong(self, body: bytes, key: str | None) -> list[str]:
        try:
            message = json.loads(body)
        except ValueError:
            return ["not JSON"]
        if not isinstance(message, dict):
            return ["not an object"]
        wrong = [f"no {name}" for name in NEEDED if not message.get(name)]
        if message.get("id") != key:
            wrong.append(f"Idempotency-Key is {key!r}, not the id")
        if message.get("purpose") not in PURPOSES:
            wrong.append(f"unknown purpose {message.get('purpose')!r}")
        if message.get("purpose") == "warn" and not message.get("answer_url"):
            wrong.append("no answer_url: a warning that cannot be answered")
        said = f"{message.get('text')}"
        wrong += [f"tells a name or an address: {one}" for one in self.unspoken.told(said)]
        wrong += misread(f"{message.get('purpose')}", f"{message.get('priority')}", said)
        if self._heard.get(str(message.get("id")), body) != body:
            wrong.append("the same id with another message")
        return wrong

    def _listen(self, person: Person, message: Mapping[str, Any]) -> None:
        matter = f"{person.name} {message.get('answer_url')}"
        before = self._errands.get(matter)
        if message["purpose"] == "stand_down":
            self._going.discard(matter)
            if before is not None:
                before.cancel()
        is_free = matter not in self._going and (before is None or before.done())
        if message["purpose"] == "warn" and is_free:
            self._errands[matter] = self.start(self._errand(person, message))
            self._errands[matter].add_done_callback(self._is_over)

    def _is_over(self, errand: "asyncio.Task[None]") -> None:
        if not errand.cancelled() and (failure := errand.exception()) is not None:
            self.complaints.append(f"a pretender stumbled: {failure!r}")

    async def _errand(self, person: Person, message: Mapping[str, Any]) -> None:
        """Do what this person does when called, and tell the hub along the way."""
        match react(person, message["kind"], self._luck(person)):
            case Silence():
                return
            case No(after=after):
                await self._answer(message, "decline", after)
            case Well(after=after, outcome=outcome):
                await self._answer(message, "all_well", after, outcome=outcome)
            case Yes(eta=eta) as yes:
                eta_minutes = max(round(eta.total_seconds() / 60), 1)
                taken = await self._answer(message, "accept", yes.after, eta_minutes=eta_minutes)
                if taken:
                    self._going.add(f"{person.name} {message['answer_url']}")
                if taken and yes.arrives and await self._answer(message, "arrive", eta):
                    await self._finish(person, message, yes)

    def _luck(self, person: Person) -> Random:
        """The n-th call to somebody goes the same way in every run."""
        self._calls[person.name] += 1
        return stream(self.seed, person.name, str(self._calls[person.name]))

    async def _finish(self, person: Person, message: Mapping[str, Any], yes: Yes) -> None:
        if not yes.gets_in:
            await self._answer(message, "release", AT_THE_DOOR, reason=WRONG_CODE)
        elif person.finishes:
            await self._answer(message, "resolve", yes.visit, outcome=yes.outcome)

    async def _answer(self, message: Mapping[str, Any], what: str, after: Any, **more: Any) -> bool:
        """Answer after a while; whether it counted, so whether there is reason to go on."""
        await self.stage.sleep_until(self.stage.now() + after)
        once = str(uuid5(NAMESPACE_URL, f"{message['id']}/{what}"))
        body = {"answer": what, "once": once, **more}
        status, told = await self._said(message["answer_url"], body)
        if status >= 400:
            self.complaints.append(f"{what} was refused with {status}: {told}")
        return status == 200 and told["verdict"] in ("done", "no_change")

    async def _said(self, url: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Press the button, and again after a while when the page does not load."""
        for _ in range(MOST_TRIES):
            status, told = await self.stage.request("POST", url, body)
            if status not in (NOBODY, AWAY):
                break
            await self.stage.sleep_until(self.stage.now() + TRIES_AGAIN_IN)
        return status, told
