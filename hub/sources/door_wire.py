"""The transport under one client at the front door, bounded both ways."""

import asyncio
import fcntl
import socket
import sys
import termios
from contextlib import suppress
from datetime import timedelta
from typing import Protocol, cast

from hub.sources.door_terms import Limits


class Ear(Protocol):
    """What is told about the bytes."""

    def opened(self) -> None: ...
    def heard(self) -> None: ...
    def silent(self) -> None: ...
    def gone(self) -> None: ...


class Wire(asyncio.BufferedProtocol):
    """Bytes of one connection; what `heard` leaves in `buffer` stays there for the next time.

    Reads go through `scratch`, which all connections of a door share, so a silent connection
    holds no read buffer. A peer that does not read what it is sent is cut.
    """

    def __init__(self, ear: Ear, scratch: memoryview, limits: Limits) -> None:
        self.buffer = bytearray()
        self._ear, self._scratch, self._limits = ear, scratch, limits
        self._room = scratch[: limits.connect_bytes]
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._out = bytearray()
        self._flushing = self._paused = self._unread = self._leaving = self._suspect = False
        self._wanted, self._ended_with_all = True, False
        self._patient = False
        self.heard_at = self._loop.time()  # on the loop's own clock
        self._patience = 0.0
        self._life: asyncio.TimerHandle | None = None
        self._cutting: asyncio.TimerHandle | None = None

    @property
    def address(self) -> str:
        """Where the peer is, without its port; "" when that is not known."""
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return str(peer[0]) if peer else ""

    @property
    def certificate(self) -> bytes | None:
        """The peer's certificate (DER) where TLS verified one."""
        tls = self._transport.get_extra_info("ssl_object") if self._transport else None
        return tls.getpeercert(binary_form=True) if tls is not None else None

    def all_read(self) -> bool:
        """Whether the peer's machine has received all that was sent; False in doubt."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._out:
            return self._ended_with_all
        number = transport.get_extra_info("socket").fileno()
        return not transport.get_write_buffer_size() and unread_by(number) == 0

    def trust(self) -> None:
        """Read in large pieces from now on."""
        self._room = self._scratch

    def listen(self, wanted: bool, *, patient: bool = False) -> None:
        """Read on, or leave what the peer sends where it is; `patient` as if we did not read."""
        self._wanted, self._patient = wanted, patient
        self._mind_reading()

    def send(self, data: bytes) -> None:
        """Write soon, together with whatever else is sent in this turn of the loop."""
        if self._leaving:
            return
        self._out += data
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def expect_life(self, within: timedelta) -> None:
        """Tell the ear when the peer is silent for so long; time we did not read is not counted."""
        self._patience = within.total_seconds()
        self.heard_at = self._loop.time()
        self._life = self._loop.call_later(self._patience, self._look_for_life)

    def say_goodbye(self, last_words: bytes = b"") -> None:
        """Send this and hang up; what the peer still sends is thrown away.

        Hanging up at once would reset a peer in the middle of a packet before it read why.
        """
        if self._leaving:
            return
        self.send(last_words)
        self._leaving = True
        self.buffer.clear()
        self._flush()
        self._mind_reading()
        self._cut_after(self._limits.farewell)
        if self._transport is not None and not self._transport.is_closing():
            if last_words and self._transport.can_write_eof():
                with suppress(OSError):  # who is gone already needs no end
                    self._transport.write_eof()
            else:
                self._transport.close()

    def cut(self) -> None:
        """Hang up now."""
        self._leaving = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._limits.unread_bytes)
        _notice_dead_peers(transport.get_extra_info("socket"))
        self._ear.opened()

    def get_buffer(self, _size_hint: int) -> memoryview:
        return self._room

    def buffer_updated(self, count: int) -> None:
        if self._leaving:
            return
        self.buffer += self._room[:count]
        self.heard_at = self._loop.time()
        self._ear.heard()

    def eof_received(self) -> None:
        self._ended_with_all = self.all_read()
        self._flush()

    def connection_lost(self, _error: Exception | None) -> None:
        self._leaving = True
        self.buffer.clear()
        for timer in (self._life, self._cutting):
            if timer is not None:
                timer.cancel()
        self._ear.gone()

    def pause_writing(self) -> None:
        self._unread = True
        self._mind_reading()
        self._cut_after(self._limits.read_within)

    def resume_writing(self) -> None:
        self._unread = False
        if self._cutting is not None and not self._leaving:
            self._cutting.cancel()
            self._cutting = None
        self._mind_reading()

    def _flush(self) -> None:
        self._flushing = False
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes(self._out))
        self._out.clear()

    def _mind_reading(self) -> None:
        pause = not self._leaving and (self._unread or not self._wanted)
        if pause is self._paused or self._transport is None or self._transport.is_closing():
            return
        self._paused = pause
        if pause:
            self._transport.pause_reading()
        else:
            self.heard_at = self._loop.time()
            self._transport.resume_reading()

    def _cut_after(self, length: timedelta) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
        self._cutting = self._loop.call_later(length.total_seconds(), self.cut)

    def _look_for_life(self) -> None:
        now = self._loop.time()
        if self._paused or self._patient:
            self.heard_at = now
        left = self.heard_at + self._patience - now
        if left > 0:
            self._suspect = False
            self._life = self._loop.call_later(left, self._look_for_life)
        elif not self._suspect:
            # After a stall of ours timers run before the bytes that came in meanwhile are read.
            self._suspect = True
            later = self._limits.second_look.total_seconds()
            self._life = self._loop.call_later(later, self._look_for_life)
        else:
            self._ear.silent()


def unread_by(number: int) -> int:
    """How many bytes the peer's machine has not said it received, of a socket; -1 in doubt."""
    count = bytearray(4)
    try:
        fcntl.ioctl(number, termios.TIOCOUTQ, count)
    except (OSError, ValueError):
        return -1
    return int.from_bytes(count, sys.byteorder)


def _notice_dead_peers(connected: socket.socket) -> None:
    """Without this, a gateway that lost its power and set no keep-alive would stay for ever."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
