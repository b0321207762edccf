"""Which care plans must be proved (again), and what was found; every moment is an argument."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.sharing import CAREGIVER
from hub.access.viewer import Viewer
from hub.store.sharing import Sharings
from hub.store.tables import agreements, clients, proofs, service_contracts

TOLD = ("text_", "remedy_")  # what of a finding is words
AN_AGREEMENT = {"nl": "een afspraak", "en": "an agreement"}

# A client's plan hangs on whoever any level could call, and on what is agreed and known of them.
HIT = sa.text("""
INSERT INTO proofs (organisation_id, client_id, due_at)
SELECT c.organisation_id, c.id, :now FROM clients c
JOIN homes h ON h.id = c.home_id JOIN organisations o ON o.id = c.organisation_id
WHERE c.care_ended_at IS NULL AND (
    c.id = ANY(:things) OR c.home_id = ANY(:things) OR c.team_id = ANY(:things)
    OR h.region_id = ANY(:things) OR o.id = ANY(:things) OR o.backup_contact_id = ANY(:things)
    OR c.id IN (SELECT k.client_id FROM client_contacts k WHERE k.contact_id = ANY(:things))
    OR o.id IN (SELECT s.organisation_id FROM service_contracts s
                JOIN contacts p ON p.organisation_id = s.served_by_id WHERE p.id = ANY(:things))
    OR h.region_id IN (SELECT t.region_id FROM turns t
                       JOIN contacts p ON p.organisation_id = t.partner_id
                       WHERE p.id = ANY(:things)))
ORDER BY c.id
ON CONFLICT (client_id) DO UPDATE SET due_at = least(proofs.due_at, excluded.due_at)
RETURNING client_id
""").bindparams(sa.bindparam("things", type_=sa.ARRAY(sa.Uuid)))
EVERYBODY = sa.text("""
INSERT INTO proofs (organisation_id, client_id, due_at)
SELECT c.organisation_id, c.id, :now FROM clients c WHERE c.care_ended_at IS NULL ORDER BY c.id
ON CONFLICT (client_id) DO UPDATE SET due_at = least(proofs.due_at, excluded.due_at)
""")
CLAIM = sa.text("""
UPDATE proofs SET due_at = :until WHERE client_id IN (
    SELECT client_id FROM proofs WHERE due_at <= :now
    ORDER BY due_at, client_id LIMIT :most FOR UPDATE SKIP LOCKED)
RETURNING client_id
""")
SETTLE = sa.text("""
UPDATE proofs SET proved_at = :now, until = :ends, errors = :errors, warnings = :warnings,
    findings = CAST(:findings AS jsonb),
    due_at = CASE WHEN due_at = :claimed THEN NULL ELSE due_at END
WHERE client_id = :client_id
""")


class Proofs:
    """The proofs of one unit of work."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db

    async def hit(self, things: Iterable[UUID], now: datetime) -> Sequence[UUID]:
        """Let the plans be proved again that hang on these clients, homes, contacts, regions or
        organisations; whose.
        """
        asked = {"things": list(things), "now": now}
        return list((await self.db.execute(HIT, asked)).scalars()) if asked["things"] else []

    async def everybody(self, now: datetime) -> None:
        """Let the plan of everybody in care be proved."""
        await self.db.execute(EVERYBODY, {"now": now})

    async def claim(self, now: datetime, until: datetime, most: int) -> Sequence[UUID]:
        """Take clients whose plan must be proved; nobody else gets them before `until`."""
        asked = {"now": now, "until": until, "most": most}
        return list((await self.db.execute(CLAIM, asked)).scalars())

    async def settle(
        self,
        client_id: UUID,
        claimed: datetime,
        findings: Sequence[Mapping[str, Any]],
        now: datetime,
        ends: datetime,
    ) -> None:
        """Store a proof; a plan that was hit while it was proved stays due."""
        graves = [one["gravity"] for one in findings]
        await self.db.execute(
            SETTLE,
            {
                "client_id": client_id,
                "claimed": claimed,
                "findings": json.dumps(findings),
                "errors": graves.count("error"),
                "warnings": graves.count("warning"),
                "now": now,
                "ends": ends,
            },
        )

    async def forget(self, client_ids: Sequence[UUID]) -> None:
        """Drop the proofs of those who are in care no longer."""
        await self.db.execute(sa.delete(proofs).where(proofs.c.client_id.in_(client_ids)))

    async def next_due_at(self) -> datetime | None:
        """Say when the next plan is to be proved."""
        moment: datetime | None = await self.db.scalar(sa.select(sa.func.min(proofs.c.due_at)))
        return moment

    async def seen(
        self, viewer: Viewer, now: datetime, client_id: UUID | None = None, most: int = 200
    ) -> Sequence[Any]:
        """List proofs of the viewer's own clients and of those it is the care centre of.

        Those with errors first, then with warnings. One client's proof, where one is named.
        """
        served = sa.select(service_contracts.c.organisation_id).where(
            service_contracts.c.served_by_id == viewer.organisation_id,
            service_contracts.c.role == "centre",
            service_contracts.c.valid.contains(sa.literal(now, sa.DateTime(timezone=True))),
        )
        own = clients.c.organisation_id == viewer.organisation_id
        asked = (
            sa.select(proofs, clients.c.name, clients.c.external_id)
            .join(clients, clients.c.id == proofs.c.client_id)
            .where(sa.or_(own, clients.c.organisation_id.in_(served)))
            .where(clients.c.care_ended_at.is_(None))
            .order_by(proofs.c.errors.desc(), proofs.c.warnings.desc(), clients.c.name)
            .limit(most)
        )
        if client_id is not None:
            asked = asked.where(proofs.c.client_id == client_id)
        rows: Sequence[Any] = (await self.db.execute(asked)).all()
        return await self._as_shared(rows, viewer, now)

    async def _as_shared(self, rows: Sequence[Any], viewer: Viewer, now: datetime) -> Sequence[Any]:
        """Take the names of caregivers out of findings where a contract keeps those back.

        What an agreement is called goes with them: a caregiver's name may stand in it.
        """
        sharings = Sharings(self.db, viewer)
        whose = [row.client_id for row in rows]
        names = await sharings.without_names(await sharings.now(now), whose)
        agreed = await self._agreed(names)
        return [
            _unnamed(row, names[row.client_id], agreed.get(row.client_id, ()))
            if row.client_id in names
            else row
            for row in rows
        ]

    async def _agreed(self, client_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[str]]:
        """What the agreements of these clients are called, longest names first."""
        own = agreements.c.client_id == clients.c.id
        theirs = agreements.c.organisation_id == clients.c.organisation_id
        asked = (
            sa.select(clients.c.id, sa.func.array_agg(agreements.c.name).label("names"))
            .join(agreements, sa.or_(own, sa.and_(agreements.c.client_id.is_(None), theirs)))
            .where(clients.c.id.in_(list(client_ids)))
            .group_by(clients.c.id)
        )
        rows = (await self.db.execute(asked)).all() if client_ids else ()
        return {row.id: sorted(row.names, key=len, reverse=True) for row in rows}


def _unnamed(row: Any, names: re.Pattern[str], agreed: Sequence[str]) -> Any:
    def nameless(name: str, text: str) -> str:
        for one in agreed:
            text = text.replace(f"'{one}'", AN_AGREEMENT[name[-2:]])
        return names.sub(CAREGIVER, text)

    findings = [
        {
            name: nameless(name, one) if name.startswith(TOLD) else one
            for name, one in finding.items()
        }
        for finding in row.findings
    ]
    return SimpleNamespace(**{**row._mapping, "findings": findings})
