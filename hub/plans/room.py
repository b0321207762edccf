"""A process of its own for work that takes a processor longer than an alarm may wait."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import Any

POLITENESS = 10


class Room:
    """One process, started when there is work; it ends with the hub, however that ends."""

    def __init__(self) -> None:
        self._executor = _opened()

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function there. Raises BrokenExecutor when the process ended; then it is new."""
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, work, *arguments)
        except BrokenExecutor:
            self._executor = _opened()
            raise

    def close(self) -> None:
        """End the process; what it was doing is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class Apart:
    """Large work on the database, one at a time, in a process that ends with it.

    `url` is handed to each piece of work, before its arguments: it opens a store of its own.
    """

    def __init__(self, url: str) -> None:
        self._url, self._one = url, asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether there is work now."""
        return self._one.locked()

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function there, when what is going on has ended. Raises BrokenExecutor."""
        async with self._one:
            room = Room()
            try:
                return await room.do(work, self._url, *arguments)
            finally:
                room.close()


def _opened() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_settle)


def _settle() -> None:
    """Stay out of the way of alarms, and leave when the hub does: a killed one closes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(POLITENESS)
    threading.Thread(target=_leave_with_the_hub, daemon=True).start()


def _leave_with_the_hub() -> None:
    hub = multiprocessing.parent_process()
    if hub is not None:
        hub.join()
    os._exit(0)
