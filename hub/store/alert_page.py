"""What the page of one alert reads, beside the alert itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from escalation.model import Level
from escalation.modes import Mode
from hub.access.sharing import NOTHING, Part, Parts, Sharing
from hub.access.viewer import Viewer
from hub.store.board import Row, contacts_in, mentioned, read_row, rows_query, visible_to
from hub.store.modes import Modes
from hub.store.names import CLIENT, Client, Named, Names, client_shown, names_of
from hub.store.response_targets import Targets, read_response_targets
from hub.store.sharing import Sharings
from hub.store.tables import (
    alerts,
    client_contacts,
    clients,
    events,
    journal,
    memberships,
    outbox,
)


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of the account of an alert."""

    id: int
    at: datetime
    actor_id: UUID | None
    entered_by_id: UUID | None
    what: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message to one contact, and what became of it."""

    contact_id: UUID
    way: str
    purpose: str
    state: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Everything the page of one alert shows. `call_order` are the clients' contacts in order.

    `targets` say how soon the partners that serve this home now promised to be there; none for
    somebody who is elsewhere. `kept_back` is what contracts do not share of its clients, and
    `opened` says that whoever looks opened that in an emergency.
    """

    row: Row
    names: Names
    journal: Sequence[JournalLine]
    attempts: Sequence[Attempt]
    call_order: Sequence[UUID]
    members: Sequence[tuple[UUID, UUID]]
    others_at_home: Sequence[Client]
    also_open: Sequence[tuple[UUID, str]]
    kinds: Sequence[str]
    modes: Sequence[Any]
    kept_back: Parts
    opened: bool
    targets: Targets

    def choosable(self) -> Sequence[Named]:
        """List who may have telephoned, likeliest first: who has it, who was called last, their
        people, the rest of the ladder, the clients' own. Operators answer for themselves.
        """
        alert = self.row.alert
        warned = [one.contact.id for one in alert.warned][::-1] if alert is not None else []
        held = [one.by for one in alert.custody] if alert is not None else []
        ladder = [one for step in alert.plan.steps for one in step.who] if alert else []
        everybody = list(dict.fromkeys([*held, *warned, *ladder, *self.call_order]))
        groups = set(everybody)
        everybody += [person for group, person in self.members if group in groups]
        known = [self.names.contacts.get(one) for one in dict.fromkeys(everybody)]
        centre = Level.CARE_CENTRE.value
        return [one for one in known if one is not None and one.level != centre]


async def read_alert_page(
    db: AsyncConnection, viewer: Viewer, alert_id: UUID, now: datetime
) -> AlertPage | None:
    """Read one alert the viewer may see with all that belongs to it; None when there is none.

    `modes` are those of its clients that have not ended at `now`.
    """
    found = await db.execute(rows_query().where(alerts.c.id == alert_id, visible_to(viewer)))
    raw = found.first()
    if raw is None:
        return None
    row = read_row(raw)
    lines = await _journal(db, alert_id)
    order = await _call_order(db, row.client_ids)
    groups = {*order, *(mentioned(row.alert) if row.alert is not None else ())}
    members = await _members(db, groups)
    people = {one for line in lines for one in (line.actor_id, line.entered_by_id) if one}
    people |= {one for line in lines for one in _ids_in(line.facts)}
    sharing = await Sharings(db, viewer).about(alert_id, now)
    everybody = {*people, *order, *(person for _, person in members), *contacts_in([row])}
    names = await names_of(db, row.client_ids, everybody, sharing)
    kept_back = NOTHING.union(*(one.withheld for one in names.clients.values()))
    notes = Part.INSTRUCTIONS not in kept_back
    modes = await Modes(db).of(row.client_ids, now, notes=notes)
    away = any(one.mode == Mode.ELSEWHERE and one.begins_at <= now for one in modes)
    whose = raw.organisation_id, row.home_id
    return AlertPage(
        row=row,
        names=names,
        journal=lines,
        attempts=await _attempts(db, alert_id),
        call_order=order,
        members=members,
        others_at_home=await _others_at_home(db, row, sharing.closed),
        also_open=await _also_open(db, viewer, row),
        kinds=await _kinds(db, alert_id),
        modes=modes,
        kept_back=kept_back,
        opened=sharing.opened is not None,
        targets={} if away else await read_response_targets(db, *whose, now),
    )


