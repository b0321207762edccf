"""Alerts as rows: the engine's whole value beside the columns that are searched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Alert, Answer
from hub.access.viewer import Viewer
from hub.store.tables import alert_parties, alerts, applied_triggers, custodies
from hub.store.values import decode, encode


class UnreadableAlert(Exception):
    """A stored alert that cannot be turned back into the engine's value."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the row of a new alert holds beside the engine's value."""

    device_id: UUID | None = None
    gateway_id: UUID | None = None
    explanation: str = ""


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
        "client_ids": list(alert.client_ids),
        "state": encode(alert),
    }


def _read(state: Any) -> Alert:
    try:
        return decode(Alert, state)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableAlert(f"stored alert cannot be read: {type(error).__name__}") from error


ID: sa.BindParameter[Any] = sa.bindparam("id_")
NOW: sa.BindParameter[Any] = sa.bindparam("now")
SEEN = sa.exists().where(
    alert_parties.c.alert_id == alerts.c.id, alert_parties.c.party_id == sa.bindparam("party")
)
STATE = sa.select(alerts.c.state).where(alerts.c.id == ID)
READ = {False: STATE, True: STATE.where(SEEN)}  # by: is there a viewer
# An alert's key never changes, so whoever only refers to it (a link, a message) need not wait.
LOCK = {key: asked.with_for_update(of=alerts, key_share=True) for key, asked in READ.items()}
WAITING = (
    alerts.c.resolved_at.is_(None),
    alerts.c.due_at <= NOW,
    sa.or_(alerts.c.retry_at.is_(None), alerts.c.retry_at <= NOW),
)
DUE = (
    sa.select(alerts.c.id)
    .where(*WAITING)
    .order_by(alerts.c.priority_rank, alerts.c.due_at, alerts.c.id)
    .limit(sa.bindparam("most"))
)
CLAIM = STATE.where(*WAITING).with_for_update(skip_locked=True, key_share=True)
HEALTHY = sa.select(sa.func.min(alerts.c.due_at)).where(
    alerts.c.resolved_at.is_(None), alerts.c.retry_at.is_(None)
)
STUCK = sa.select(sa.func.min(alerts.c.retry_at)).where(alerts.c.retry_at.is_not(None))
NEXT = sa.select(sa.func.least(HEALTHY.scalar_subquery(), STUCK.scalar_subquery()))
SAVE = (
    sa.update(alerts)
    .where(alerts.c.id == ID)
    .values(revision=alerts.c.revision + 1, stuck_at=None, retry_at=None, attempts=0)
    .values({name: sa.bindparam(name) for name in CHANGING})
)
ANSWERED = sa.select(applied_triggers.c.answer).where(
    applied_triggers.c.alert_id == ID, applied_triggers.c.trigger_id == sa.bindparam("trigger_id")
)
APPLY = sa.insert(applied_triggers)
ADD = sa.insert(alerts)
OPEN = sa.text("""
SELECT id, subject_id, emergency, state FROM alerts
WHERE resolved_at IS NULL AND organisation_id = :organisation_id
  AND (subject_id = :subject_id OR home_id = :home_id OR client_ids && CAST(:client_ids AS uuid[]))
