"""Reads what a proof needs: clients, what was agreed, and who can be called over a stretch of time.

Every question is asked once for all clients together.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.people import WakeUp

CLIENTS = sa.text("""
SELECT c.id, c.external_id, c.organisation_id, o.external_id AS organisation, c.team_id,
       h.region_id, h.living_form, o.time_zone, o.backup_contact_id, r.service_hour
FROM clients c JOIN homes h ON h.id = c.home_id LEFT JOIN regions r ON r.id = h.region_id
JOIN organisations o ON o.id = c.organisation_id
WHERE c.care_ended_at IS NULL
  AND (CAST(:client_ids AS uuid[]) IS NULL OR c.id = ANY(CAST(:client_ids AS uuid[])))
ORDER BY o.external_id, c.external_id
""")
NAMED = sa.text("""
SELECT c.id FROM clients c JOIN organisations o ON o.id = c.organisation_id
WHERE c.id::text = :name OR c.external_id = :name OR o.external_id || '/' || c.external_id = :name
""")
IN_CARE_OF = sa.text("""
SELECT id FROM clients
WHERE organisation_id = ANY(CAST(:organisations AS uuid[])) AND care_ended_at IS NULL
""")
AGREEMENTS = sa.text("""
SELECT id, organisation_id, client_id, name, body,
       CASE WHEN isfinite(lower(valid)) THEN lower(valid) END AS valid_from,
       CASE WHEN isfinite(upper(valid)) THEN upper(valid) END AS valid_until
FROM agreements
WHERE valid && tstzrange(:begins, :ends)
  AND ((client_id IS NULL AND organisation_id = ANY(CAST(:organisations AS uuid[])))
       OR client_id = ANY(CAST(:clients AS uuid[])))
ORDER BY id
""")
RELATIVES = sa.text("""
SELECT client_id, contact_id, relation, position, consent, limits FROM client_contacts
WHERE client_id = ANY(CAST(:clients AS uuid[]))
ORDER BY client_id, position, contact_id
""")
CONTRACTS = sa.text("""
SELECT organisation_id, served_by_id, region_id, role, hours, response_target,
       CASE WHEN isfinite(lower(valid)) THEN lower(valid) END AS begins_at,
       CASE WHEN isfinite(upper(valid)) THEN upper(valid) END AS ends_at
FROM service_contracts
WHERE organisation_id = ANY(CAST(:organisations AS uuid[]))
ORDER BY id
""")
TURNS = sa.text("""
SELECT region_id, partner_id,
       CASE WHEN isfinite(lower(during)) THEN lower(during) END AS begins_at,
       CASE WHEN isfinite(upper(during)) THEN upper(during) END AS ends_at
FROM turns WHERE region_id = ANY(CAST(:regions AS uuid[]))
ORDER BY region_id, during
""")
CONTACTS = sa.text("""
SELECT c.id, c.organisation_id, c.external_id, c.name, c.sort, c.level, c.ways, r.known_until
FROM contacts c LEFT JOIN rosters r ON r.contact_id = c.id
WHERE c.id = ANY(CAST(:contacts AS uuid[]))
   OR c.id IN (SELECT to_id FROM diverts WHERE contact_id = ANY(CAST(:contacts AS uuid[])))
   OR (c.organisation_id = ANY(CAST(:partners AS uuid[]))
       AND c.level = 'night_partner' AND c.sort IN ('organisation', 'team'))
   OR (c.organisation_id = ANY(CAST(:centres AS uuid[]))
       AND c.level = 'care_centre' AND c.sort = 'desk')
ORDER BY c.id
""")
SPELLS = {
    name: sa.text(f"""
SELECT {columns},
       CASE WHEN isfinite(lower(during)) THEN lower(during) END AS begins_at,
       CASE WHEN isfinite(upper(during)) THEN upper(during) END AS ends_at
