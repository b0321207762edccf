"""A listening socket on which every connection begins with a TLS handshake."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

from hub.sources.certificates import Certificates
from hub.sources.door_terms import Counters, Limits

_AFTER_A_FAILURE = 0.1
log = logging.getLogger(__name__)


class TlsListener:
    """Lets in one at a time, so that thousands of handshakes do not come between two alarms.

    Signing is what a handshake costs, about a millisecond: one new connection is taken in each
    turn of the loop, and the others wait in the kernel. A peer that sends nothing costs no more
    than memory and is forgotten after `limits.handshake_within`. Where `limits.handshakes` are
    unfinished the next one waits, but not for one older than `limits.handshake_grace`: that goes.
    """

    def __init__(
        self,
        make: Callable[[], asyncio.BufferedProtocol],
        certificates: Certificates,
        limits: Limits,
        counters: Counters,
    ) -> None:
        self._make, self._certificates = make, certificates
        self._limits, self._counters = limits, counters
        self._loop = asyncio.get_running_loop()
        self._accepting: dict[asyncio.Task[None], socket.socket] = {}
        self._shaking: dict[asyncio.Task[None], float] = {}  # oldest first, with its moment
        self._finished = asyncio.Event()

    async def open(self, host: str, port: int, backlog: int) -> int:
        """Start listening and say on which port; OSError when it is taken."""
        found = await self._loop.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, address in dict.fromkeys((one[0], one[4][:2]) for one in found):
            # Addresses of one host share the port that the first of them got.
            where = (str(address[0]), port or self._port())
            listening = socket.create_server(where, family=family, backlog=backlog)
            listening.setblocking(False)
            self._accepting[self._loop.create_task(self._accept(listening))] = listening
        return self._port()

    async def close(self) -> None:
        """Let nobody in any more; connections that are in stay."""
        tasks = (*self._accepting, *self._shaking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listening in self._accepting.values():
            listening.close()
        self._accepting.clear()

    def _port(self) -> int:
        for listening in self._accepting.values():
            return int(listening.getsockname()[1])
        return 0

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            await self._room()
            try:
                connected, _ = await self._loop.sock_accept(listening)
            except OSError as error:  # out of file descriptors, or gone before it was let in
                log.warning("not accepted", extra={"error": type(error).__name__})
                await asyncio.sleep(_AFTER_A_FAILURE)
                continue
            self._begin(connected)
            await asyncio.sleep(0)

    def _begin(self, connected: socket.socket) -> None:
        shaking = self._loop.create_task(self._shake_hands(connected))
        self._shaking[shaking] = self._loop.time()
        shaking.add_done_callback(self._end)

    def _end(self, shaking: asyncio.Task[None]) -> None:
        self._shaking.pop(shaking, None)
        self._finished.set()

    async def _room(self) -> None:
        while len(self._shaking) >= self._limits.handshakes:
            oldest, began = next(iter(self._shaking.items()))
            wait = began + self._limits.handshake_grace.total_seconds() - self._loop.time()
            if wait <= 0:
                oldest.cancel()
                self._end(oldest)
                continue
            self._finished.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._finished.wait()

    async def _shake_hands(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(
                self._make,
                connected,
                ssl=self._certificates.context,
                ssl_handshake_timeout=self._limits.handshake_within.total_seconds(),
                ssl_shutdown_timeout=self._limits.farewell.total_seconds(),
            )
        except OSError:  # also what is not TLS, or a certificate that nobody we know has signed
            self._counters.handshakes_failed += 1
