"""Delivers events to one subscriber, from a cursor of its own and no faster than it reads."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from hub.contain import contained
from hub.feed import Bell
from hub.sources.arrival import Principal
from hub.sources.mqtt.packets import (
    Packet,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Version,
)
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason
from hub.sources.subscription import Granted, granted, judge, serves, topic_of, topic_of_gap
from hub.store.out import Extent, Numbered

MOST_FILTERS = 20
MOST_ASKED = 100  # requests that wait for their answer, as while the database is away
PACKET_IDS = 65_535
UNTIL_READ = 0.02  # seconds between looks whether a slow reader has read what it was sent
AFTER_A_FAILURE = 1.0
MEDIA_TYPE = Properties({Property.CONTENT_TYPE: "application/cloudevents+json"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What a session knows of its subscriber: all up to `cursor` was taken, up to `sent` sent."""

    cursor: int
    sent: int
    filters: Mapping[str, Granted]


class Streams(Protocol):
    """Where events are read, and where sessions keep how far they are.

    Whoever missed more than `most_missed` events is told to fetch them.
    """

    most_missed: int

    def bell(self) -> Bell: ...
    async def extent(self, organisation_id: UUID) -> Extent: ...
    async def after(self, organisation_id: UUID, cursor: int, most: int) -> list[Numbered]: ...
    async def kept(self, session_id: UUID) -> Kept | None: ...
    async def keep(self, session_id: UUID, organisation_id: UUID, kept: Kept) -> None: ...
    def gap(self, organisation: str, after: int, until: int) -> str: ...
    def running(self, task: "asyncio.Task[None]") -> None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How one connection listens; `session_id` is None where nothing of it is kept."""

    principal: Principal
    version: Version
    window: int
    session_id: UUID | None
    resumed: bool


class Listening:
    """One subscriber on one connection, from the moment it is let in until `end`.

    `deliver` sends a message and says whether it was small enough for the client; `all_read` says
    whether the client's machine has received what was sent. Nothing waits here but what is
    unacknowledged: the rest stays in the database.
    """

    def __init__(
        self,
        streams: Streams,
        terms: Terms,
        deliver: Callable[[Publish], bool],
        answer: Callable[[Packet], None],
        all_read: Callable[[], bool],
    ) -> None:
        self._streams, self._terms = streams, terms
        self._deliver, self._answer, self._all_read = deliver, answer, all_read
        self._filters: dict[str, Granted] = {}
        self._asked: list[Subscribe | Unsubscribe] = []
        self._unacknowledged: dict[int, int] = {}  # positions by packet id, in order
        self._read = self._sent = -1
        self._stored: Kept | None = None
        self._ended = False
        self._bell = streams.bell()
        self._task = asyncio.ensure_future(self._run())
        streams.running(self._task)

    def asked(self, packet: Subscribe | Unsubscribe) -> bool:
        """Take note of a request, to be answered once it is kept; False when too many wait."""
        if len(self._asked) >= MOST_ASKED:
            return False
        self._asked.append(packet)
        self._bell.ring()
        return True

    def acknowledged(self, packet_id: int) -> None:
        """The client took a message, or refused it for good; an unknown id is a copy."""
        if self._unacknowledged.pop(packet_id, None) is not None:
            self._bell.ring()

    def end(self) -> None:
        """Deliver nothing more, and keep how far it came."""
        self._ended = True
        self._bell.ring()

    @property
    def _cursor(self) -> int:
        return next(iter(self._unacknowledged.values()), self._read + 1) - 1

    async def _run(self) -> None:
        try:
            while self._read < 0 and not self._ended:
                with contained("subscriber could not begin", gateway=self._gateway) as beginning:
                    await self._begin()
                if beginning.error is not None:
                    await self._bell.wait(AFTER_A_FAILURE)
            while not self._ended:
                pause = AFTER_A_FAILURE
                with contained("subscriber could not be served", gateway=self._gateway):
                    pause = await self._serve()
                await self._bell.wait(pause)
            with contained("cursor could not be kept", gateway=self._gateway):
                await self._keep()
        finally:
            self._bell.close()

    @property
    def _gateway(self) -> str:
        return str(self._terms.principal.gateway_id)

    async def _begin(self) -> None:
        kept = None
        if self._terms.resumed and self._terms.session_id is not None:
            kept = await self._streams.kept(self._terms.session_id)
        if kept is None:
            position = (await self._extent()).position
            kept = Kept(position, position, {})
        self._filters, self._read, self._sent = dict(kept.filters), kept.cursor, kept.sent
        self._stored = kept

    async def _extent(self) -> Extent:
        return await self._streams.extent(self._terms.principal.organisation_id)

    async def _serve(self) -> float:
        """Answer what was asked, deliver what there is room for; how long to wait for a ring."""
        answers = [self._agree(one) for one in self._asked]
        more = await self._send_more()
        await self._keep()
        del self._asked[: len(answers)]
        for one in answers:
            self._answer(one)
        return more

    def _agree(self, asked: Subscribe | Unsubscribe) -> Suback | Unsuback:
        organisation = self._terms.principal.organisation
        if isinstance(asked, Unsubscribe):
            gone = [self._filters.pop(one, None) for one in asked.topic_filters]
            named = (Reason.SUCCESS if one is not None else _NOTHING_THERE for one in gone)
            return Unsuback(asked.packet_id, tuple(named))
        reasons = list(judge(asked, organisation, self._terms.version))
        number = next(iter(asked.properties.subscriptions), 0)
        for place, (one, reason) in enumerate(zip(asked.subscriptions, reasons, strict=True)):
            if reason > Reason.GRANTED_QOS_2 or not serves(one.topic_filter, organisation):
                continue
            if len(self._filters) >= MOST_FILTERS and one.topic_filter not in self._filters:
                reasons[place] = Reason.QUOTA_EXCEEDED
            else:
                self._filters[one.topic_filter] = Granted(int(reason), number)
        return Suback(asked.packet_id, tuple(reasons))

    async def _send_more(self) -> float:
        room = self._terms.window - len(self._unacknowledged)
        if room < (self._terms.window + 1) // 2:
            return AFTER_A_FAILURE  # until it takes some
        if not self._all_read():
            return UNTIL_READ
        extent = await self._extent()
        if not self._filters:
            self._read = extent.position  # it is told what happens from its subscription on
            return AFTER_A_FAILURE
        if (
            self._read < extent.forgotten
            or extent.position - self._read > self._streams.most_missed
        ):
            self._tell_of_gap(extent.position)
            return 0.0
        organisation_id = self._terms.principal.organisation_id
        events = await self._streams.after(organisation_id, self._read, room)
        for one in events:
            topic = topic_of(self._terms.principal.organisation, one.alert_id, one.type)
            self._send(topic, one.body, one.position)
        return 0.0 if len(events) == room else AFTER_A_FAILURE

    def _tell_of_gap(self, until: int) -> None:
        organisation = self._terms.principal.organisation
        body = self._streams.gap(organisation, self._read, until)
        self._send(topic_of_gap(organisation), body, until)

    def _send(self, topic: str, body: str, position: int) -> None:
        qos, numbers = granted(self._filters, topic)
        if qos is not None and not self._ended:
            packet_id = position % PACKET_IDS + 1 if qos else None  # the same when sent again
            again = bool(qos) and position <= self._sent
            said = replace(MEDIA_TYPE, subscriptions=numbers)
            publish = Publish(topic, body.encode(), qos, packet_id, again, properties=said)
            if self._deliver(publish) and packet_id is not None:
                self._unacknowledged[packet_id] = position
        self._read = position
        self._sent = max(self._sent, position)

    async def _keep(self) -> None:
        session_id = self._terms.session_id
        kept = Kept(self._cursor, self._sent, dict(self._filters))
        if session_id is None or kept == self._stored or self._read < 0:
            return
        await self._streams.keep(session_id, self._terms.principal.organisation_id, kept)
        self._stored = replace(kept)


_NOTHING_THERE = Reason.NO_SUBSCRIPTION_EXISTED
