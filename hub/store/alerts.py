"""Alerts as rows: the engine's whole value beside the columns that are searched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.decision import Answer
from escalation.model import Alert
from hub.access.viewer import Viewer
from hub.store.care import Subject
from hub.store.many import many, put, rows_of
from hub.store.straight import Asked, Straight
from hub.store.tables import alerts, applied_triggers, custodies
from hub.store.values import decode


class UnreadableAlert(Exception):
    """A stored alert that cannot be turned back into the engine's value."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the row of a new alert holds beside the engine's value."""

    device_id: UUID | None = None
    gateway_id: UUID | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A trigger that was applied to an alert, and the answer it was given."""

    alert: Alert
    trigger_id: UUID
    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert whose parties are to see it: its provider and centre, and these contacts'."""

    alert: Alert
    contact_ids: frozenset[UUID]
    at: datetime


CHANGING = (
    "kind",
    "emergency",
    "priority",
    "priority_rank",
    "lane",
    "status",
    "due_at",
    "resolved_at",
    "outcome",
    "client_ids",
    "state",
)


OPENING = ("id", "organisation_id", "subject_id", "home_id", "opened_at")
BESIDE = ("device_id", "gateway_id", "explanation")


def _columns(alert: Alert) -> dict[str, Any]:
    return {
        "kind": alert.kind,
        "emergency": alert.emergency,
        "priority": alert.priority.value,
        "priority_rank": alert.priority.rank,
        "lane": alert.lane.value,
        "status": alert.status.value,
        "due_at": alert.due_at,
        "resolved_at": alert.resolved_at,
        "outcome": alert.outcome and alert.outcome.value,
        "client_ids": alert.client_ids,
        "state": alert,
    }


def read_alert(state: Any) -> Alert:
    """Read the engine's value back from its column. Raises UnreadableAlert."""
    try:
        return decode(Alert, state)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableAlert(f"stored alert cannot be read: {type(error).__name__}") from error


GET = b"""
SELECT id, state FROM alerts WHERE id = ANY(%(ids)s::uuid[])
  AND (%(party)s::uuid IS NULL OR EXISTS (
      SELECT FROM alert_parties WHERE alert_id = id AND party_id = %(party)s::uuid))
"""
# An alert's key never changes, so whoever only refers to it (a link, a message) need not wait.
LOCK = GET + b"ORDER BY id FOR NO KEY UPDATE OF alerts"
DUE = b"""
resolved_at IS NULL AND due_at <= %(now)s AND (retry_at IS NULL OR retry_at <= %(now)s)
"""
CLAIM = (
    b"""
SELECT id, due_at, state FROM alerts WHERE %s
ORDER BY priority_rank, due_at, id LIMIT %%(most)s FOR NO KEY UPDATE SKIP LOCKED
"""
    % DUE
)
CLAIM_ONE = (
    b"""
SELECT id, due_at, state FROM alerts WHERE id = %%(id)s AND %s FOR NO KEY UPDATE SKIP LOCKED
"""
    % DUE
)
NEXT = b"""
SELECT least(
    (SELECT min(due_at) FROM alerts WHERE resolved_at IS NULL AND retry_at IS NULL),
    (SELECT min(retry_at) FROM alerts WHERE retry_at IS NOT NULL)) AS due_at
"""
_CHANGED = ", ".join(f"{name} = r.{name}" for name in CHANGING)
SAVE = (
    f"UPDATE alerts SET {_CHANGED}, revision = alerts.revision + 1, stuck_at = NULL,"  # noqa: S608 - our own names
    f" retry_at = NULL, attempts = 0 FROM {rows_of(*(alerts.c[n] for n in ('id', *CHANGING)))}"
    " WHERE alerts.id = r.id"
).encode()
ADD = many(alerts, (*OPENING, *BESIDE, *CHANGING))
ANSWERED = b"""
SELECT alert_id, trigger_id, answer FROM applied_triggers JOIN
    unnest(%(alerts)s::uuid[], %(triggers)s::uuid[]) AS asked (alert_id, trigger_id)
    USING (alert_id, trigger_id)
"""
APPLY = many(applied_triggers, ("alert_id", "trigger_id", "organisation_id", "answer", "at"))
NOBODY_HAS = b"DELETE FROM custodies WHERE alert_id = ANY(%(ids)s::uuid[])"
HAS = many(custodies, ("alert_id", "contact_id", "organisation_id"))
OPEN = b"""
SELECT id, organisation_id, subject_id, emergency, state FROM alerts
WHERE resolved_at IS NULL AND organisation_id = ANY(%(organisations)s::uuid[])
  AND (subject_id = ANY(%(subjects)s::uuid[]) OR home_id = ANY(%(homes)s::uuid[])
       OR client_ids && %(clients)s::uuid[])
ORDER BY opened_at, id
"""
SHOW = b"""
WITH shown AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS r (alert_id uuid, organisation_id uuid, contact_ids uuid[], at timestamptz)
)
INSERT INTO alert_parties (alert_id, organisation_id, party_id)
SELECT alert_id, organisation_id, party_id FROM (
    SELECT alert_id, organisation_id, organisation_id AS party_id FROM shown
    UNION
    SELECT alert_id, organisation_id, served_by_id
    FROM shown JOIN service_contracts c USING (organisation_id)
    WHERE c.role = 'centre' AND c.valid @> shown.at
    UNION
    SELECT alert_id, shown.organisation_id, contacts.organisation_id
    FROM shown CROSS JOIN LATERAL unnest(contact_ids) AS called (id)
    JOIN contacts ON contacts.id = called.id
) AS party
ORDER BY alert_id, party_id
ON CONFLICT DO NOTHING
"""


