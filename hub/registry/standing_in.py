"""Temporary plans: the proposals for while a caregiver is away, put in force and taken back.

A temporary plan is an agreement that stands in for another while it holds: that one stays as it
is, and is followed again when the temporary one ends, by itself or by hand.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.agreements import Agreement
from hub.access.viewer import Viewer
from hub.plans.dropping_out import Away, Hit, hits_of
from hub.plans.work import finish_work, make_work
from hub.registry import plans
from hub.registry.activating import carried_in
from hub.registry.bringing import begun
from hub.registry.ending import end
from hub.registry.nouns import AGREEMENTS
from hub.registry.outcome import Outcome, Refused, new_ids, who_of
from hub.registry.records import Record, Trouble
from hub.registry.values import said_at
from hub.store.records import Stored
from hub.store.tables import absences, clients, contacts
from hub.store.tables import agreements as agreed
from hub.store.unit_of_work import Store, UnitOfWork
from hub.store.values import encode
from hub.words.times import WEEKDAYS

Think = Callable[..., Awaitable[Any]]


class NoSuchAbsence(LookupError):
    """There is no such absence in this organisation."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """One temporary plan that is in force or comes: its agreement's name, for whom, until when."""

    agreement: str
    client_id: UUID
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An absence, every plan it hits with what is proposed, and what is in force of that.

    `names` are the clients' names, `contact` who is away.
    """

    away: Away
    contact: str
    hits: Sequence[Hit]
    in_force: Mapping[UUID, Sequence[Temporary]]  # by client
    names: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one client's temporary plan: in force, or the errors it has."""

    client_id: UUID
    troubles: Sequence[Trouble]


async def standing_of(
    uow: UnitOfWork, absence_id: UUID, organisation_id: UUID, now: datetime
) -> Standing:
    """Read an absence with everything it hits. Raises NoSuchAbsence."""
    asked = (
        sa.select(absences, contacts.c.name)
        .join(contacts, contacts.c.id == absences.c.contact_id)
        .where(absences.c.id == absence_id, absences.c.organisation_id == organisation_id)
    )
    row = (await uow.db.execute(asked)).first()
    if row is None:
        raise NoSuchAbsence(str(absence_id))
    begins = row.during.lower or now
    away = Away(row.id, organisation_id, row.contact_id, begins, row.during.upper, row.reason)
    hits = await hits_of(uow, away, now)
    in_force = await _in_force(uow, away, now)
    named = sa.select(clients.c.id, clients.c.name).where(
        clients.c.id.in_([one.client_id for one in hits])
    )
    names = {one.id: one.name for one in await uow.db.execute(named)}
    return Standing(away, row.name, hits, in_force, names)


async def _in_force(
    uow: UnitOfWork, away: Away, now: datetime
) -> Mapping[UUID, Sequence[Temporary]]:
    upper = sa.func.upper(agreed.c.valid, type_=sa.DateTime(timezone=True))
    asked = (
        sa.select(agreed.c.external_id, agreed.c.client_id, upper.label("until"))
        .where(agreed.c.organisation_id == away.organisation_id)
        .where(agreed.c.external_id.endswith(_mark(away.id), autoescape=True))
        .where(sa.or_(upper.is_(None), upper > now))
        .order_by(agreed.c.external_id)
    )
    found: dict[UUID, list[Temporary]] = {}
    for row in await uow.db.execute(asked):
        found.setdefault(row.client_id, []).append(Temporary(*row))
    return found


def _mark(absence_id: UUID) -> str:
    """What the name of a temporary agreement ends in."""
    return f"/zonder-{absence_id.hex[:12]}"


async def put_in_force(
    store: Store,
    viewer: Viewer,
    absence_id: UUID,
    chosen: Collection[UUID] | None,
    reason: str,
    now: datetime,
    think: Think = asyncio.to_thread,
) -> Sequence[Tried]:
    """Put the temporary plans of these clients (None: of all) in force, from now on.

    They hold as long as the absence; where its end is not known, until somebody is back.

    Each is proved first; one that has an error stays out, unless there is a `reason`: then it is
    an emergency, and work for a second person. A second time changes nothing. Raises
    NoSuchAbsence.
    """
    async with store.transaction(viewer) as uow:
        found = await standing_of(uow, absence_id, viewer.organisation_id, now)
        seen = [one.client_id for one in found.hits]
        await uow.access.looked(viewer, None, seen, "temporary_plan.put", now)
    tried = []
    for hit in found.hits:
        wanted = chosen is None or hit.client_id in chosen
        if wanted and hit.proposed and hit.client_id not in found.in_force:
            putting = _Putting(viewer, found.away, hit, reason, now)
            tried.append(Tried(hit.client_id, await putting.carry_in(store, think)))
    return tried


