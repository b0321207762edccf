"""Who is cared for, who cares for them, and what was agreed: the facts behind a decision."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Alert
from escalation.modes import Modes
from hub.store.events import Event
from hub.store.modes import read_modes
from hub.store.on_duty import ON_DUTY
from hub.store.straight import Asked, Straight


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
    modes: tuple[Modes, ...] = ()  # of each client who is in care, not ended; some yet to begin


@dataclass(frozen=True, slots=True)
class Resident:
    """A client, where they live, and the options of their care plan.

    `shares`: others in care live there too. `ended`: their own care has ended.
    """

    organisation_id: UUID
    client_id: UUID
    home_id: UUID
    time_zone: str
    options: Mapping[str, Any]
    modes: Modes = ()
    ended: bool = False
    shares: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """Whose contacts and agreements are asked for, at which moment."""

    organisation_id: UUID
    home_id: UUID | None
    client_ids: tuple[UUID, ...]
    at: datetime


MODES = b"""
(SELECT jsonb_agg(jsonb_build_array(m.mode, m.begins_at, m.ends_at)) FROM modes m
 WHERE m.client_id = c.id AND m.ended_at IS NULL) AS modes
"""
# Each row of what is asked has a number `n`, counted from 1; the rows found carry it along.
ASKED = b"""
WITH asked AS (
    SELECT * FROM unnest(%(organisations)s::uuid[], %(homes)s::uuid[], %(at)s::timestamptz[])
        WITH ORDINALITY AS a (organisation_id, home_id, at, n)
), about AS (
    SELECT * FROM unnest(%(whose)s::int[], %(clients)s::uuid[]) AS b (n, client_id)
)"""
PEOPLE = (
    ASKED
    + b""", elsewhere AS (
    SELECT n, min(m.region_id::text)::uuid AS region_id,
           min(m.provider_id::text)::uuid AS provider_id
    FROM about JOIN asked USING (n) LEFT JOIN modes m
        ON m.client_id = about.client_id AND m.mode = 'elsewhere' AND m.ended_at IS NULL
        AND m.begins_at <= at AND at < m.ends_at
    GROUP BY n HAVING count(m.id) = count(*)
), home AS (
    SELECT n, coalesce(elsewhere.region_id, homes.region_id) AS region_id, at
    FROM asked JOIN homes ON homes.id = home_id LEFT JOIN elsewhere USING (n)
), turn AS (
    SELECT n, partner_id FROM home JOIN regions r ON r.id = region_id JOIN turns USING (region_id)
    WHERE during @> CASE WHEN r.service_hour IS NULL THEN at ELSE (
        date_trunc('day', (at AT TIME ZONE 'Europe/Amsterdam') - r.service_hour) + r.service_hour
    ) AT TIME ZONE 'Europe/Amsterdam' END
), partner AS (
    SELECT n, partner_id FROM turn
    UNION
    SELECT n, served_by_id FROM asked JOIN service_contracts s USING (organisation_id)
    WHERE role = 'partner' AND valid @> at AND n NOT IN (SELECT n FROM turn)
      AND (s.region_id IS NULL OR EXISTS (
          SELECT FROM home h WHERE h.n = asked.n AND h.region_id = s.region_id))
), centre AS (
    SELECT n, served_by_id FROM asked JOIN service_contracts USING (organisation_id)
    WHERE role = 'centre' AND valid @> at
), found AS (
    SELECT n, k.contact_id AS id, 'informal_caregiver' AS level, k.position, k.consent
    FROM about JOIN client_contacts k USING (client_id)
    UNION ALL
    SELECT n, c.team_id, 'own_team', 1, true FROM about JOIN clients c ON c.id = client_id
    WHERE c.team_id IS NOT NULL
      AND n NOT IN (SELECT n FROM elsewhere WHERE provider_id IS NOT NULL)
    UNION ALL
    SELECT n, c.id, c.level, 1, true FROM elsewhere
    JOIN contacts c ON c.organisation_id = provider_id
    WHERE c.level = 'own_team' AND c.sort = 'team'
    UNION ALL
    SELECT n, c.id, c.level, 1, true FROM partner JOIN contacts c ON c.organisation_id = partner_id
    WHERE c.level = 'night_partner' AND c.sort IN ('organisation', 'team')
    UNION ALL
    SELECT n, c.id, c.level, 1, true FROM centre JOIN contacts c ON c.organisation_id = served_by_id
    WHERE c.level = 'care_centre' AND c.sort = 'desk'
    UNION ALL
    SELECT n, o.backup_contact_id, 'backup', 1, true
    FROM asked JOIN organisations o ON o.id = organisation_id WHERE o.backup_contact_id IS NOT NULL
)
SELECT n, f.id, f.level, bool_and(f.consent) AS consent, c.sort, c.ways,
       bool_or(a.id IS NOT NULL) AS absent,
       ARRAY(SELECT u.alert_id FROM custodies u WHERE u.contact_id = f.id) AS has,"""
    + ON_DUTY
    + b"""FROM found f JOIN contacts c ON c.id = f.id JOIN asked USING (n)