ORDER BY opened_at, id
""")
SHOW = sa.text("""
INSERT INTO alert_parties (alert_id, organisation_id, party_id)
SELECT :alert_id, :organisation_id, party.id FROM (
    SELECT CAST(:organisation_id AS uuid) AS id
    UNION
    SELECT served_by_id FROM service_contracts
    WHERE organisation_id = :organisation_id AND role = 'centre'
      AND valid @> CAST(:now AS timestamptz)
    UNION
    SELECT organisation_id FROM contacts WHERE id = ANY(CAST(:contact_ids AS uuid[]))
) AS party ORDER BY party.id
ON CONFLICT DO NOTHING
""")


class Alerts:
    """The alerts of one unit of work."""

    def __init__(self, db: AsyncConnection, viewer: Viewer | None) -> None:
        self.db, self.viewer = db, viewer

    async def _state(self, by: Mapping[bool, sa.Select[Any]], alert_id: UUID) -> Alert | None:
        asked = by[self.viewer is not None]
        values = {"id_": alert_id}
        if self.viewer is not None:
            values["party"] = self.viewer.organisation_id
        row = (await self.db.execute(asked, values)).first()
        return None if row is None else _read(row.state)

    async def lock(self, alert_id: UUID) -> Alert | None:
        """Lock one alert the viewer may see; None when there is none. Raises UnreadableAlert."""
        return await self._state(LOCK, alert_id)

    async def get(self, alert_id: UUID) -> Alert | None:
        """Read one alert the viewer may see, without locking it. Raises UnreadableAlert."""
        return await self._state(READ, alert_id)

    async def open_of(
        self,
        organisation_id: UUID,
        subject_id: UUID,
        client_ids: Iterable[UUID],
        home_id: UUID | None,
    ) -> tuple[Sequence[Alert], Mapping[tuple[UUID, str], UUID]]:
        """Read the open alerts of this subject, of these clients, or of this home.

        Those that cannot be read are apart: their ids, by subject and emergency.
        """
        values = {
            "organisation_id": organisation_id,
            "subject_id": subject_id,
            "client_ids": list(client_ids),
            "home_id": home_id,
        }
        readable: list[Alert] = []
        unreadable: dict[tuple[UUID, str], UUID] = {}
        for row in await self.db.execute(OPEN, values):
            try:
                readable.append(_read(row.state))
            except UnreadableAlert:
                unreadable[row.subject_id, row.emergency] = row.id
        return readable, unreadable

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

    async def add(self, alert: Alert, opened: Opened) -> None:
        """Store a new alert."""
        row = {
            "id": alert.id,
            "organisation_id": alert.organisation_id,
            "subject_id": alert.subject_id,
            "home_id": alert.home_id,
            "opened_at": alert.opened_at,
            "device_id": opened.device_id,
            "gateway_id": opened.gateway_id,
            "explanation": opened.explanation,
            **_columns(alert),
        }
        await self.db.execute(ADD, row)

    async def save(self, alert: Alert) -> None:
        """Store what an alert has become; whatever was wrong with the row is over."""
        await self.db.execute(SAVE, {"id_": alert.id, **_columns(alert)})

    async def has(self, alert: Alert, people: Iterable[UUID]) -> None:
        """Keep beside the alert who has it, so that others know these people are busy."""
        await self.db.execute(sa.delete(custodies).where(custodies.c.alert_id == alert.id))
        rows = [
            {"alert_id": alert.id, "contact_id": one, "organisation_id": alert.organisation_id}
            for one in sorted(set(people))
        ]
        if rows:
            await self.db.execute(sa.insert(custodies), rows)

    async def show_to_parties(
        self, alert: Alert, contact_ids: Iterable[UUID], now: datetime
    ) -> None:
        """Let the provider, its care centre and the organisations of these contacts see it."""
        values = {
            "alert_id": alert.id,
            "organisation_id": alert.organisation_id,
            "contact_ids": sorted(contact_ids),
            "now": now,
        }
        await self.db.execute(SHOW, values)

    async def answer_to(self, alert: Alert, trigger_id: UUID) -> Answer | None:
        """Read the answer this trigger was given before; the alert is locked."""
        values = {"id_": alert.id, "trigger_id": trigger_id}
        row = (await self.db.execute(ANSWERED, values)).first()
        return None if row is None else decode(Answer, row.answer)

    async def applied(self, alert: Alert, trigger_id: UUID, answer: Answer, now: datetime) -> None:
        """Remember that a trigger was applied, and the answer it was given."""
        values = {
            "alert_id": alert.id,
            "trigger_id": trigger_id,
            "organisation_id": alert.organisation_id,
            "answer": encode(answer),
            "at": now,
        }
        await self.db.execute(APPLY, values)

    async def due(self, now: datetime, most: int) -> Sequence[UUID]:
        """List alerts whose moment has come, the most urgent and longest due first."""
        return (await self.db.execute(DUE, {"now": now, "most": most})).scalars().all()

    async def claim(self, alert_id: UUID, now: datetime) -> Alert | None:
        """Lock an alert that is due, unless somebody else is at it. Raises UnreadableAlert."""
        row = (await self.db.execute(CLAIM, {"id_": alert_id, "now": now})).first()
        return None if row is None else _read(row.state)

    async def next_due_at(self) -> datetime | None:
        """Say when the next alert has its moment."""
        moment: datetime | None = (await self.db.execute(NEXT)).scalar_one()
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
