"""Who must be heard from, when they were, and when the hub was there to hear."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.waiting.silence import MISSED, Span, limit, listened

VENDOR, GATEWAY, DEVICE = 0, 1, 2
NOTED_WITHIN = timedelta(minutes=8)  # hubs note that they listen every five minutes at least


@dataclass(frozen=True, slots=True)
class Watched:
    """A device, gateway or vendor that must be heard from `every` so often.

    `heard_at` is its last sign of life, never before `since`. `parents` are what it hangs on.
    """

    organisation_id: UUID
    thing_id: UUID
    sort: int
    adapter: str
    every: timedelta
    heard_at: datetime
    ever_heard: bool
    parents: tuple[UUID, ...]
    lost: bool

    def silent(self, spans: Iterable[Span], now: datetime) -> timedelta:
        """How long it has been silent while the hub listened."""
        return listened(spans, self.heard_at, now)

    def left(self, spans: Iterable[Span], now: datetime) -> timedelta:
        """How much longer it may be silent; nothing or less when it is lost."""
        return limit(self.every) - self.silent(spans, now)


# A gateway is watched where two devices behind it must be heard from, a vendor where two gateways
# must: by the second shortest interval, so that two have missed theirs before it is the larger.
WANTED = """
WITH watched AS (
    SELECT d.id, d.organisation_id, d.gateway_id, d.adapter, d.expected_interval AS every
    FROM devices d JOIN gateways g ON g.id = d.gateway_id
    LEFT JOIN clients c ON c.id = d.client_id
    WHERE d.expected_interval > interval '0' AND g.disabled_at IS NULL
      AND c.care_ended_at IS NULL AND d.ended_at IS NULL
), by_gateway AS (
    SELECT gateway_id, organisation_id, min(adapter) AS adapter,
           min(adapter) = max(adapter) AS of_one, count(*) AS many,
           (array_agg(every ORDER BY every))[2] AS every
    FROM watched GROUP BY gateway_id, organisation_id
), fastest AS (
    SELECT organisation_id, adapter, gateway_id, min(every) AS every
    FROM watched GROUP BY organisation_id, adapter, gateway_id
), by_vendor AS (
    SELECT md5(organisation_id::text || '/' || adapter)::uuid AS id, organisation_id, adapter,
           (array_agg(every ORDER BY every))[2] AS every
    FROM fastest GROUP BY organisation_id, adapter HAVING count(*) > 1
), wanted AS (
    SELECT id AS thing_id, organisation_id, 0 AS sort, adapter,
           NULL::uuid AS gateway_id, NULL::uuid AS vendor_id, every FROM by_vendor
    UNION ALL
    SELECT g.gateway_id, g.organisation_id, 1, '', NULL, v.id, g.every
    FROM by_gateway g LEFT JOIN by_vendor v
        ON g.of_one AND v.organisation_id = g.organisation_id AND v.adapter = g.adapter
    WHERE g.many > 1
    UNION ALL
    SELECT w.id, w.organisation_id, 2, '', g.gateway_id, v.id, w.every
    FROM watched w LEFT JOIN by_gateway g ON g.gateway_id = w.gateway_id AND g.many > 1
    LEFT JOIN by_vendor v ON v.organisation_id = w.organisation_id AND v.adapter = w.adapter
)"""
ARRANGE = sa.text(
    f"""{WANTED}, gone AS (
    DELETE FROM supervised s WHERE (s.lost_at IS NULL OR s.folded) AND NOT EXISTS (
        SELECT FROM wanted w WHERE w.thing_id = s.thing_id)
), arranged AS (INSERT INTO supervised
    (thing_id, organisation_id, sort, adapter, gateway_id, vendor_id, every, since, due_at)
SELECT w.thing_id, w.organisation_id, w.sort, w.adapter, w.gateway_id, w.vendor_id, w.every,
       :now, CAST(:now AS timestamptz) + w.every * :missed
FROM wanted w LEFT JOIN supervised s USING (thing_id)
WHERE s.thing_id IS NULL OR s.every <> w.every OR s.gateway_id IS DISTINCT FROM w.gateway_id
   OR s.vendor_id IS DISTINCT FROM w.vendor_id
ON CONFLICT (thing_id) DO UPDATE SET every = excluded.every, gateway_id = excluded.gateway_id,
    vendor_id = excluded.vendor_id,
    due_at = CASE WHEN supervised.lost_at IS NULL THEN CAST(:now AS timestamptz) END
)
SELECT s.thing_id FROM supervised s WHERE s.lost_at IS NOT NULL AND NOT s.folded
    AND NOT EXISTS (SELECT FROM wanted w WHERE w.thing_id = s.thing_id)"""  # noqa: S608 - our own words
)
# Doses that the registry plans are waited for from the moment that it does.
ARRANGE_DOSES = sa.text(
    """INSERT INTO ripenings (organisation_id, subject_id, what, due_at)
    SELECT d.organisation_id, d.id, 'doses', :now FROM devices d
    LEFT JOIN ripenings r ON r.subject_id = d.id AND r.what = 'doses'
    LEFT JOIN clients c ON c.id = d.client_id
    WHERE d.ended_at IS NULL AND c.care_ended_at IS NULL
      AND (d.options ? 'doses' OR r.state -> 'times' <> '[]'::jsonb)
      AND (r.subject_id IS NULL OR r.state ->> 'said' IS DISTINCT FROM d.options ->> 'doses')
      AND (r.due_at IS NULL OR r.due_at > :now)
    ON CONFLICT (subject_id, what) DO UPDATE SET due_at = excluded.due_at"""
)
# So are the limits of a client's rhythm, from the moment that somebody wrote or changed them.
ARRANGE_RHYTHM = sa.text(
    """INSERT INTO ripenings (organisation_id, subject_id, what, due_at)
    SELECT c.organisation_id, c.id, 'lifestyle', :now FROM clients c
    LEFT JOIN ripenings r ON r.subject_id = c.id AND r.what = 'lifestyle'
    WHERE (r.due_at IS NULL OR r.due_at > :now) AND CASE
        WHEN c.care_ended_at IS NOT NULL THEN r.due_at IS NOT NULL
        ELSE c.options ?| ARRAY['out_of_bed_minutes', 'up_by', 'inactive_hours', 'home_by']
            AND (r.state -> 'said') IS DISTINCT FROM jsonb_build_object(
                'out_of_bed_minutes', c.options -> 'out_of_bed_minutes',
                'up_by', c.options -> 'up_by', 'home_by', c.options -> 'home_by',
                'inactive_hours', c.options -> 'inactive_hours')
    END
    ON CONFLICT (subject_id, what) DO UPDATE SET due_at = excluded.due_at"""
)
READ = """
SELECT s.organisation_id, s.thing_id, s.sort, s.adapter, s.every, s.since, s.lost_at,
       s.gateway_id, s.vendor_id, CASE s.sort
           WHEN 0 THEN (SELECT max(last_seen_at) FROM devices d
                WHERE d.organisation_id = s.organisation_id AND d.adapter = s.adapter
                  AND d.ended_at IS NULL)
           WHEN 1 THEN (SELECT last_seen_at FROM gateways g WHERE g.id = s.thing_id)
           ELSE (SELECT last_seen_at FROM devices d WHERE d.id = s.thing_id)
       END AS seen_at