LEFT JOIN absences a ON a.contact_id = f.id AND a.during @> asked.at
GROUP BY n, asked.n, asked.at, asked.organisation_id, asked.home_id,
         f.id, f.level, c.organisation_id, c.sort, c.ways
ORDER BY n, f.level, min(f.position), f.id
"""
)
# A bound may be infinite, for which there is no Python moment: then it is as good as none.
AGREED = (
    ASKED
    + b"""
SELECT n, id, client_id, name, body,
       (SELECT jsonb_object_agg(h.day, extract(epoch FROM h.starts)) FROM holidays h
        WHERE h.organisation_id = agreed.organisation_id
          AND h.day BETWEEN (at AT TIME ZONE 'UTC')::date - 2
                        AND (at AT TIME ZONE 'UTC')::date + 1) AS holidays,
       CASE WHEN isfinite(lower(valid)) THEN lower(valid) END AS valid_from,
       CASE WHEN isfinite(upper(valid)) THEN upper(valid) END AS valid_until
FROM (
    SELECT n, at, g.* FROM asked JOIN agreements g USING (organisation_id)
    WHERE g.client_id IS NULL
    UNION ALL
    SELECT n, at, g.* FROM about JOIN asked USING (n)
    JOIN agreements g ON g.organisation_id = asked.organisation_id
        AND g.client_id = about.client_id
) AS agreed
WHERE valid @> at
ORDER BY n, id
"""
)
DESKS = b"""
SELECT c.id FROM contacts c JOIN service_contracts s ON s.served_by_id = c.organisation_id
WHERE s.organisation_id = %(organisation_id)s AND s.role = 'centre'
  AND s.valid @> %(now)s AND c.sort = 'desk'
ORDER BY c.id
"""
AT_HOME = (
    b"""
SELECT h.id AS home_id, h.organisation_id, h.living_form, o.time_zone, c.id AS client_id,
       c.care_ended_at,"""
    + MODES
    + b"""FROM homes h JOIN organisations o ON o.id = h.organisation_id
LEFT JOIN clients c ON c.home_id = h.id
WHERE h.id = ANY(%(homes)s::uuid[] || ARRAY(
    SELECT home_id FROM clients WHERE id = ANY(%(clients)s::uuid[])))
ORDER BY h.id, c.id
"""
)
RESIDENT = (
    b"""
c.organisation_id, c.id AS client_id, c.home_id, o.time_zone, c.options,"""
    + MODES
    + b""", c.care_ended_at IS NOT NULL AS ended,
       EXISTS (SELECT FROM clients other WHERE other.home_id = c.home_id AND other.id <> c.id
                 AND other.care_ended_at IS NULL) AS shares
"""
)
THEY = b"c.id = ANY(%(clients)s::uuid[]) OR c.home_id = ANY(%(homes)s::uuid[])"
RESIDENTS = (
    b"SELECT"
    + RESIDENT
    + b"FROM clients c JOIN organisations o ON o.id = c.organisation_id WHERE "
    + THEY
    + b" ORDER BY c.id"
)
LOCK = b"""
SELECT id FROM clients WHERE id = ANY(%(clients)s::uuid[]) OR home_id = ANY(%(homes)s::uuid[])
ORDER BY id FOR NO KEY UPDATE
"""


# To plan `PEOPLE` costs ten times what it takes to run it, and one plan is good for all values.
PLANNED_ONCE: Asked = (b"SET LOCAL plan_cache_mode = force_generic_plan", {})
PLANNED_AS_ALWAYS: Asked = (b"SET LOCAL plan_cache_mode = auto", {})


def asked_about(asked: Sequence[About]) -> Mapping[str, Any]:
    """Write what is asked as the values of `PEOPLE` and `AGREED`, whose rows carry its number."""
    whose = [(n, client_id) for n, one in enumerate(asked, 1) for client_id in one.client_ids]
    return {
        "organisations": [one.organisation_id for one in asked],
        "homes": [one.home_id for one in asked],
        "at": [one.at for one in asked],
        "whose": [n for n, _ in whose],
        "clients": [client_id for _, client_id in whose],
    }


def read_resident(row: Sequence[Any]) -> Resident:
    """Read the columns of `RESIDENT`."""
    organisation_id, client_id, home_id, zone, options, modes, *rest = row
    return Resident(organisation_id, client_id, home_id, zone, options, read_modes(modes), *rest)


def _ids(client_ids: Iterable[UUID], home_ids: Iterable[UUID]) -> Mapping[str, Any]:
    return {"clients": list(client_ids), "homes": list(home_ids)}


class Households:
    """Who lives where, as the rows of `AT_HOME` say."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._homes: dict[UUID, list[Any]] = defaultdict(list)
        self._home_of: dict[UUID, UUID] = {}
        for row in rows:
            self._homes[row.home_id].append(row)
            if row.client_id is not None:
                self._home_of[row.client_id] = row.home_id

    def subject(self, client_id: UUID | None, home_id: UUID | None) -> Subject | None:
        """Say whom an event is about; None when there is neither client nor home."""
        home = home_id if client_id is None else self._home_of.get(client_id)
        return _subject(client_id, self._homes[home]) if home in self._homes else None