FROM {name}
WHERE contact_id = ANY(CAST(:contacts AS uuid[])) AND during && tstzrange(:begins, :ends)
ORDER BY contact_id, during
""")  # noqa: S608 - the names of our own tables
    for name, columns in (
        ("absences", "contact_id"),
        ("shifts", "contact_id"),
        ("diverts", "contact_id, to_id"),
    )
}
WOKEN = sa.text("""
SELECT DISTINCT contact_id, alert_id, date_trunc('hour', created_at) AS at FROM outbox
WHERE contact_id = ANY(CAST(:contacts AS uuid[])) AND purpose = 'warn'
  AND created_at > CAST(:at AS timestamptz) - interval '9 days' AND created_at <= :at
ORDER BY contact_id, at, alert_id
""")
HOLIDAYS = sa.text("""
SELECT organisation_id, day, starts FROM holidays
WHERE organisation_id = ANY(CAST(:organisations AS uuid[]))
ORDER BY organisation_id, day
""")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of everything that decides who is called, for some clients."""

    clients: Sequence[Any]
    agreements: Sequence[Any]
    relatives: Sequence[Any]
    contracts: Sequence[Any]
    turns: Sequence[Any]
    contacts: Sequence[Any]
    absences: Sequence[Any]
    shifts: Sequence[Any]
    diverts: Sequence[Any]
    holidays: Sequence[Any]


async def named(db: AsyncConnection, name: str) -> Sequence[UUID]:
    """Find clients by id, by external id, or by `organisation/external id`."""
    return (await db.execute(NAMED, {"name": name})).scalars().all()


async def clients_of(db: AsyncConnection, organisations: Collection[UUID | None]) -> Sequence[UUID]:
    """Say who is in the care of these organisations."""
    asked = {"organisations": list(organisations)}
    return (await db.execute(IN_CARE_OF, asked)).scalars().all()


async def woken(db: AsyncConnection, rows: Rows, at: datetime) -> tuple[WakeUp, ...]:
    """Read which relatives were called in the nine days before a moment, and for which alerts."""
    asked = {"contacts": sorted({one.contact_id for one in rows.relatives}), "at": at}
    return tuple(WakeUp(*row) for row in (await db.execute(WOKEN, asked)).all())


async def read_rows(
    db: AsyncConnection, client_ids: Collection[UUID] | None, begins: datetime, ends: datetime
) -> Rows:
    """Read these clients (None: all) who are in care, and everything that bears on them."""

    async def ask(question: sa.TextClause, **values: Any) -> Sequence[Any]:
        asked = {name: list(one) if isinstance(one, set) else one for name, one in values.items()}
        return (await db.execute(question, asked)).all()

    asked = None if client_ids is None else list(client_ids)
    clients = await ask(CLIENTS, client_ids=asked)
    ids, owners = {one.id for one in clients}, {one.organisation_id for one in clients}
    regions = {one.region_id for one in clients} - {None}
    over = {"begins": begins, "ends": ends}
    relatives = await ask(RELATIVES, clients=ids)
    contracts = await ask(CONTRACTS, organisations=owners)
    turns = await ask(TURNS, regions=regions)
    partners = {one.served_by_id for one in contracts if one.role == "partner"}
    contacts = await ask(
        CONTACTS,
        contacts={one.contact_id for one in relatives}
        | {one.team_id for one in clients} - {None}
        | {one.backup_contact_id for one in clients} - {None},
        partners=partners | {one.partner_id for one in turns},
        centres={one.served_by_id for one in contracts if one.role == "centre"},
    )
    known = {one.id for one in contacts}
    return Rows(
        clients=clients,
        agreements=await ask(AGREEMENTS, organisations=owners, clients=ids, **over),
        relatives=relatives,
        contracts=contracts,
        turns=turns,
        contacts=contacts,
        absences=await ask(SPELLS["absences"], contacts=known, **over),
        shifts=await ask(SPELLS["shifts"], contacts=known, **over),
        diverts=await ask(SPELLS["diverts"], contacts=known, **over),
        holidays=await ask(HOLIDAYS, organisations=owners),
    )
