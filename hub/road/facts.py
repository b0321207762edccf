"""The facts behind a decision: who can be reached and what was agreed, in the engine's terms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from escalation import duty
from escalation.agreements import plan_for
from escalation.decision import Opening
from escalation.defaults import LivingForm
from escalation.duty import Facts, OnDuty
from escalation.kinds import Circumstances
from escalation.ladder import centre_at_once
from escalation.model import Alert, Level, Plan, Priority
from escalation.modes import led_by_modes
from escalation.windows import Holidays
from hub.road.people import People
from hub.road.standing import Standing, standing_in
from hub.store.agreements import readable
from hub.store.alerts import open_around
from hub.store.care import About, Subject
from hub.store.events import Event
from hub.store.straight import Asked
from hub.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record about one subject at a moment: whom any level could call, what was agreed.

    `about` says whose contacts these are: an alert's own, which need not be its subject's of today.
    """

    subject: Subject
    about: About
    people: Sequence[Any]
    agreements: Sequence[Any]

    def is_about(self, alert: Alert) -> bool:
        """Whether this is what is known about an alert, too."""
        same = (alert.organisation_id, alert.home_id, alert.client_ids)
        return same == (self.about.organisation_id, self.about.home_id, self.about.client_ids)


async def known(uow: UnitOfWork, asked: Sequence[tuple[Subject, datetime]]) -> Sequence[Known]:
    """Load what is known about each of these subjects, at its moment."""
    found, *_ = await _known(uow, asked)
    return found


async def known_among_open(
    uow: UnitOfWork, asked: Sequence[tuple[Subject, datetime]], things: Iterable[UUID] = ()
) -> tuple[Sequence[Known], Standing]:
    """Do what `known` does, and read what is open around these subjects and things: one trip."""
    around = open_around([subject for subject, _ in asked], things)
    found, rows = await _known(uow, asked, around)
    return found, standing_in(uow, rows)


async def _known(
    uow: UnitOfWork, asked: Sequence[tuple[Subject, datetime]], *beside: Asked
) -> tuple[Sequence[Any], ...]:
    about = [About(one.organisation_id, one.home_id, one.client_ids, at) for one, at in asked]
    people, agreements, *others = await uow.care.known(about, *beside)
    whole = zip(asked, about, people, agreements, strict=True)
    return [Known(subject, whose, *rows) for (subject, _), whose, *rows in whole], *others


async def known_of(uow: UnitOfWork, alerts: Sequence[Alert], now: datetime) -> Sequence[Known]:
    """Load what is known about each of these alerts."""
    subjects = await uow.care.subjects_of(alerts)
    about = [About(one.organisation_id, one.home_id, one.client_ids, now) for one in alerts]
    people, agreements = await uow.care.known(about)
    whole = zip(subjects, about, people, agreements, strict=True)
    return [Known(*one) for one in whole]


def on_duty(known: Known, alert: Alert) -> OnDuty:
    """Say whom any level could call for this alert, and which plan is valid now."""
    plan_now = None
    if alert.step >= len(alert.plan.steps) - 1:  # only the last step calls it beside itself
        _, plan_now = agreed(known, alert.kind)
    return who(known, alert, plan_now)


def who(known: Known, alert: Alert | Opening, plan_now: Plan | None) -> OnDuty:
    """Say whom any level could call for an alert of this kind and priority."""
    people = People(known.people)
    return duty.on_duty(
        Facts(
            kind=alert.kind,
            priority=alert.priority,
            contacts=people.contacts,
            absences=people.absences,
            busy=people.busy(alert.id),
            plan_now=plan_now,
            periods=people.periods,
            diverts=people.diverts,
            wake_ups=people.wake_ups(alert.id),
            time_zone=known.subject.time_zone,
        )
    )


def agreed(
    known: Known, kind: str, circumstances: Circumstances | None = None
) -> tuple[Priority, Plan]:
    """Say how urgent this kind is for these people now, and which ladder was agreed.

    After the end of care, and while nobody is at home, the plan is the care centre alone. Of
    several clients in a home the safest priority and the plan that reaches a professional first
    count.
    """
    subject, at = known.subject, known.about.at
    form = _living_form(subject)
    choices = [
        plan_for(
            readable(_of(known, client_id), subject.time_zone),
            kind,
            form,
            at,
            subject.time_zone,
            circumstances,
            holidays=_holidays(known.agreements),
        )
        for client_id in subject.client_ids or (None,)
    ]
    priority, plan = min(choices, key=_safest)
    if subject.care_ended:
        return priority, centre_at_once(plan)
    return priority, led_by_modes(plan, kind, subject.modes, at)


def _of(known: Known, client_id: UUID | None) -> list[Any]:
    return [row for row in known.agreements if row.client_id in (None, client_id)]


def _holidays(agreements: Sequence[Any]) -> Holidays:
    """The days around now that are holidays of the organisation these agreements are of."""
    stored: dict[str, float] = next((row.holidays for row in agreements if row.holidays), {})
    return {date.fromisoformat(day): timedelta(seconds=one) for day, one in stored.items()}


def _safest(choice: tuple[Priority, Plan]) -> tuple[int, float]:
    priority, plan = choice
    seconds = 0.0
    for step in plan.steps:
        if any(level is not Level.INFORMAL_CAREGIVER for level in step.levels):
            break
        seconds += step.wait.total_seconds()
    return priority.rank, seconds


def _living_form(subject: Subject) -> LivingForm | None:
    known = subject.client_ids and subject.living_form in set(LivingForm)
    return LivingForm(subject.living_form) if known else None


def circumstances_of(event: Event, others: Sequence[Alert]) -> Circumstances:
    """Say what else decides the default priority of an event."""
    return Circumstances(
        away_open=any(one.kind == "location.left_zone" for one in others),
        dose_due=bool(event.value.get("dose_due")),
        time_critical=bool(event.value.get("time_critical")),
    )
