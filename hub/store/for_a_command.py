"""A store for one command: opened for it, and closed again whatever comes of it."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from hub.store.unit_of_work import Store, open_store

T = TypeVar("T")
STATEMENT_TIMEOUT = 60.0  # seconds: a command may ask for everybody's rows in one question


def run_command(given: argparse.Namespace, url: str, now: datetime) -> int:
    """Run what was understood, its `do`, on a store of its own; its exit status."""
    do: Callable[[argparse.Namespace, Store, datetime], Awaitable[int]] = given.do
    return asyncio.run(with_store(url, lambda store: do(given, store, now), STATEMENT_TIMEOUT))


async def with_store(
    url: str, work: Callable[[Store], Awaitable[T]], statement_timeout: float
) -> T:
    """Do `work` on a store of its own; what it gives. `statement_timeout` is in seconds."""
    store = open_store(url, size=1, statement_timeout=statement_timeout)
    try:
        return await work(store)
    finally:
        await store.close()
