"""What comes in over one wire at the front door, packet by packet, as far as there is room."""

import asyncio
from typing import Protocol

from hub.sources.door_shared import Shared
from hub.sources.door_wire import Wire
from hub.sources.mqtt.decode import Frame, decode, next_frame, take_out_pings
from hub.sources.mqtt.encode import PINGRESP
from hub.sources.mqtt.packets import Packet, Publish, Version
from hub.sources.passing import Passing, shortened


class Taker(Protocol):
    """Who is given the packets."""

    @property
    def open(self) -> bool:
        """Whether another packet may be given."""
        ...

    @property
    def known(self) -> bool:
        """Whether the client was let in; a stranger may not say much."""
        ...

    @property
    def version(self) -> Version: ...

    def must_wait(self, frame: Frame) -> bool:
        """Whether there is no room for this packet yet."""
        ...

    def receive(self, packet: Packet) -> None: ...

    def begin(self, publish: Publish) -> Publish:
        """Check a message that is too large to be read whole; the same, with its topic."""
        ...

    def take_in(self, publish: Publish, discarded: int) -> None: ...

    def heard(self) -> None:
        """Read on; what there was no room for may fit now."""
        ...


class Reading:
    """Reads one wire. Thousands of small packets are read in several turns of the loop."""

    def __init__(self, taker: Taker, wire: Wire, shared: Shared) -> None:
        self._taker, self._wire, self._shared = taker, wire, shared
        self._limits, self._loop = shared.limits, asyncio.get_running_loop()
        self._full = self._going_on = False
        self._ahead = self._searched = 0  # bytes read while full, and how far we looked for pings
        self._passing: Passing | None = None

    def read(self) -> None:
        """Give every packet that is there, up to one there is no room for. Raises Malformed."""
        self._let_pass()
        self._read_packets()

    def go_on(self) -> None:
        """There may be room again: read on in the next turn of the loop, if something waits."""
        if self._full:
            self._go_on_in_a_turn()

    def end(self) -> None:
        """Forget what was read and waits."""
        self._count_ahead(0)

    def _read_packets(self) -> None:
        buffer, at, full, taker = self._wire.buffer, 0, False, self._taker
        left = self._limits.packets_in_a_turn
        while taker.open and left and (frame := self._next_frame(at)) is not None:
            left -= 1
            if taker.must_wait(frame):
                full = True
                break
            whole = min(frame.end, at + self._limits.packet_bytes)
            packet = decode(frame.first, bytes(buffer[frame.start : whole]), taker.version)
            at = min(frame.end, len(buffer))
            if whole == frame.end:
                taker.receive(packet)
            elif isinstance(packet, Publish):
                self._begin_passing(packet, frame.end - whole, frame.end - at)
        del buffer[:at]
        self._full, self._searched = full, max(self._searched - at, 0)
        if full:
            self._answer_pings()
        self._count_ahead(len(buffer) if full else 0)
        if taker.open:
            self._wire.listen(bool(left) and (not full or self._may_read_ahead()), patient=full)
        if not left:
            self._go_on_in_a_turn()

    def _answer_pings(self) -> None:
        """A client whose pings wait behind its messages would call us dead, and send all again."""
        most = self._limits.discarded_bytes
        pings, self._searched = take_out_pings(self._wire.buffer, most, self._searched)
        for _ in range(pings):
            self._wire.send(PINGRESP)

    def _may_read_ahead(self) -> bool:
        all_held = self._shared.counters.pending_bytes
        return self._ahead < self._limits.ahead_bytes and all_held < self._limits.all_pending_bytes

    def _count_ahead(self, ahead: int) -> None:
        self._shared.counters.pending_bytes += ahead - self._ahead
        self._ahead = ahead

    def _next_frame(self, at: int) -> Frame | None:
        limits = self._limits
        if not self._taker.known:
            return next_frame(self._wire.buffer, at, limits.connect_bytes)
        return next_frame(self._wire.buffer, at, limits.packet_bytes, limits.discarded_bytes)

    def _begin_passing(self, publish: Publish, unread: int, left: int) -> None:
        publish, cut = shortened(self._taker.begin(publish), self._limits.kept_of_discarded)
        self._passing = Passing(publish, unread + cut, left)
        if not left:
            self._let_pass()

    def _let_pass(self) -> None:
        if self._passing is not None and self._passing.swallow(self._wire.buffer):
            passed, self._passing = self._passing, None
            self._taker.take_in(passed.publish, passed.discarded)

    def _go_on_in_a_turn(self) -> None:
        if not self._going_on:
            self._going_on = True
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._going_on = False
        if self._taker.open:
            self._taker.heard()
