"""Who is cared for, who cares for them, and what was agreed: the facts behind a decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Alert, Opening
from hub.store.events import Event
from hub.store.tables import clients, homes, organisations


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an alert is about: one client, or everybody in a home, or nobody we know."""

    organisation_id: UUID
    subject_id: UUID
    home_id: UUID | None
    client_ids: tuple[UUID, ...]
    living_form: str
    time_zone: str
    care_ended: bool = False


@dataclass(frozen=True, slots=True)
class Resident:
    """A client, where they live, and the options of their care plan."""

    organisation_id: UUID
    client_id: UUID
    home_id: UUID
    time_zone: str
    options: Mapping[str, Any]


CALLABLE = sa.text("""
WITH about AS (
    SELECT unnest(CAST(:client_ids AS uuid[])) AS client_id
), region AS (
    SELECT region_id FROM homes WHERE id = :home_id
), turn AS (
    SELECT partner_id FROM turns
    WHERE region_id IN (SELECT region_id FROM region) AND during @> CAST(:now AS timestamptz)
), partner AS (
    SELECT partner_id FROM turn
    UNION
    SELECT served_by_id FROM service_contracts
    WHERE organisation_id = :organisation_id AND role = 'partner'
      AND valid @> CAST(:now AS timestamptz) AND NOT EXISTS (SELECT 1 FROM turn)
      AND (region_id IS NULL OR region_id IN (SELECT region_id FROM region))
), centre AS (
    SELECT served_by_id FROM service_contracts
    WHERE organisation_id = :organisation_id AND role = 'centre'
      AND valid @> CAST(:now AS timestamptz)
), found AS (
    SELECT k.contact_id AS id, 'informal_caregiver' AS level, k.position, k.consent
    FROM client_contacts k JOIN about USING (client_id)
    UNION ALL
    SELECT c.team_id, 'own_team', 1, true FROM clients c JOIN about ON about.client_id = c.id
    WHERE c.team_id IS NOT NULL
    UNION ALL
    SELECT c.id, c.level, 1, true FROM contacts c JOIN partner ON c.organisation_id = partner_id
    WHERE c.level = 'night_partner' AND c.sort IN ('organisation', 'team')
    UNION ALL
    SELECT c.id, c.level, 1, true FROM contacts c JOIN centre ON c.organisation_id = served_by_id
    WHERE c.level = 'care_centre' AND c.sort = 'desk'
    UNION ALL
    SELECT backup_contact_id, 'backup', 1, true FROM organisations
    WHERE id = :organisation_id AND backup_contact_id IS NOT NULL
)
SELECT f.id, f.level, bool_and(f.consent) AS consent, c.sort, c.ways,
       bool_or(a.id IS NOT NULL) AS absent,
       EXISTS (SELECT 1 FROM custodies u WHERE u.contact_id = f.id AND u.alert_id <> :alert_id)
           AS busy
FROM found f JOIN contacts c ON c.id = f.id
LEFT JOIN absences a ON a.contact_id = f.id AND a.during @> CAST(:now AS timestamptz)
GROUP BY f.id, f.level, c.sort, c.ways
ORDER BY f.level, min(f.position), f.id
""")

DESKS = sa.text("""
SELECT c.id FROM contacts c JOIN service_contracts s ON s.served_by_id = c.organisation_id
WHERE s.organisation_id = :organisation_id AND s.role = 'centre'
  AND s.valid @> CAST(:now AS timestamptz) AND c.sort = 'desk'
ORDER BY c.id
""")


RESIDENTS = (
    sa.select(
        homes.c.id.label("home_id"),
        homes.c.organisation_id,
        homes.c.living_form,
        organisations.c.time_zone,
        clients.c.id.label("client_id"),
        clients.c.care_ended_at,
    )
    .select_from(homes.join(organisations).outerjoin(clients, clients.c.home_id == homes.c.id))
    .order_by(clients.c.id)
)
WHO: sa.BindParameter[Any] = sa.bindparam("who", type_=sa.Uuid)
AT_HOME = RESIDENTS.where(homes.c.id == WHO)
OF_CLIENT = RESIDENTS.where(
    homes.c.id == sa.select(clients.c.home_id).where(clients.c.id == WHO).scalar_subquery()
)
# A bound may be infinite, for which there is no Python moment: then it is as good as none.
AGREED = sa.text("""
SELECT id, client_id, name, body,
       CASE WHEN isfinite(lower(valid)) THEN lower(valid) END AS valid_from,
       CASE WHEN isfinite(upper(valid)) THEN upper(valid) END AS valid_until
FROM agreements
WHERE organisation_id = :organisation_id AND valid @> CAST(:now AS timestamptz)
  AND (client_id IS NULL OR client_id = ANY(CAST(:client_ids AS uuid[])))
""")


