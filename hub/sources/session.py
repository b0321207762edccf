"""One connection's hold on its session: what may come again, what is forgotten, how it ends."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from hub.sources.arrival import Arrival, Delivery
from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import Pubcomp, Publish
from hub.sources.mqtt.reasons import Malformed, Reason
from hub.store.mqtt_packets import Confirmed, Release
from hub.store.mqtt_sessions import Closing, Name, Opened, Opening


class Keeper(Protocol):
    """Who keeps the sessions; `open` and `release` raise ConnectionError for "not now"."""

    async def open(self, opening: Opening) -> Opened: ...
    async def release(self, release: Release) -> bool: ...
    def close(self, closing: Closing, confirmed: Confirmed | None) -> None: ...


class Ending(Enum):
    """How a connection ended, which is what becomes of its will."""

    ORDERLY = "orderly"  # the client said goodbye, or was shown out: no will
    LOST = "lost"
    OURS = "ours"  # this hub stops, or was too slow: the client is likely back in a moment


class Session:
    """The session in the hands of one connection. `generation` is this connection's.

    `say` sends a PUBCOMP, `freed` is called after that, and `all_read` says whether the client's
    machine has received all that was sent.
    """

    def __init__(
        self,
        keeper: Keeper,
        limits: Limits,
        opening: Opening,
        opened: Opened,
        say: Callable[[Pubcomp], None],
        freed: Callable[[], None],
        all_read: Callable[[], bool],
    ) -> None:
        self._keeper, self._limits, self._opening, self._opened = keeper, limits, opening, opened
        self._say, self._freed, self._all_read = say, freed, all_read
        self._number = self._answered = 0
        self._completed: set[int] = set()
        self._told: set[int] = set()  # of those, what is on its way to disk
        self._fresh = self._ended = False
        self._expiry = opening.expiry
        self._releasing: deque[int] = deque()
        self._work: asyncio.Task[None] | None = None

    @property
    def name(self) -> Name:
        """Whose session it is."""
        return self._opening.name

    @property
    def generation(self) -> int:
        """Which connection of its session this is."""
        return self._opened.generation

    @property
    def has_room(self) -> bool:
        """Whether another PUBREL may be read."""
        return len(self._releasing) < self._limits.unacknowledged

    def delivery(self, publish: Publish) -> Delivery | None:
        """What proves a copy of this message, if it can come again."""
        if publish.packet_id is None:
            return None
        self._number += 1
        if publish.qos == 1 and not self._opening.expiry:
            return None  # nothing is sent again over another connection
        opened = self._opened
        return Delivery(opened.id, opened.generation, publish.packet_id, self._number)

    def said_yes(self, arrival: Arrival) -> bool:
        """Note an answer on its way; True when it matters that it is read."""
        if arrival.qos != 1 or arrival.delivery is None:
            return False
        self._answered = arrival.delivery.number
        self._fresh |= not arrival.duplicate
        return True

    def has_sent_all_again(self) -> bool:
        """Note that a client that came back pings, all answered; True when that is news.

        What was unanswered on older connections it has sent before anything else (4.4).
        """
        news = self._opened.resumed and not self._fresh
        self._fresh |= news
        return news

    def confirmed(self) -> Confirmed | None:
        """How far the client has its "yes"; None while it is not certain that it has them all."""
        if not (self._answered or self._completed or self._fresh) or not self._all_read():
            return None
        completed = tuple(sorted(self._completed))
        self._told = set(completed)
        return Confirmed(self._opened.id, self.generation, self._answered, self._fresh, completed)

    def stored(self, confirmed: Confirmed) -> bool:
        """Note that so much is on disk; whether that was all there is to tell."""
        self._completed -= self._told  # without what was completed once more meanwhile
        told = (self._answered, self._fresh) == (confirmed.number, confirmed.fresh)
        return told and not self._completed

    def release(self, packet_id: int) -> None:
        """Forget a packet id of QoS 2 and say so; while the database is away that has to wait."""
        if packet_id in self._releasing:
            return
        self._releasing.append(packet_id)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._release_all())

    async def _release_all(self) -> None:
        pause = self._limits.first_retry
        while self._releasing and not self._ended:
            try:
                await self._release(tuple(self._releasing))
                pause = self._limits.first_retry
            except OSError:
                await asyncio.sleep(pause.total_seconds())
                pause = min(2 * pause, self._limits.slowest_retry)

    async def _release(self, packet_ids: tuple[int, ...]) -> None:
        asked = (Release(self._opened.id, self.generation, one) for one in packet_ids)
        known = await asyncio.gather(*map(self._keeper.release, asked))
        for packet_id, in_use in zip(packet_ids, known, strict=True):
            self._releasing.popleft()
            reason = Reason.SUCCESS if in_use else Reason.PACKET_IDENTIFIER_NOT_FOUND
            self._completed.add(packet_id)
            self._told.discard(packet_id)
            self._say(Pubcomp(packet_id, reason))
        self._freed()

    def expire_after(self, length: timedelta) -> None:
        """What a DISCONNECT says of the session. Malformed when there was none to be kept."""
        if length and not self._opening.expiry:
            raise Malformed(Reason.PROTOCOL_ERROR)
        self._expiry = min(length, self._limits.longest_session)

    def end(self, ending: Ending, now: datetime) -> None:
        """The connection is over."""
        self._ended = True
        asked = self._opening
        closing = Closing(
            asked.gateway_id,
            asked.client_id,
            self.generation,
            self._expiry,
            will_after(replace(asked, expiry=self._expiry), ending, self._limits),
            now,
        )
        self._keeper.close(closing, self.confirmed())


def will_after(opening: Opening, ending: Ending, limits: Limits) -> timedelta | None:
    """How long after this ending a will is due; None when it is withdrawn.

    A will comes with the end of its session at the latest (3.1.3.2.2).
    """
    if opening.will_after is None or ending is Ending.ORDERLY:
        return None
    after = min(opening.will_after, opening.expiry)
    return max(after, limits.will_grace) if ending is Ending.OURS else after
