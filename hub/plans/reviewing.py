"""Agreements that one person put in force in an emergency: work for a second person.

Within a working day somebody else approves or withdraws it; else it is overdue work, each
working day again.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from escalation.temporary import next_working_day
from escalation.windows import DAY, moment, zone_of
from hub.plans.work import make_work
from hub.store.activations import Activation
from hub.store.unit_of_work import Store, UnitOfWork
from hub.words.times import WEEKDAYS


async def review_by(uow: UnitOfWork, organisation_id: UUID, now: datetime) -> datetime:
    """When the next working day of an organisation is over."""
    time_zone, holidays = await uow.activations.calendar(organisation_id)
    day = next_working_day(now, time_zone, holidays)
    return moment(day + DAY, timedelta(), zone_of(time_zone))


async def make_review(uow: UnitOfWork, one: Activation, now: datetime) -> None:
    """Put the review of an activation on the board."""
    time_zone, _ = await uow.activations.calendar(one.organisation_id)
    day = one.review_by.astimezone(zone_of(time_zone)).date() - DAY
    by = f"Beoordeel dit uiterlijk {WEEKDAYS[day.weekday()]} {day:%d-%m} onder Zorgplannen."
    told = f"{said(one.by, one.reason)} {by}"
    await make_work(uow, one.organisation_id, one.client_id, one.id, told, now)


def said(by: str, reason: str) -> str:
    """Say in Dutch that an agreement was put in force, by whom and why.

    Not what it is called: partners read it too, and a name may hold a caregiver's.
    """
    return f"Een afspraak is met spoed in werking gezet door {by}: {reason[:300]}."


class Overdue:
    """The worker that makes a review nobody did overdue work, again each working day."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def step(self, now: datetime) -> datetime | None:
        """Make what is overdue at `now` work; when there will be more."""
        return await self.store.retried(lambda uow: self._remind(uow, now))

    async def _remind(self, uow: UnitOfWork, now: datetime) -> datetime | None:
        for one in await uow.activations.overdue(now):
            told = f"Te laat beoordeeld. {said(one.by, one.reason)}"
            event_id = uuid5(one.id, one.due_at.isoformat())
            await make_work(
                uow, one.organisation_id, one.client_id, event_id, told, now, about=one.id
            )
            again = await review_by(uow, one.organisation_id, now - DAY)  # today's end
            await uow.activations.set_back(one.id, again)
        return await uow.activations.next_due_at()