async def _journal(db: AsyncConnection, alert_id: UUID) -> Sequence[JournalLine]:
    asked = (
        sa.select(
            journal.c.id,
            journal.c.at,
            journal.c.actor_id,
            journal.c.entered_by_id,
            journal.c.what,
            journal.c.facts,
        )
        .where(journal.c.alert_id == alert_id)
        .order_by(journal.c.id)
    )
    return [JournalLine(*row) for row in await db.execute(asked)]


async def _call_order(db: AsyncConnection, client_ids: Sequence[UUID]) -> Sequence[UUID]:
    asked = (
        sa.select(client_contacts.c.contact_id)
        .where(client_contacts.c.client_id.in_(client_ids))
        .order_by(client_contacts.c.position, client_contacts.c.contact_id)
    )
    return list(dict.fromkeys((await db.execute(asked)).scalars())) if client_ids else []


async def _members(db: AsyncConnection, groups: set[UUID]) -> Sequence[tuple[UUID, UUID]]:
    asked = sa.select(memberships.c.group_id, memberships.c.person_id).where(
        memberships.c.group_id.in_(groups)
    )
    return [(row.group_id, row.person_id) for row in await db.execute(asked)] if groups else []


def _ids_in(facts: Any) -> set[UUID]:
    """Find every id in a journal line's facts, however deep: some are people."""
    if isinstance(facts, dict):
        return {one for value in facts.values() for one in _ids_in(value)}
    if isinstance(facts, list):
        return {one for value in facts for one in _ids_in(value)}
    try:
        return {UUID(facts)} if isinstance(facts, str) else set()
    except ValueError:
        return set()


async def _attempts(db: AsyncConnection, alert_id: UUID) -> Sequence[Attempt]:
    asked = (
        sa.select(
            outbox.c.contact_id,
            outbox.c.way,
            outbox.c.purpose,
            outbox.c.state,
            outbox.c.reason,
            outbox.c.created_at,
        )
        .where(outbox.c.alert_id == alert_id, outbox.c.purpose == "warn")
        .order_by(outbox.c.created_at, outbox.c.id)
    )
    return [Attempt(*row) for row in await db.execute(asked)]


async def _others_at_home(db: AsyncConnection, row: Row, sharing: Sharing) -> Sequence[Client]:
    if row.home_id is None:
        return []
    asked = (
        CLIENT.where(clients.c.home_id == row.home_id, clients.c.id.not_in(row.client_ids))
        .where(clients.c.care_ended_at.is_(None))
        .order_by(clients.c.name)
    )
    return [client_shown(found, sharing) for found in await db.execute(asked)]


async def _also_open(db: AsyncConnection, viewer: Viewer, row: Row) -> Sequence[tuple[UUID, str]]:
    same = [alerts.c.client_ids.overlap(list(row.client_ids))]
    same += [alerts.c.home_id == row.home_id] if row.home_id is not None else []
    asked = (
        sa.select(alerts.c.id, alerts.c.kind)
        .where(visible_to(viewer), alerts.c.resolved_at.is_(None), alerts.c.id != row.id)
        .where(sa.or_(*same))
        .order_by(alerts.c.priority_rank, alerts.c.opened_at)
    )
    return [(found.id, found.kind) for found in await db.execute(asked)]


async def _kinds(db: AsyncConnection, alert_id: UUID) -> Sequence[str]:
    asked = sa.select(events.c.kind).where(events.c.alert_id == alert_id)
    return list(dict.fromkeys((await db.execute(asked.order_by(events.c.received_at))).scalars()))