class Alerts:
    """The alerts of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight, viewer: Viewer | None) -> None:
        self.db, self.straight, self.viewer = db, straight, viewer

    async def _states(self, asked: bytes, alert_ids: Iterable[UUID]) -> Sequence[Any]:
        party = None if self.viewer is None else self.viewer.organisation_id
        return await self.straight.rows(asked, {"ids": list(alert_ids), "party": party})

    async def lock(self, alert_id: UUID) -> Alert | None:
        """Lock one alert the viewer may see; None when there is none. Raises UnreadableAlert."""
        return (await self.lock_all([alert_id])).get(alert_id)

    async def lock_all(self, alert_ids: Iterable[UUID]) -> Mapping[UUID, Alert]:
        """Lock those the viewer may see, in the order of their ids. Raises UnreadableAlert."""
        return {row.id: read_alert(row.state) for row in await self._states(LOCK, alert_ids)}

    async def get(self, alert_id: UUID) -> Alert | None:
        """Read one alert the viewer may see, without locking it. Raises UnreadableAlert."""
        rows = await self._states(GET, [alert_id])
        return read_alert(rows[0].state) if rows else None

    async def open_of(
        self, subjects: Sequence[Subject], things: Iterable[UUID] = ()
    ) -> Sequence[Any]:
        """Read the open alerts of these subjects, of their clients, of their homes, or of things.

        Rows of id, organisation_id, subject_id, emergency, state; `read_alert` reads the state.
        """
        return await self.straight.rows(*open_around(subjects, things))

    async def open_about(
        self, organisation_id: UUID, subject_id: UUID, emergency: str
    ) -> UUID | None:
        """Say which open alert there is of this subject and emergency, readable or not."""
        asked = sa.select(alerts.c.id).where(
            alerts.c.organisation_id == organisation_id,
            alerts.c.subject_id == subject_id,
            alerts.c.emergency == emergency,
            alerts.c.resolved_at.is_(None),
        )
        found: UUID | None = (await self.db.execute(asked)).scalar()
        return found

    async def add(self, opened: Iterable[tuple[Alert, Opened]]) -> None:
        """Store new alerts."""
        rows = (
            {name: getattr(alert, name) for name in OPENING}
            | {name: getattr(beside, name) for name in BESIDE}
            | _columns(alert)
            for alert, beside in opened
        )
        await put(self.straight, ADD, rows)

    async def save(self, changed: Iterable[Alert]) -> None:
        """Store what alerts have become, each once; whatever was wrong with their rows is over."""
        await put(self.straight, SAVE, ({"id": one.id} | _columns(one) for one in changed))

    async def has(self, changed: Sequence[Alert]) -> None:
        """Keep beside alerts who has them, so that others know these people are busy."""
        if not changed:
            return
        await self.straight.run(NOBODY_HAS, {"ids": [one.id for one in changed]})
        rows = (
            {"alert_id": one.id, "contact_id": by, "organisation_id": one.organisation_id}
            for one in changed
            if one.resolved_at is None
            for by in sorted({custody.by for custody in one.custody})
        )
        await put(self.straight, HAS, rows)

    async def show_to_parties(self, shown: Iterable[Shown]) -> None:
        """Let the provider, its care centre and the organisations of these contacts see them."""
        rows = [
            {
                "alert_id": one.alert.id,
                "organisation_id": one.alert.organisation_id,
                "contact_ids": sorted(one.contact_ids),
                "at": one.at,
            }
            for one in shown
        ]
        await put(self.straight, SHOW, rows)

    async def answers_to(
        self, pairs: Sequence[tuple[UUID, UUID]]
    ) -> Mapping[tuple[UUID, UUID], Answer]:
        """Read the answers these alerts gave these triggers before; the alerts are locked."""
        values = {"alerts": [one for one, _ in pairs], "triggers": [one for _, one in pairs]}
        rows = await self.straight.rows(ANSWERED, values)
        return {(row.alert_id, row.trigger_id): decode(Answer, row.answer) for row in rows}

    async def applied(self, applied: Iterable[Applied]) -> None:
        """Remember triggers that were applied, and the answers they were given."""
        rows = (
            {
                "alert_id": one.alert.id,
                "trigger_id": one.trigger_id,
                "organisation_id": one.alert.organisation_id,
                "answer": one.answer,
                "at": one.at,
            }
            for one in applied
        )
        await put(self.straight, APPLY, rows)

    async def claim_due(self, now: datetime, most: int) -> Sequence[Any]:
        """Lock alerts whose moment has come, unless somebody else is at them: id, due_at, state.

        The most urgent and longest due first. `state` is what `read_alert` reads.
        """
        return await self.straight.rows(CLAIM, {"now": now, "most": most})

    async def claim(self, alert_id: UUID, now: datetime) -> Sequence[Any]:
        """Do what `claim_due` does, for one alert."""
        return await self.straight.rows(CLAIM_ONE, {"id": alert_id, "now": now})

    async def next_due_at(self) -> datetime | None:
        """Say when the next alert has its moment."""
        moment: datetime | None = (await self.straight.rows(NEXT, {}))[0].due_at
        return moment

    async def stuck(
        self, alert_id: UUID, now: datetime, waits: Sequence[timedelta]
    ) -> tuple[UUID, int] | None:
        """Put an alert that cannot be decided aside, longer each time; whose it is, which attempt.

        None when it was resolved meanwhile.
        """
        whose = (alerts.c.id == alert_id, alerts.c.resolved_at.is_(None))
        asked = sa.select(alerts.c.organisation_id, alerts.c.attempts).where(*whose)
        row = (await self.db.execute(asked.with_for_update(key_share=True))).first()
        if row is None:
            return None
        attempt = row.attempts + 1
        change = sa.update(alerts).where(*whose)
        await self.db.execute(
            change.values(
                stuck_at=sa.func.coalesce(alerts.c.stuck_at, now),
                retry_at=now + waits[min(attempt, len(waits)) - 1],
                attempts=attempt,
            )
        )
        return row.organisation_id, attempt

    async def overdue(self, before: datetime) -> int:
        """Count unresolved alerts whose moment lies before this one, locked or not."""
        asked = sa.select(sa.func.count()).where(
            alerts.c.resolved_at.is_(None), alerts.c.due_at < before
        )
        return (await self.db.execute(asked)).scalar_one()


def open_around(subjects: Sequence[Subject], things: Iterable[UUID] = ()) -> Asked:
    """Ask for what `open_of` reads, on the trip of something else."""
    values = {
        "organisations": list({one.organisation_id for one in subjects}),
        "subjects": [*(one.subject_id for one in subjects), *things],
        "homes": [one.home_id for one in subjects if one.home_id is not None],
        "clients": [client_id for one in subjects for client_id in one.client_ids],
    }
    return OPEN, values
