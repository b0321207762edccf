"""People's rows in the engine's terms: who can be called at the moment they were read for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from escalation.model import Level
from escalation.people import Absence, Divert, KnownContact, Limits, Period, PeriodSort, WakeUp
from escalation.windows import Window
from hub.store.values import stored_or_none
from hub.store.ways import addresses

ALWAYS = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody any level could call, from rows of `care.PEOPLE`."""

    rows: Sequence[Any]

    @property
    def contacts(self) -> tuple[KnownContact, ...]:
        """Who there is, in the order in which they are called."""
        return tuple(map(_contact, self.rows))

    @property
    def absences(self) -> tuple[Absence, ...]:
        """Who is away at that moment; for how long does not matter."""
        away = [row.id for row in self.rows if row.absent]
        away += [UUID(to["id"]) for to in self._diverted_to() if to["absent"]]
        return tuple(Absence(one, ALWAYS) for one in away)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The shifts and contracts of that moment. Whose turn it is was asked already."""
        found = [Period(row.id, PeriodSort.SHIFT) for row in self.rows if row.on_shift]
        found += [
            Period(UUID(to["id"]), PeriodSort.SHIFT) for to in self._diverted_to() if to["on_shift"]
        ]
        found += [period for row in self.rows for period in _contracts(row)]
        return tuple(found)

    @property
    def diverts(self) -> tuple[Divert, ...]:
        """Whose calls go to whom at that moment."""
        sent_on = [row for row in self.rows if row.diverted]
        return tuple(Divert(row.id, _sent_to(row), ALWAYS, FOR_EVER) for row in sent_on)

    def wake_ups(self, alert_id: UUID) -> tuple[WakeUp, ...]:
        """Whom other alerts called lately, to the hour."""
        called = [(row.id, *one) for row in self.rows for one in row.called or ()]
        return tuple(
            WakeUp(contact_id, UUID(alert), datetime.fromisoformat(at))
            for contact_id, alert, at in called
            if UUID(alert) != alert_id
        )

    def busy(self, alert_id: UUID) -> frozenset[UUID]:
        """Who has another alert."""
        return frozenset(row.id for row in self.rows if {*row.has} - {alert_id})

    def _diverted_to(self) -> Iterator[Any]:
        return (row.diverted for row in self.rows if row.diverted)


def _contact(row: Any) -> KnownContact:
    needs = [PeriodSort.CONTRACT] if row.contracts else []
    needs += [PeriodSort.SHIFT] if row.rostered else []
    return KnownContact(
        id=row.id,
        level=Level(row.level),
        ways=tuple(addresses(row.ways)),
        is_organisation=row.sort == "organisation",
        consent=row.consent,
        needs=tuple(needs),
        limits=stored_or_none(Limits, row.limits),
    )


def _sent_to(row: Any) -> KnownContact:
    to = row.diverted
    return KnownContact(
        id=UUID(to["id"]),
        level=Level(row.level),
        ways=tuple(addresses(to["ways"])),
        is_organisation=to["sort"] == "organisation",
        needs=(PeriodSort.SHIFT,) if to["rostered"] else (),
    )


def _contracts(row: Any) -> Iterator[Period]:
    for one in row.contracts or ():
        if one["holds"]:
            hours = stored_or_none(Window, one["hours"])
            yield Period(row.id, PeriodSort.CONTRACT, hours=hours)
