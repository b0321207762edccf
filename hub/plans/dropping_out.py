"""A caregiver who drops out: every plan that is hit, a proposal for each, and work with a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.agreements import Agreement
from escalation.care_file import CareFile
from escalation.model import Step
from escalation.temporary import next_working_day, without
from hub.plans.files import CareFiles, horizon
from hub.plans.telling import told_agreement
from hub.plans.words import LEVELS, Language, length
from hub.plans.work import make_work
from hub.store.care_files import read_rows
from hub.store.tables import absences, client_contacts, contacts
from hub.store.unit_of_work import UnitOfWork
from hub.words.times import WEEKDAYS


@dataclass(frozen=True, slots=True)
class Away:
    """Who cannot be called, from when until when (None: it is not known), and why."""

    id: UUID
    organisation_id: UUID
    contact_id: UUID
    begins_at: datetime
    ends_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One client whose plan is hit: what is proposed meanwhile, and by when the team must look."""

    client_id: UUID
    external_id: str
    proposed: tuple[Agreement, ...]
    review_by: date


async def drops_out(uow: UnitOfWork, away: Away, now: datetime) -> Sequence[Hit]:
    """Let somebody be called no more, at once or from a moment, and tell the teams concerned.

    Each plan that is hit is proved again, and is work in the queue of its team. The same id a
    second time changes nothing.
    """
    clients = await _clients_of(uow.db, away.contact_id)
    await uow.care.lock(clients, set())
    await _note(uow, away)
    await uow.proofs.hit([away.contact_id], now)
    hits = await hits_of(uow, away, now)
    for hit in hits:
        event_id = uuid5(away.id, str(hit.client_id))
        await make_work(uow, away.organisation_id, hit.client_id, event_id, said(hit, away), now)
    uow.touched |= {"board", "proofs due"}
    return hits


async def hits_of(uow: UnitOfWork, away: Away, now: datetime) -> Sequence[Hit]:
    """List every plan that is hit while somebody is away, with what is proposed for it."""
    clients = await _clients_of(uow.db, away.contact_id)
    if not clients:
        return []
    rows = await read_rows(uow.db, clients, *horizon(now, 30))
    labels = {one.id: one.external_id for one in rows.clients}
    return [_hit(care, labels[care.client_id], away, now) for care in CareFiles(rows, now)]


async def _clients_of(db: AsyncConnection, contact_id: UUID) -> Sequence[UUID]:
    whose = sa.select(client_contacts.c.client_id).where(client_contacts.c.contact_id == contact_id)
    return list((await db.execute(whose)).scalars())


async def _note(uow: UnitOfWork, away: Away) -> None:
    values = {
        "id": away.id,
        "organisation_id": away.organisation_id,
        "external_id": str(away.id),
        "contact_id": away.contact_id,
        "during": Range(away.begins_at, away.ends_at),
        "reason": away.reason,
    }
    known = {name: one for name, one in values.items() if name in absences.c}
    await uow.db.execute(insert(absences).values(known).on_conflict_do_nothing())


async def caregivers_of(db: AsyncConnection, client_id: UUID) -> Sequence[Any]:
    """List a client's caregivers in the order they are called in.

    Each: contact_id, external_id, name, relation, consent, limits.
    """
    own = (client_contacts.c[name] for name in ("contact_id", "relation", "consent", "limits"))
    asked = (
        sa.select(*own, contacts.c.name, contacts.c.external_id)
        .join(contacts, contacts.c.id == client_contacts.c.contact_id)
        .where(client_contacts.c.client_id == client_id)
        .order_by(client_contacts.c.position, client_contacts.c.contact_id)
    )
    rows: Sequence[Any] = (await db.execute(asked)).all()
    return rows


async def absences_of(db: AsyncConnection, client_id: UUID, now: datetime) -> Sequence[UUID]:
    """List the absences of a client's caregivers that are not over, the last to begin first."""
    ends = sa.func.upper(absences.c.during)
    asked = (
        sa.select(absences.c.id)
        .join(client_contacts, client_contacts.c.contact_id == absences.c.contact_id)
        .where(client_contacts.c.client_id == client_id, sa.or_(ends.is_(None), ends > now))
        .order_by(sa.func.lower(absences.c.during).desc(), absences.c.id)
    )
    return list((await db.execute(asked)).scalars())


async def away_now(db: AsyncConnection, organisation_id: UUID, now: datetime) -> Sequence[Any]:
    """List who of an organisation's caregivers cannot be called now: id, name, how many plans."""
    moment = sa.literal(now, sa.DateTime(timezone=True))
    asked = (
        sa.select(absences.c.id, contacts.c.name, sa.func.count().label("plans"))
        .join(contacts, contacts.c.id == absences.c.contact_id)
        .join(client_contacts, client_contacts.c.contact_id == contacts.c.id)
        .where(absences.c.organisation_id == organisation_id, absences.c.during.contains(moment))
        .group_by(absences.c.id, contacts.c.name)
        .order_by(contacts.c.name, absences.c.id)
        .limit(200)
    )
    return (await db.execute(asked)).all()


def _hit(care: CareFile, external_id: str, away: Away, now: datetime) -> Hit:
    return Hit(
        care.client_id,
        external_id,
        without(care, away.contact_id),
        next_working_day(now, care.time_zone, care.holidays),
    )


def said(hit: Hit, away: Away) -> str:
    """Say in Dutch that somebody drops out, by when to look, and what is proposed.

    Not who, nor what an agreement is called: partners read it too, and a contract may keep back
    whose name is in it.
    """
    until = "" if away.ends_at is None else f" tot {away.ends_at:%d-%m}"
    by = f"{WEEKDAYS[hit.review_by.weekday()]} {hit.review_by:%d-%m}"
    lines = [f"Een mantelzorger valt uit vanaf {away.begins_at:%d-%m}{until}."]
    lines.append(f"Maak uiterlijk {by} nieuwe afspraken.")
    lines += [
        f"Voorstel voor “{told_agreement(one)}”: {ladder(one.steps)}." for one in hit.proposed
    ]
    return " ".join(lines)


def ladder(steps: Sequence[Step]) -> str:
    """Say a ladder in Dutch, in one line."""
    words = LEVELS[Language.DUTCH]
    return " > ".join(f"{words[one.level]} {length(one.wait, Language.DUTCH)}" for one in steps)
