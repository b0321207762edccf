"""Packets whose sender may send them again: the transport's own proof of a copy.

A packet id means something within one session, and only until its sender knows that the message
is stored. Then the row is `released`, and kept a little longer: a hub that stood still may store
what it heard before another hub took over, and finds here that it was stored meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.mqtt_sessions import with_rows

Name = tuple[UUID, int]  # a session and a packet id in it


@dataclass(frozen=True, slots=True)
class Packet:
    """One PUBLISH of QoS 1 or 2; `number` is its place on its connection, `digest` in hex."""

    session_id: UUID
    packet_id: int
    qos: int
    digest: str
    generation: int
    number: int
    received_at: datetime
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Release:
    """A PUBREL: what its connection brought under this id may be forgotten."""

    session_id: UUID
    generation: int
    packet_id: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How far a connection has heard "yes"; `fresh` once it has gone on to more than copies.

    `completed` are the packet ids whose PUBCOMP it has.
    """

    session_id: UUID
    generation: int
    number: int
    fresh: bool
    completed: tuple[int, ...] = ()


_ROW = (
    "r(session_id uuid, packet_id integer, qos smallint, digest text, generation bigint,"
    " number bigint, received_at timestamptz, duplicate boolean, fresh boolean,"
    " completed jsonb)"
)
_ROWS = f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS {_ROW}"
_KEPT = ("qos", "digest", "number", "received_at", "duplicate")
_LATE = "excluded.generation < p.generation"
_NEWER = ", ".join(f"{it} = CASE WHEN {_LATE} THEN p.{it} ELSE excluded.{it} END" for it in _KEPT)
# The same bytes under an id that is in use. From an older connection it is the original of what
# the newer one brought. MQTT has DUP set on a message that is sent again, but paho 2 forgets that
# at QoS 2 after two attempts to connect; without it an id is believed for a while only, as a device
# that lost its memory begins with the same ids. It also sends a whole message again whose PUBREL
# it has sent, unless it heard the PUBCOMP. The very same place on a connection is one that we
# store again, as the database went away before it said that it had.
_COPY = f"""p.digest = excluded.digest AND CASE
    WHEN {_LATE} THEN true
    WHEN (excluded.generation, excluded.number) = (p.generation, p.number) THEN true
    WHEN p.released OR (p.let_go AND excluded.generation = p.generation) THEN false
    ELSE excluded.duplicate OR (excluded.qos = 2
        AND excluded.received_at - p.received_at < interval '10 minutes') END"""
_NOTE = sa.text(
    f"""INSERT INTO mqtt_packets AS p
        (session_id, packet_id, qos, digest, generation, number, received_at, duplicate)
    SELECT session_id, packet_id, qos, decode(digest, 'hex'), generation, number, received_at,
        duplicate FROM {_ROWS} ORDER BY session_id, packet_id
    ON CONFLICT (session_id, packet_id) DO UPDATE SET
        copies = CASE WHEN {_COPY} THEN p.copies + 1 ELSE 0 END, {_NEWER},
        generation = greatest(p.generation, excluded.generation),
        let_go = p.let_go AND {_LATE}, released = p.released AND {_LATE}
    RETURNING session_id, packet_id, copies"""  # noqa: S608 - our own names
)
_LET_GO = sa.text(
    f"""UPDATE mqtt_packets p SET let_go = true FROM {_ROWS}
    WHERE p.session_id = r.session_id AND p.packet_id = r.packet_id AND p.qos = 2
        AND p.generation <= r.generation AND NOT p.let_go
    RETURNING p.session_id, p.packet_id"""  # noqa: S608 - our own names
)
_CONFIRM = sa.text(
    f"""UPDATE mqtt_packets p SET released = true FROM {_ROWS}
    WHERE p.session_id = r.session_id AND NOT p.released AND (
        (p.qos = 1 AND p.generation = r.generation AND p.number <= r.number)
        OR (p.qos = 1 AND p.generation < r.generation AND r.fresh)
        OR (p.qos = 2 AND p.let_go AND p.generation < r.generation AND r.fresh)
        OR (p.qos = 2 AND p.generation <= r.generation AND p.let_go
            AND r.completed @> to_jsonb(p.packet_id)))"""  # noqa: S608 - our own names
)
# A will has the id 0 and no session of its own. It is kept longer: of one that was half done when
# the hub was killed, or the database went away, nobody knows how soon somebody can finish it.
_TIDY = sa.text(
    """DELETE FROM mqtt_packets p WHERE p.received_at < :before AND (p.released
        OR NOT EXISTS (SELECT FROM mqtt_sessions s WHERE s.id = p.session_id))
        AND (p.packet_id > 0 OR p.received_at < :before - interval '7 days')"""
)


class MqttPackets:
    """The packets of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def note(self, packets: Sequence[Packet]) -> Sequence[bool]:
        """Note packets in order of arrival; says of each whether it is a copy of a stored one.

        Writes in either case. A packet id with other bytes is always another message.
        """
        copies = [False] * len(packets)
        left = list(enumerate(packets))
        while left:
            first: dict[Name, tuple[int, Packet]] = {}
            for place, one in left:
                first.setdefault((one.session_id, one.packet_id), (place, one))
            rows = await with_rows(self.db, _NOTE, [one for _, one in first.values()])
            for row in rows:
                copies[first[row.session_id, row.packet_id][0]] = row.copies > 0
            done = {place for place, _ in first.values()}
            left = [(place, one) for place, one in left if place not in done]
        return copies

    async def release(self, releases: Collection[Release]) -> set[Name]:
        """Let go of packets of QoS 2; those that were in use.

        What a newer connection brought under such an id stays in use.
        """
        rows = await with_rows(self.db, _LET_GO, releases)
        return {(row.session_id, row.packet_id) for row in rows}

    async def confirm(self, confirmed: Collection[Confirmed]) -> None:
        """Release packets whose last answer is known to have been heard.

        Whoever goes on, to new messages or to pings, has sent again all that was unanswered before.
        """
        await with_rows(self.db, _CONFIRM, confirmed)

    async def tidy(self, before: datetime) -> None:
        """Drop what was received before this moment and is released, or of no session."""
        await self.db.execute(_TIDY, {"before": before})
