"""What the live board reads: only alerts of which the viewer's organisation is a party.

One read is one snapshot of the database, and `revision` orders snapshots: of two reads, on
whichever hub, the one with the higher revision is never the older.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Alert, Lane, Priority, Status
from hub.access.viewer import Viewer
from hub.store.names import Names, names_of
from hub.store.sharing import TERMS, sharing_of
from hub.store.straight import Straight, written
from hub.store.tables import (
    alert_parties,
    alerts,
    devices,
    events,
    gateways,
    homes,
    organisations,
)
from hub.store.troubles import TRENDS, UNSEEN
from hub.store.values import decode

MOST_ROWS = 200
RECENT = timedelta(minutes=30)

SNAPSHOT = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
REVISION = b"""
SELECT pg_snapshot_xmax(now.snapshot)::text::bigint * 10000
     - (SELECT count(*) FROM pg_snapshot_xip(now.snapshot)) AS revision
FROM (SELECT pg_current_snapshot() AS snapshot) AS now
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """The viewer's own organisation, as a screen shows it."""

    name: str
    time_zone: str
    phone: str


@dataclass(frozen=True, slots=True)
class Row:
    """One alert with what a person needs to recognise it. `alert` is None when it is unreadable."""

    id: UUID
    alert: Alert | None
    kind: str
    priority: Priority
    lane: str
    opened_at: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    outcome: str | None
    stuck_at: datetime | None
    explanation: str
    client_ids: tuple[UUID, ...]
    home_id: UUID | None
    street: str
    place: str
    device: str
    gateway: str
    room: str
    happened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are in all, whatever a page shows of them."""

    alarm_unclaimed: int = 0
    alarm_claimed: int = 0
    urgent_unclaimed: int = 0
    queue: int = 0
    resolved: int = 0
    trends: int = 0  # lines of the last day
    troubles: int = 0  # messages of the last week that nobody has ticked as seen


@dataclass(frozen=True, slots=True)
class Board:
    """One snapshot. `beyond` are the unclaimed P1 alerts that `rows` had no place for."""

    revision: int
    rows: Sequence[Row]
    beyond: Sequence[Row]
    resolved: Sequence[Row]
    counts: Counts
    names: Names
    desk: Desk


async def read_board(
    db: AsyncConnection, viewer: Viewer, lane: Lane, now: datetime, most: int = MOST_ROWS
) -> Board:
    """Read the open alerts of one lane and what was resolved in the last half hour.

    Must be the first thing its transaction does. At most `most` rows, unclaimed first,
    then by priority, nearest moment, opening and id.
    """
    values = {
        "party": viewer.organisation_id,
        "lane": lane.value,
        "recent": now - RECENT,
        "now": now,
        "most": most,
    }
    straight = Straight(db)
    asked = (one.asked(values) for one in (TERMS, DESK, COUNTS, TRENDS, UNSEEN, OPEN, LATELY))
    _, revision, terms, desk, counted, trends, unseen, *found = await straight.together(
        (SNAPSHOT, {}), (REVISION, {}), *asked
    )
    rows, resolved = (_rows(one) for one in found)
    counts = Counts(*counted[0], *trends[0], *unseen[0])
    beyond: Sequence[Row] = ()
    if counts.urgent_unclaimed > len(rows):
        beyond = _rows(await straight.rows(*BEYOND.asked(values)))
    shown = [*rows, *beyond, *resolved]
    sharing = sharing_of(viewer.organisation_id, terms)
    names = await names_of(db, clients_in(shown), contacts_in(shown), sharing)
    return Board(revision[0].revision, rows, beyond, resolved, counts, names, Desk(*desk[0]))


def _rows(found: Iterable[Any]) -> Sequence[Row]:
    return [read_row(one) for one in found]


async def read_desk(db: AsyncConnection, viewer: Viewer) -> Desk:
    """Read how the viewer's organisation is called, where it is and its telephone number."""
    (row,) = await Straight(db).rows(*DESK.asked({"party": viewer.organisation_id}))
    return Desk(*row)