FROM supervised s"""
DUE = sa.text(READ + " WHERE due_at <= :now ORDER BY sort, due_at, thing_id LIMIT :most")
THESE = sa.text(READ + " WHERE thing_id = ANY(:ids)")
BACK = sa.text(
    f"""SELECT m.* FROM ({READ} WHERE lost_at IS NOT NULL) m JOIN supervised s USING (thing_id)
    WHERE m.seen_at > s.silent_since ORDER BY m.sort, thing_id LIMIT :most"""  # noqa: S608 - our own words
)
LOSE = sa.text(
    f"""UPDATE supervised s SET lost_at = coalesce(s.lost_at, :now), due_at = NULL,
        folded = :folded, silent_since = coalesce(s.silent_since, greatest(s.since, m.seen_at))
    FROM ({READ} WHERE thing_id = ANY(:ids)) m WHERE m.thing_id = s.thing_id"""  # noqa: S608 - our own words
)
BEHIND = sa.text(
    """SELECT thing_id FROM supervised
    WHERE (gateway_id = :thing_id OR vendor_id = :thing_id)
      AND lost_at >= :since AND NOT folded ORDER BY sort, thing_id"""
)
SIZE = sa.text(
    """SELECT count(*) AS devices, count(DISTINCT coalesce(d.client_id, d.home_id)) AS places
    FROM devices d WHERE d.organisation_id = :organisation_id AND d.ended_at IS NULL
      AND (d.gateway_id = :thing_id OR d.adapter = :adapter)"""
)


class Supervision:
    """Who is watched, in one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    # --- when the hub listened -----------------------------------------------------------

    async def listen(self, since: datetime, now: datetime) -> None:
        """Note that a hub listened from `since` to `now` without a pause."""
        values = {"since": since, "now": now}
        await self.db.execute(sa.text("SELECT pg_advisory_xact_lock(7203417)"))
        longer = sa.text(
            """UPDATE listening SET until_at = greatest(until_at, :now)
            WHERE began_at = (SELECT max(began_at) FROM listening) AND until_at >= :since
            RETURNING began_at"""
        )
        if (await self.db.execute(longer, values)).first() is None:
            new = "INSERT INTO listening VALUES (:since, :now) ON CONFLICT DO NOTHING"
            await self.db.execute(sa.text(new), values)

    async def spans(self, since: datetime) -> Sequence[Span]:
        """List when some hub listened, as far as it ended after `since`."""
        asked = sa.text("SELECT * FROM listening WHERE until_at > :since ORDER BY began_at")
        rows = await self.db.execute(asked, {"since": since})
        return [Span(row.began_at, row.until_at) for row in rows]

    async def listening_since(self, now: datetime) -> datetime | None:
        """Say since when hubs listen without a pause; None where nobody keeps note of it.

        Where nobody noted it lately, a hub has just begun: since `now`.
        """
        asked = sa.text("SELECT began_at, until_at FROM listening ORDER BY began_at DESC LIMIT 1")
        newest = (await self.db.execute(asked)).first()
        if newest is None:
            return None
        began_at: datetime = newest.began_at
        return began_at if now - newest.until_at <= NOTED_WITHIN else now

    # --- who is watched ------------------------------------------------------------------

    async def arrange(self, now: datetime) -> tuple[timedelta | None, Sequence[UUID]]:
        """Watch what the registry says must be heard from; the shortest interval of it all.

        And who is told of as lost, and must be heard from no more: they wait for `forget`.
        Nobody to watch, no dose and no rhythm to wait for: None. With those alone it is an hour.
        """
        rows = await self.db.execute(ARRANGE, {"now": now, "missed": MISSED})
        gone = [row.thing_id for row in rows]
        await self.db.execute(ARRANGE_DOSES, {"now": now})
        await self.db.execute(ARRANGE_RHYTHM, {"now": now})
        asked = sa.text(
            """SELECT coalesce((SELECT min(every) FROM supervised), (SELECT interval '1 hour'
                FROM ripenings WHERE what IN ('doses', 'lifestyle') AND due_at IS NOT NULL
                LIMIT 1))"""
        )
        shortest: timedelta | None = (await self.db.execute(asked)).scalar_one()
        return shortest, gone

    async def forget(self, thing_id: UUID) -> None:
        """Watch one no more."""
        gone = sa.text("DELETE FROM supervised WHERE thing_id = :id")
        await self.db.execute(gone, {"id": thing_id})

    async def last_seen(self, device_id: UUID) -> datetime | None:
        """Say when a device gave its last sign of life, half a minute more or less."""
        asked = sa.text("SELECT last_seen_at FROM devices WHERE id = :id")
        moment: datetime | None = (await self.db.execute(asked, {"id": device_id})).scalar()
        return moment

    async def counts_on(self, device_id: UUID) -> bool:
        """Say whether a device is in use, for somebody who is in care."""
        asked = sa.text(
            """SELECT d.ended_at IS NULL AND c.care_ended_at IS NULL FROM devices d
            LEFT JOIN clients c ON c.id = d.client_id WHERE d.id = :id"""
        )
        return bool((await self.db.execute(asked, {"id": device_id})).scalar())

    async def due(self, now: datetime, most: int) -> Sequence[Watched]:
        """List whom to look at, what is larger first."""
        return _watched(await self.db.execute(DUE, {"now": now, "most": most}))

    async def these(self, ids: Iterable[UUID]) -> Sequence[Watched]:
        """Read some that are watched."""
        return _watched(await self.db.execute(THESE, {"ids": list(ids)}))

    async def back(self, most: int) -> Sequence[Watched]:
        """List who was lost and has been heard since."""
        return _watched(await self.db.execute(BACK, {"most": most}))

    async def lock(self, thing_id: UUID) -> Any:
        """Lock one that is watched, and read whether it is lost; None when it is not there."""
        asked = sa.text(
            "SELECT lost_at, folded, silent_since FROM supervised WHERE thing_id = :id FOR UPDATE"
        )
        return (await self.db.execute(asked, {"id": thing_id})).first()

    async def look_again(self, moments: Sequence[tuple[UUID, datetime]]) -> None:
        """Set when to look at these again, unless they were lost meanwhile."""
        values = {"ids": [one for one, _ in moments], "at": [at for _, at in moments]}
        again = sa.text(
            """UPDATE supervised s SET due_at = a.at
            FROM unnest(CAST(:ids AS uuid[]), CAST(:at AS timestamptz[])) AS a (id, at)
            WHERE s.thing_id = a.id AND s.lost_at IS NULL"""
        )
        await self.db.execute(again, values)

    async def lose(self, ids: Iterable[UUID], now: datetime, *, folded: bool) -> None:
        """Note that these are lost; `folded` are told of as part of something larger."""
        await self.db.execute(LOSE, {"ids": list(ids), "now": now, "folded": folded})

    async def find(self, ids: Iterable[UUID], now: datetime) -> None:
        """Note that these are there; their silence counts from `now`."""
        found = sa.text(
            """UPDATE supervised SET lost_at = NULL, silent_since = NULL, folded = false,
                since = :now, due_at = CAST(:now AS timestamptz) + every * :missed
            WHERE thing_id = ANY(:ids)"""
        )
        await self.db.execute(found, {"ids": list(ids), "now": now, "missed": MISSED})

    async def find_behind(self, thing_id: UUID, now: datetime) -> None:
        """Note that what was folded into this counts for itself again, from `now`."""
        asked = sa.text(
            """SELECT thing_id FROM supervised
            WHERE folded AND (gateway_id = :id OR vendor_id = :id)"""
        )
        rows = await self.db.execute(asked, {"id": thing_id})
        await self.find([row.thing_id for row in rows], now)

    async def told_behind(self, thing_id: UUID, since: datetime) -> Sequence[UUID]:
        """List what hangs on this and was told lost, for itself, since."""
        rows = await self.db.execute(BEHIND, {"thing_id": thing_id, "since": since})
        return [row.thing_id for row in rows]

    async def size(self, one: Watched) -> Any:
        """Count the `devices` and the `places` (clients and homes) behind a gateway or vendor."""
        values = {
            "organisation_id": one.organisation_id,
            "thing_id": one.thing_id,
            "adapter": one.adapter,
        }
        return (await self.db.execute(SIZE, values)).one()

    async def next_due_at(self) -> datetime | None:
        """Say when somebody must be looked at next."""
        asked = sa.text("SELECT min(due_at) FROM supervised")
        moment: datetime | None = (await self.db.execute(asked)).scalar_one()
        return moment


def _watched(rows: Iterable[Any]) -> list[Watched]:
    return [
        Watched(
            row.organisation_id,
            row.thing_id,
            row.sort,
            row.adapter,
            row.every,
            row.since if row.seen_at is None else max(row.since, row.seen_at),
            row.seen_at is not None,
            tuple(one for one in (row.gateway_id, row.vendor_id) if one is not None),
            row.lost_at is not None,
        )
        for row in rows
    ]
