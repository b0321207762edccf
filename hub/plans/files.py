"""Care files out of rows: what was agreed with each client, and who can be called when."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from escalation.care_file import CareFile
from escalation.defaults import LivingForm
from escalation.model import Level
from escalation.people import (
    Absence,
    Divert,
    KnownContact,
    Limits,
    Period,
    PeriodSort,
    service_hour_from,
)
from escalation.windows import DAY, HOME_ZONE, Window, zone_of
from hub.store.agreements import readable
from hub.store.care_files import Rows
from hub.store.values import stored_or_none
from hub.store.ways import addresses

LONG_AGO = timedelta(days=36_500)
Row = TypeVar("Row")


class CareFiles:
    """Makes care files of rows; what belongs to whom is looked up once for all."""

    def __init__(self, rows: Rows, begins: datetime) -> None:
        self.rows, self.begins = rows, begins
        self.contacts = {one.id: one for one in rows.contacts}
        self.relatives = _by(rows.relatives, lambda one: one.client_id)
        self.agreed = _by(rows.agreements, lambda one: one.client_id or one.organisation_id)
        self.contracts = _by(rows.contracts, lambda one: one.organisation_id)
        self.turns = _by(rows.turns, lambda one: one.region_id)
        self.of_organisation = _by(rows.contacts, lambda one: one.organisation_id)
        self.absences = _by(rows.absences, lambda one: one.contact_id)
        self.shifts = _by(rows.shifts, lambda one: one.contact_id)
        self.diverts = _by(rows.diverts, lambda one: one.contact_id)
        self.holidays = _by(rows.holidays, lambda one: one.organisation_id)

    def __iter__(self) -> Iterator[CareFile]:
        """Every client's file, in the order of the rows."""
        return map(self._file, self.rows.clients)

    def _file(self, client: Any) -> CareFile:
        agreed = [*self.agreed[client.id], *self.agreed[client.organisation_id]]
        agreements = readable(agreed, client.time_zone)
        unread = {row.id for row in agreed} - {one.id for one in agreements}
        people = list(self._people(client))
        ids = [one.id for one in people]
        ids += [one.to_id for id_ in ids for one in self.diverts[id_]]
        return CareFile(
            client_id=client.id,
            agreements=tuple(agreements),
            living_form=_living_form(client.living_form),
            contacts=tuple(people),
            absences=tuple(self._absences(ids)),
            periods=(*self._turns(client), *self._contracts(client), *self._shifts(ids)),
            diverts=tuple(self._diverts(people)),
            time_zone=client.time_zone,
            holidays={one.day: one.starts for one in self.holidays[client.organisation_id]},
            known_until=self._known_until(client, ids),
            unreadable=tuple(sorted(row.name for row in agreed if row.id in unread)),
        )

    def _people(self, client: Any) -> Iterator[KnownContact]:
        """Everybody any level could call, in the order in which they are called."""
        for one in self.relatives[client.id]:
            relative = self._known(one.contact_id, Level.INFORMAL_CAREGIVER)
            limits = stored_or_none(Limits, one.limits)
            yield replace(relative, consent=one.consent, relation=one.relation, limits=limits)
        if client.team_id is not None:
            yield self._known(client.team_id, Level.OWN_TEAM)
        for one in self._partners(client):
            needs = [PeriodSort.CONTRACT] if self._has_contract(client, one.organisation_id) else []
            needs += [PeriodSort.TURN] if self.turns[client.region_id] else []
            known = self._known(one.id, Level.NIGHT_PARTNER)
            target = self._target(client, one.organisation_id)
            yield replace(known, needs=(*needs, *known.needs), target=target)
        for one in self._desks(client):
            yield replace(self._known(one.id, Level.CARE_CENTRE), needs=(PeriodSort.CONTRACT,))
        if client.backup_contact_id is not None:
            yield self._known(client.backup_contact_id, Level.BACKUP)

    def _known(self, contact_id: UUID, level: Level) -> KnownContact:
        row = self.contacts[contact_id]
        return KnownContact(
            row.id,
            level,
            tuple(addresses(row.ways)),
            is_organisation=row.sort == "organisation",
            needs=() if row.known_until is None else (PeriodSort.SHIFT,),
        )

    def _partners(self, client: Any) -> Sequence[Any]:
        serving = [one.served_by_id for one in self._serving(client, "partner")]
        serving += [one.partner_id for one in self.turns[client.region_id]]
        return self._contacts_of(serving, "night_partner", ("organisation", "team"))

    def _desks(self, client: Any) -> Sequence[Any]:
        serving = [one.served_by_id for one in self._serving(client, "centre")]
        return self._contacts_of(serving, "care_centre", ("desk",))

    def _contacts_of(
        self, organisations: Iterable[UUID], level: str, sorts: tuple[str, ...]
    ) -> Sequence[Any]:
        found = [row for one in dict.fromkeys(organisations) for row in self.of_organisation[one]]
        fitting = [row for row in found if row.level == level and row.sort in sorts]
        return sorted(fitting, key=lambda row: row.id)

    def _serving(self, client: Any, role: str) -> Iterator[Any]:
        for one in self.contracts[client.organisation_id]:
            here = role == "centre" or one.region_id in (None, client.region_id)
            if one.role == role and here:
                yield one

    def _has_contract(self, client: Any, partner_id: UUID) -> bool:
        return any(one.served_by_id == partner_id for one in self._serving(client, "partner"))

    def _target(self, client: Any, partner_id: UUID) -> timedelta | None:
        """How soon a partner promised to be there at the latest, by agreements not over yet."""
        promised = [
            one.response_target
            for one in self._serving(client, "partner")
            if one.served_by_id == partner_id and (one.ends_at is None or one.ends_at > self.begins)
        ]
        return max(promised) if promised and None not in promised else None

    def _turns(self, client: Any) -> Iterator[Period]:
        for one in self.turns[client.region_id]:
            begins, ends = (_changes_at(at, client) for at in (one.begins_at, one.ends_at))
            for contact in self._partners(client):
                if contact.organisation_id == one.partner_id:
                    yield Period(contact.id, PeriodSort.TURN, begins, ends)

    def _contracts(self, client: Any) -> Iterator[Period]:
        called = {"partner": self._partners(client), "centre": self._desks(client)}
        for role, contacts in called.items():
            for one in self._serving(client, role):
                hours = stored_or_none(Window, one.hours)
                span = (one.begins_at, one.ends_at, hours)
                for contact in contacts:
                    if contact.organisation_id == one.served_by_id:
                        yield Period(contact.id, PeriodSort.CONTRACT, *span)

    def _shifts(self, ids: Iterable[UUID]) -> Iterator[Period]:
        for one in (row for id_ in dict.fromkeys(ids) for row in self.shifts[id_]):
            yield Period(one.contact_id, PeriodSort.SHIFT, one.begins_at, one.ends_at)

    def _absences(self, ids: Iterable[UUID]) -> Iterator[Absence]:
        for one in (row for id_ in dict.fromkeys(ids) for row in self.absences[id_]):
            yield Absence(one.contact_id, one.begins_at or self.begins - LONG_AGO, one.ends_at)

    def _diverts(self, people: Iterable[KnownContact]) -> Iterator[Divert]:
        for known in people:
            for one in self.diverts[known.id]:
                begins = one.begins_at or self.begins - LONG_AGO
                ends = one.ends_at or self.begins + LONG_AGO
                yield Divert(known.id, self._known(one.to_id, known.level), begins, ends)

    def _known_until(self, client: Any, ids: Iterable[UUID]) -> datetime | None:
        """Until when every roster and the turns are written; open turns have no end."""
        ends = [self.contacts[id_].known_until for id_ in ids]
        turns = [_changes_at(one.ends_at, client) for one in self.turns[client.region_id]]
        known = [one for one in turns if one is not None]
        if known and len(known) == len(turns):
            ends.append(max(known))
        return min((one for one in ends if one is not None), default=None)


def _changes_at(at: datetime | None, client: Any) -> datetime | None:
    """When a turn that begins or ends then takes over: a night that has begun is not cut."""
    if at is None or client.service_hour is None:
        return at
    return service_hour_from(at, client.service_hour, zone_of(HOME_ZONE))


def horizon(now: datetime, days: int) -> tuple[datetime, datetime]:
    """The stretch of time of a proof that begins now, with a day before it for what is going on."""
    return now - DAY, now + (days + 1) * DAY


def _by(rows: Iterable[Row], key: Callable[[Row], Any]) -> Mapping[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for one in rows:
        found[key(one)].append(one)
    return found


def _living_form(stored: str) -> LivingForm | None:
    return LivingForm(stored) if stored in set(LivingForm) else None