def visible_to(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Match alerts of which the viewer's organisation is a party."""
    mine = sa.select(alert_parties.c.alert_id).where(
        alert_parties.c.alert_id == alerts.c.id,
        alert_parties.c.party_id == viewer.organisation_id,
    )
    return mine.exists()


UNCLAIMED = sa.and_(
    alerts.c.state["watch"]["by"].astext.is_(None),
    alerts.c.status == Status.CALLING.value,
)
ORDER: list[sa.ColumnElement[Any]] = [
    UNCLAIMED.desc(),
    alerts.c.priority_rank.asc(),
    alerts.c.due_at.asc(),
    alerts.c.opened_at.asc(),
    alerts.c.id.asc(),
]


def rows_query() -> sa.Select[Any]:
    """Select alerts with their home, their device, and the event that gave them their kind."""
    first = (
        sa.select(events.c.room, events.c.occurred_at)
        .where(events.c.alert_id == alerts.c.id)
        .order_by((events.c.kind == alerts.c.kind).desc(), events.c.received_at, events.c.id)
        .limit(1)
        .lateral("first")
    )
    return (
        sa.select(
            *(column for column in alerts.c if column.name != "state"),
            sa.cast(alerts.c.state, sa.Text).label("state"),
            homes.c.street,
            homes.c.place,
            sa.func.coalesce(devices.c.name, "").label("device"),
            sa.func.coalesce(gateways.c.external_id, "").label("gateway"),
            sa.func.coalesce(first.c.room, devices.c.room, "").label("room"),
            first.c.occurred_at.label("happened_at"),
        )
        .select_from(alerts)
        .outerjoin(homes, homes.c.id == alerts.c.home_id)
        .outerjoin(devices, devices.c.id == alerts.c.device_id)
        .outerjoin(gateways, gateways.c.id == alerts.c.gateway_id)
        .outerjoin(first, sa.true())
    )


SEEN = (
    sa.select(alert_parties.c.alert_id)
    .where(
        alert_parties.c.alert_id == alerts.c.id,
        alert_parties.c.party_id == sa.bindparam("party", type_=sa.Uuid),
    )
    .exists()
)
IS_OPEN = alerts.c.resolved_at.is_(None)
IS_RECENT = alerts.c.resolved_at > sa.bindparam("recent", type_=sa.DateTime(timezone=True))
ALARM = alerts.c.lane == Lane.ALARM.value
HERE = alerts.c.lane == sa.bindparam("lane", type_=sa.Text)
URGENT = alerts.c.priority == Priority.P1.value
DESK = written(
    sa.select(organisations.c.name, organisations.c.time_zone, organisations.c.phone).where(
        organisations.c.id == sa.bindparam("party", type_=sa.Uuid)
    )
)
COUNTED = (
    sa.and_(IS_OPEN, ALARM, UNCLAIMED),
    sa.and_(IS_OPEN, ALARM, sa.not_(UNCLAIMED)),
    sa.and_(IS_OPEN, ALARM, UNCLAIMED, URGENT),
    sa.and_(IS_OPEN, alerts.c.lane == Lane.QUEUE.value),
    sa.and_(IS_RECENT, ALARM),
)
COUNTS = written(
    sa.select(*(sa.func.count().filter(one) for one in COUNTED)).where(
        SEEN, sa.or_(IS_OPEN, IS_RECENT)
    )
)


def _picked(
    where: Sequence[sa.ColumnElement[bool]],
    order: Sequence[sa.ColumnElement[Any]],
    limit: Any,
    after: Any = 0,
) -> sa.Select[Any]:
    chosen = sa.select(alerts.c.id, sa.func.row_number().over(order_by=order).label("nth"))
    picked = chosen.where(SEEN, HERE, *where).order_by(*order).limit(limit).offset(after)
    found = picked.cte("picked")
    return rows_query().join(found, found.c.id == alerts.c.id).order_by(found.c.nth)


MOST: sa.BindParameter[int] = sa.bindparam("most", type_=sa.Integer)
OPEN = written(_picked([IS_OPEN], ORDER, MOST))
BEYOND = written(_picked([IS_OPEN, UNCLAIMED, URGENT], ORDER, None, MOST))
LATELY = written(_picked([IS_RECENT], [alerts.c.resolved_at.desc(), alerts.c.id], MOST))


def read_row(row: Any) -> Row:
    """Turn a row of `rows_query` into a value; an unreadable alert is a row all the same."""
    return Row(
        id=row.id,
        alert=_alert(row.state),
        kind=row.kind,
        priority=Priority(row.priority),
        lane=row.lane,
        opened_at=row.opened_at,
        due_at=row.due_at,
        resolved_at=row.resolved_at,
        outcome=row.outcome,
        stuck_at=row.stuck_at,
        explanation=row.explanation,
        client_ids=tuple(row.client_ids),
        home_id=row.home_id,
        street=row.street or "",
        place=row.place or "",
        device=row.device,
        gateway=row.gateway,
        room=row.room,
        happened_at=row.happened_at,
    )


@lru_cache(maxsize=4096)
def _alert(state: str) -> Alert | None:
    """Read an alert; the same text is the same value, so a board that stays is read once."""
    try:
        return decode(Alert, json.loads(state))
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None


def mentioned(alert: Alert) -> set[UUID]:
    """Collect the contacts an alert speaks of."""
    found = {one.contact.id for one in alert.warned} | {one.by for one in alert.custody}
    steps = [*alert.plan.steps, *(alert.forward.steps if alert.forward else ())]
    found |= {contact_id for step in steps for contact_id in step.who}
    found |= {alert.watch.by} if alert.watch is not None else set()
    return found | ({alert.offer.to.id} if alert.offer is not None else set())


def clients_in(rows: Iterable[Row]) -> list[UUID]:
    """List the clients these rows are about."""
    return [client_id for row in rows for client_id in row.client_ids]


def contacts_in(rows: Iterable[Row]) -> set[UUID]:
    """Collect the contacts these rows speak of."""
    return set[UUID]().union(*(mentioned(row.alert) for row in rows if row.alert is not None))
