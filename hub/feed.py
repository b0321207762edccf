"""Wakes screens and workers after a commit; a hint, never the truth.

Everybody who waits also looks each second, so a lost hint costs a second and nothing else.
"""

import asyncio
import logging
from contextlib import suppress

import psycopg

log = logging.getLogger(__name__)

CHANNEL = "nachtwacht"
PER_SECOND = 20
LOOK_ANYWAY = 1.0


class Feed:
    """Passes topics (`board`, `due`, `outbox`, `registry`) between the parts of all hubs.

    `changed` may be called from anywhere in this process after a commit: it wakes this
    process at once and the other hubs through one NOTIFY, at most 20 times a second.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.listening = False
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._to_send: set[str] = set()
        self._sending = asyncio.Event()

    def changed(self, *topics: str) -> None:
        """Say that something about these topics was committed."""
        self._wake(topics)
        self._to_send.update(topics)
        self._sending.set()

    def _wake(self, topics: tuple[str, ...]) -> None:
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    def bell(self, *topics: str) -> "Bell":
        """Open a bell that rings when one of these topics changes; close it when done."""
        return Bell(self, topics)

    async def run(self) -> None:
        """Listen and notify until cancelled, on connections of its own, through any outage."""
        await asyncio.gather(self._listen(), self._notify())

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.Error, OSError):
                connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.listening = True
                    async for notice in connection.notifies():
                        self._wake(tuple(notice.payload.split()))
            self.listening = False
            self._wake(tuple(self._waiting))
            await asyncio.sleep(LOOK_ANYWAY)

    async def _notify(self) -> None:
        while True:
            with suppress(psycopg.Error, OSError):
                connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
                async with connection:
                    await self._send_hints(connection)
            await asyncio.sleep(LOOK_ANYWAY)

    async def _send_hints(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            await self._sending.wait()
            self._sending.clear()
            topics, self._to_send = self._to_send, set()
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, " ".join(topics)))
            await asyncio.sleep(1 / PER_SECOND)


class Bell:
    """One waiter on some topics."""

    def __init__(self, feed: Feed, topics: tuple[str, ...]) -> None:
        self._feed, self._topics, self._event = feed, topics, asyncio.Event()
        for topic in topics:
            feed._waiting.setdefault(topic, set()).add(self._event)

    async def wait(self, seconds: float = LOOK_ANYWAY) -> bool:
        """Wait for a ring, at most this long; says whether it rang."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                await self._event.wait()
        rang = self._event.is_set()
        self._event.clear()
        return rang

    def ring(self) -> None:
        """Wake whoever waits, for a reason of their own."""
        self._event.set()

    def hush(self) -> None:
        """Count what rang since the last wait as heard."""
        self._event.clear()

    def close(self) -> None:
        """Stop listening."""
        for topic in self._topics:
            self._feed._waiting[topic].discard(self._event)