class Care:
    """The care relations of one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight

    async def lock(self, client_ids: Iterable[UUID], home_ids: Iterable[UUID]) -> None:
        """Lock these clients and everybody in these homes, in the order of their ids."""
        await self.straight.rows(LOCK, _ids(client_ids, home_ids))

    async def lock_at_home(
        self, client_ids: Collection[UUID], home_ids: Collection[UUID], *first: Asked
    ) -> Households:
        """Do what `lock` does, and read who lives with them then; `first` goes before it."""
        if not client_ids and not home_ids and not first:
            return Households(())
        asked = _ids(client_ids, home_ids)
        *_, rows = await self.straight.together(*first, (LOCK, asked), (AT_HOME, asked))
        return Households(rows)

    async def residents(
        self, client_ids: Iterable[UUID], home_ids: Iterable[UUID]
    ) -> Sequence[Resident]:
        """Read these clients and everybody in these homes, without their names."""
        rows = await self.straight.rows(RESIDENTS, _ids(client_ids, home_ids))
        return [read_resident(row) for row in rows]

    async def subject(self, client_id: UUID | None, home_id: UUID | None) -> Subject | None:
        """Read whom an event is about; None when there is neither client nor home."""
        clients_, homes_ = {client_id} - {None}, {home_id} - {None}
        rows = await self.straight.rows(AT_HOME, {"clients": list(clients_), "homes": list(homes_)})
        return Households(rows).subject(client_id, home_id)

    def nobody(self, organisation_id: UUID, thing_id: UUID, home_id: UUID | None = None) -> Subject:
        """Stand in for a client where there is none: the device or gateway itself."""
        return Subject(organisation_id, thing_id, home_id, (), "spread", "Europe/Amsterdam")

    async def subject_of(self, event: Event) -> Subject:
        """Read whom an event is about, as it stands now."""
        client_id = event.subject_id if event.subject_id in event.client_ids else None
        subject = await self.subject(client_id, event.home_id)
        return subject or self.nobody(event.organisation_id, event.subject_id, event.home_id)

    async def subjects_of(self, alerts: Sequence[Alert]) -> Sequence[Subject]:
        """Read whom each of these alerts is about, as it stands now."""
        alone = [one.client_ids[0] if len(one.client_ids) == 1 else None for one in alerts]
        homes_ = {one.home_id for one in alerts if one.home_id is not None}
        rows = await self.straight.rows(AT_HOME, _ids({one for one in alone if one}, homes_))
        known = Households(rows)
        return [
            known.subject(client_id, one.home_id)
            or self.nobody(one.organisation_id, one.subject_id, one.home_id)
            for one, client_id in zip(alerts, alone, strict=True)
        ]

    async def desks(self, organisation_id: UUID, now: datetime) -> Sequence[UUID]:
        """List the desks of the care centre that serves this organisation."""
        values = {"organisation_id": organisation_id, "now": now}
        return [row.id for row in await self.straight.rows(DESKS, values)]

    async def known(
        self, asked: Sequence[About], *beside: Asked
    ) -> tuple[Sequence[Sequence[Any]], ...]:
        """Read, for each of what is asked: whom any level could call, and what was agreed.

        People: id, level, consent, sort, ways, absent, the alerts they `has`, and the columns of
        `ON_DUTY`. Agreements valid then, of these clients and of their organisation: id,
        client_id, name, body, valid_from, valid_until, and the holidays around then. Then the
        rows of what is asked `beside`, on the same trip and before them.
        """
        values = asked_about(asked)
        *others, _, people, agreed, _ = await self.straight.together(
            *beside, PLANNED_ONCE, (PEOPLE, values), (AGREED, values), PLANNED_AS_ALWAYS
        )
        return _each(people, len(asked)), _each(agreed, len(asked)), *others


def _each(rows: Iterable[Any], count: int) -> Sequence[Sequence[Any]]:
    found: list[list[Any]] = [[] for _ in range(count)]
    for row in rows:
        found[row.n - 1].append(row)
    return found


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
        modes=tuple(read_modes(row.modes) for row in about if row.care_ended_at is None),
    )