@dataclass(frozen=True, slots=True)
class _Putting:
    """One client's temporary plan on its way into force."""

    viewer: Viewer
    away: Away
    hit: Hit
    reason: str
    now: datetime

    async def carry_in(self, store: Store, think: Think) -> Sequence[Trouble]:
        new_id, who = new_ids(), who_of(self.viewer)

        async def work(uow: UnitOfWork) -> Outcome:
            records = await self._records(uow)
            outcome = await begun(uow.registered, records, self.now, new_id, {})
            about = work_about(self.away.id, self.hit.client_id)
            await finish_work(uow, [about], self.now)
            event_id = uuid5(about, self.now.isoformat())
            told = said_in_force(self.hit, self.away)
            own, client = self.away.organisation_id, self.hit.client_id
            await make_work(uow, own, client, event_id, told, self.now, about)
            uow.touched |= {"proofs due"}
            return outcome

        try:
            await carried_in(store, work, who, self.now, think, self.viewer)
        except Refused as refused:
            return refused.outcome.troubles
        return ()

    async def _records(self, uow: UnitOfWork) -> Sequence[Record]:
        owner = await uow.registered.called(self.away.organisation_id)
        there = await uow.registered.things(AGREEMENTS, [owner])
        by_id = {one.key["id"]: one for one in there.values()}
        by = await _named(uow, [self.viewer.contact_id], owner)
        people = {who for one in self.hit.proposed for step in one.steps for who in step.who}
        names = by | await _named(uow, people, owner)
        return [
            Record(AGREEMENTS, owner, self._values(one, by_id[one.id], names))
            for one in self.hit.proposed
            if one.id in by_id
        ]

    def _values(
        self, proposed: Agreement, usual: Stored, names: Mapping[str, str]
    ) -> dict[str, Any]:
        steps = [
            plans.slim_step(plans.with_names(encode(one), lambda who: names.get(who, who)))
            for one in proposed.steps
        ]
        ends = [at for at in (self.away.ends_at, proposed.valid_until) if at is not None]
        approval = {"by": names[str(self.viewer.contact_id)], "at": said_at(self.now)}
        hurry = {"emergency": True, "reason": self.reason} if self.reason else {}
        rest = {**usual.values["rest"], "approval": {**approval, **hurry}}
        return {
            **usual.values,
            "external_id": usual.values["external_id"] + _mark(self.away.id),
            "name": f"{usual.values['name']} (zonder mantelzorger)",
            "steps": steps,
            "rest": {**rest, plans.INSTEAD: usual.values["external_id"]},
            "version": 1,
            "valid_from": said_at(self.now),
            "valid_until": said_at(min(ends)) if ends else None,
        }


async def _named(uow: UnitOfWork, ids: Collection[UUID], owner: str) -> dict[str, str]:
    """Contacts by id as an agreement names them: their own organisation's without it."""
    found = await uow.registered.contacts_called([str(one) for one in ids])
    return {id_: name.removeprefix(f"{owner}/") for id_, name in found.items()}


def work_about(absence_id: UUID, client_id: UUID) -> UUID:
    """What the work of one client's plan is called by, while somebody is away."""
    return uuid5(absence_id, str(client_id))


def said_in_force(hit: Hit, away: Away) -> str:
    """Say in Dutch that a temporary plan holds, until when, and by when to look; not for whom."""
    until = "" if away.ends_at is None else f" tot {away.ends_at:%d-%m}"
    return (
        f"Tijdelijk plan zonder een mantelzorger geldt nu{until}."
        f" Maak uiterlijk {_day(hit.review_by)} nieuwe afspraken."
    )


def _day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day:%d-%m}"


async def take_back(
    store: Store,
    viewer: Viewer,
    absence_id: UUID,
    chosen: Collection[UUID] | None,
    now: datetime,
) -> Sequence[UUID]:
    """End the temporary plans of these clients (None: of all) at once; whose they were.

    What was agreed before is followed again, without who is still away, and the work to agree
    anew is back. Raises NoSuchAbsence.
    """

    async def work(uow: UnitOfWork) -> Sequence[UUID]:
        await uow.registered.hold()
        found = await standing_of(uow, absence_id, viewer.organisation_id, now)
        owner = await uow.registered.called(viewer.organisation_id)
        whose = [one for one in found.in_force if chosen is None or one in chosen]
        for client_id in whose:
            for one in found.in_force[client_id]:
                await end(uow.registered, AGREEMENTS, owner, one.agreement, who_of(viewer), now)
        abouts = [work_about(absence_id, one) for one in whose]
        await finish_work(uow, abouts, now)
        for hit in (one for one in found.hits if one.client_id in whose):
            told = f"Tijdelijk plan ingetrokken. Maak uiterlijk {_day(hit.review_by)} afspraken."
            about = work_about(absence_id, hit.client_id)
            own = viewer.organisation_id
            await make_work(uow, own, hit.client_id, uuid5(about, f"back/{now}"), told, now, about)
        await uow.access.looked(viewer, None, whose, "temporary_plan.take_back", now)
        uow.touched |= {"proofs due"}
        return whose

    return await store.retried(work, viewer)


async def is_back(store: Store, viewer: Viewer, absence_id: UUID, now: datetime) -> None:
    """Whoever was away can be called again from now on: every temporary plan ends with it.

    Raises NoSuchAbsence.
    """
    await take_back(store, viewer, absence_id, None, now)

    async def work(uow: UnitOfWork) -> None:
        await uow.registered.hold()
        found = await standing_of(uow, absence_id, viewer.organisation_id, now)
        away, mine = found.away, absences.c.id == absence_id
        if away.begins_at >= now:
            await uow.db.execute(sa.delete(absences).where(mine))
        elif away.ends_at is None or away.ends_at > now:
            during = Range(away.begins_at, now)
            await uow.db.execute(sa.update(absences).where(mine).values(during=during))
        await uow.proofs.hit([found.away.contact_id], now)
        abouts = [work_about(absence_id, one.client_id) for one in found.hits]
        await finish_work(uow, abouts, now)
        uow.touched |= {"proofs due", "board"}

    await store.retried(work, viewer)
