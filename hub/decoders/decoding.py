"""Runs third parties' adapters in worker processes that can be killed, a pool for each adapter.

Ours decode in the hub itself. A stranger's adapter that spins, crashes or eats memory loses its
worker, and the message that did it is an `UncleanStop`; nobody else's message waits for it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from adapters.contract import Binding, Inbound, InboundAdapter, Outcome, Rejected
from hub.decoders.decoding_wire import (
    LENGTH,
    BrokenAnswer,
    question,
    read_answer,
    read_key,
    read_outcome,
)
from hub.decoders.decoding_worker import UncleanStop, Worker, start
from hub.decoders.finding import find_adapter, is_ours
from hub.decoders.mapped import mapped_adapter
from hub.decoders.pacing import Pacing
from hub.decoders.translation import (
    NoSuchAdapter,
    load,
    of_this_device,
    too_large,
)

T = TypeVar("T")
STARTS_WITHIN = 10.0
CHILD = (
    "import json, sys; name, value, memory, path = sys.argv[1:]; sys.path[:] = json.loads(path);"
    " from hub.decoders.decoding_child import run; run(name, value, int(memory))"
)
OURS = str(Path(__file__).parents[2])  # found without what an editable installation adds
NOTHING_OF_OURS = {"LC_ALL": "C.UTF-8"}  # above all not the hub's secrets


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: how long for one answer, bytes of memory, workers of one adapter."""

    within: timedelta = timedelta(milliseconds=250)
    memory: int = 256 * 1024 * 1024
    workers: int = 2


def open_adapters(
    names: Iterable[str], limits: Limits, mappings: Path | None = None
) -> Mapping[str, "InboundAdapter | Pool"]:
    """The adapters by name: ours as modules, others' each as a pool of workers.

    A mapping in the folder `mappings` is followed by our own rules, in this process.

    Raises NoSuchAdapter, with the remedy, for one that is not there or cannot be used.
    """
    return {
        name: mapped_adapter(name, mappings) or _open(find_adapter(name), limits) for name in names
    }


async def close_adapters(opened: Mapping[str, "InboundAdapter | Pool"]) -> None:
    """End the workers of all of them."""
    for one in opened.values():
        if isinstance(one, Pool):
            await one.close()


def _open(found: EntryPoint, limits: Limits) -> "InboundAdapter | Pool":
    if is_ours(found):
        return load(found.name, found.value)
    return Pool(found, limits, _try_out(found, limits))


def _try_out(found: EntryPoint, limits: Limits) -> Mapping[str, object]:
    """Load it once in a worker, so that what is wrong with it is known at the start.

    Gives the manifest it said it has.
    """
    try:
        tried = subprocess.run(  # noqa: S603 - our own interpreter and code
            _command(found, limits),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=NOTHING_OF_OURS,
            timeout=STARTS_WITHIN,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoSuchAdapter(f"adapter {found.name!r} did not load within 10 s") from error
    return _read_hello(found, tried.stdout[LENGTH.size :])


def _read_hello(found: EntryPoint, body: bytes) -> Mapping[str, object]:
    try:
        said = read_answer(body)
    except BrokenAnswer as error:
        raise NoSuchAdapter(
            f"adapter {found.name!r} ends its process when it is loaded: ask its maker,"
            " or give it more with NACHTWACHT_DECODE_MEMORY"
        ) from error
    if "ready" not in said:
        raise NoSuchAdapter(str(said.get("cannot"))[:500])
    return said["ready"] if isinstance(said["ready"], dict) else {}


def _command(found: EntryPoint, limits: Limits) -> list[str]:
    path = json.dumps([*sys.path, OURS])
    own = [found.name, found.value, str(limits.memory), path]
    return [sys.executable, "-I", "-S", "-c", CHILD, *own]


class Pool:
    """The workers of one adapter, started when they are first needed and kept.

    Messages of one gateway take turns, so that they stay in order and no gateway can keep
    every worker to itself. A gateway whose messages end one worker after another waits before
    the next; no other does. `manifest` is what the adapter says of itself; `killed` counts the
    workers that had to be stopped over a message, or died of one.
    """

    def __init__(
        self, found: EntryPoint, limits: Limits, manifest: Mapping[str, object] | None = None
    ) -> None:
        self.found, self.limits, self.manifest = found, limits, manifest or {}
        self.killed = 0
        self._free = asyncio.Semaphore(limits.workers)
        self._pacing = Pacing()
        self._idle: list[Worker] = []
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def turn(self, gateway_id: UUID) -> asyncio.Lock:
        """The lock that a gateway's messages pass one after another, in order of arrival."""
        return self._turns.setdefault(gateway_id, asyncio.Lock())

    async def identify(self, inbound: Inbound) -> str | Rejected | None:
        """Which device speaks, as `translation.identify`. Raises UncleanStop."""
        if too_large(len(inbound.payload)) is not None:
            inbound = replace(inbound, payload=b"")
        return await self._ask(inbound.principal, question(inbound, None), read_key)

    async def translate(self, inbound: Inbound, binding: Binding) -> Outcome:
        """What a message means, as `translation.translate`. Raises UncleanStop."""
        if (refusal := too_large(len(inbound.payload))) is not None:
            return refusal
        asked = question(inbound, binding)
        outcome = await self._ask(inbound.principal, asked, read_outcome, last=True)
        return of_this_device(outcome, binding)

    async def close(self) -> None:
        """End every worker that has nothing to do; the others end with their messages."""
        while self._idle:
            await self._idle.pop().end()

    async def _ask(
        self, principal: str, asked: bytes, read: Callable[[bytes], T], *, last: bool = False
    ) -> T:
        """Ask a worker; `last` is the question after which a message is decoded."""
        await _wait(self._pacing.pause(principal, _moment()))
        async with self._free:
            worker = await self._worker(principal)
            try:
                answer = await worker.ask(asked, self.limits.within / timedelta(seconds=1))
                understood = read(answer)
            except (BrokenAnswer, UncleanStop) as error:
                self.killed += 1
                await self._lose(worker, principal)
                if isinstance(error, UncleanStop):
                    raise
                raise UncleanStop("it answered past its contract") from error  # not by our code
            except BaseException:  # also a request that was given up: its answer is still to come
                await worker.end()
                raise
            if b"MemoryError" in answer:  # what it hoards would be in the next message's way
                await self._lose(worker, principal)
                return understood
            if last:
                self._pacing.decoded(principal)
            self._idle.append(worker)
            return understood

    async def _lose(self, worker: Worker, principal: str) -> None:
        self._pacing.lost(principal, _moment())
        await worker.end()

    async def _worker(self, principal: str) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._pacing.died()
            await worker.end()
        await _wait(self._pacing.start(_moment()))
        try:
            return await _start(self.found, self.limits)
        except UncleanStop:
            self._pacing.lost(principal, _moment())
            raise


def _moment() -> float:
    return asyncio.get_running_loop().time()


async def _wait(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


async def _start(found: EntryPoint, limits: Limits) -> Worker:
    worker = await start(_command(found, limits), NOTHING_OF_OURS)
    try:
        _read_hello(found, await worker.answer(STARTS_WITHIN))
    except BaseException as error:
        await worker.end()
        if isinstance(error, NoSuchAdapter):
            raise UncleanStop("the adapter cannot be loaded") from error
        raise
    return worker