class Care:
    """The care relations of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def lock(self, client_ids: Iterable[UUID], home_ids: Iterable[UUID]) -> None:
        """Lock these clients and everybody in these homes, in the order of their ids."""
        client_ids, home_ids = list(client_ids), list(home_ids)
        if not client_ids and not home_ids:
            return
        whose = sa.or_(clients.c.id.in_(client_ids), clients.c.home_id.in_(home_ids))
        locked = sa.select(clients.c.id).where(whose).order_by(clients.c.id).with_for_update()
        await self.db.execute(locked)

    async def residents(
        self, client_ids: Iterable[UUID], home_ids: Iterable[UUID]
    ) -> Sequence[Resident]:
        """Read these clients and everybody in these homes, without their names."""
        asked = (
            sa.select(
                clients.c.organisation_id,
                clients.c.id,
                clients.c.home_id,
                organisations.c.time_zone,
                clients.c.options,
            )
            .select_from(clients.join(organisations))
            .where(
                sa.or_(clients.c.id.in_(list(client_ids)), clients.c.home_id.in_(list(home_ids)))
            )
            .order_by(clients.c.id)
        )
        return [Resident(*row) for row in await self.db.execute(asked)]

    async def subject(self, client_id: UUID | None, home_id: UUID | None) -> Subject | None:
        """Read whom an event is about; None when there is neither client nor home."""
        asked = AT_HOME if client_id is None else OF_CLIENT
        rows = (await self.db.execute(asked, {"who": client_id or home_id})).all()
        if not rows:
            return None
        return _subject(client_id, rows)

    def nobody(self, organisation_id: UUID, thing_id: UUID, home_id: UUID | None = None) -> Subject:
        """Stand in for a client where there is none: the device or gateway itself."""
        return Subject(organisation_id, thing_id, home_id, (), "spread", "Europe/Amsterdam")

    async def subject_of(self, event: Event) -> Subject:
        """Read whom an event is about, as it stands now."""
        client_id = event.subject_id if event.subject_id in event.client_ids else None
        subject = await self.subject(client_id, event.home_id)
        return subject or self.nobody(event.organisation_id, event.subject_id, event.home_id)

    async def subject_of_alert(self, alert: Alert) -> Subject:
        """Read whom an alert is about, as it stands now."""
        client_id = alert.client_ids[0] if len(alert.client_ids) == 1 else None
        subject = await self.subject(client_id, alert.home_id)
        return subject or self.nobody(alert.organisation_id, alert.subject_id, alert.home_id)

    async def desks(self, organisation_id: UUID, now: datetime) -> Sequence[UUID]:
        """List the desks of the care centre that serves this organisation."""
        return (
            (await self.db.execute(DESKS, {"organisation_id": organisation_id, "now": now}))
            .scalars()
            .all()
        )

    async def callable_for(self, alert: Alert | Opening, now: datetime) -> Sequence[Any]:
        """List everybody any level could call: id, level, consent, sort, ways, absent, busy."""
        values = {
            "client_ids": list(alert.client_ids),
            "home_id": alert.home_id,
            "organisation_id": alert.organisation_id,
            "alert_id": alert.id,
            "now": now,
        }
        return (await self.db.execute(CALLABLE, values)).all()

    async def agreements_for(self, subject: Subject, now: datetime) -> Sequence[Any]:
        """List the agreements valid now of these clients and of their organisation."""
        values = {
            "organisation_id": subject.organisation_id,
            "client_ids": list(subject.client_ids),
            "now": now,
        }
        return (await self.db.execute(AGREED, values)).all()


def _subject(client_id: UUID | None, rows: Sequence[Any]) -> Subject:
    first = rows[0]
    about = [row for row in rows if row.client_id is not None]
    if client_id is not None:
        about = [row for row in about if row.client_id == client_id]
    return Subject(
        organisation_id=first.organisation_id,
        subject_id=client_id or first.home_id,
        home_id=first.home_id,
        client_ids=tuple(row.client_id for row in about),
        living_form=first.living_form,
        time_zone=first.time_zone,
        care_ended=bool(about) and all(row.care_ended_at is not None for row in about),
    )
