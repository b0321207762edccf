"""The facts behind a decision: who can be reached and what was agreed, in the engine's terms."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from escalation import duty
from escalation.agreements import Agreement, Source, plan_for
from escalation.defaults import LivingForm
from escalation.duty import Facts, OnDuty
from escalation.kinds import Circumstances
from escalation.ladder import centre_at_once
from escalation.model import Alert, Level, Opening, Plan, Priority
from escalation.people import Absence, KnownContact
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode
from hub.store.ways import addresses

log = logging.getLogger(__name__)
ALWAYS = datetime.min.replace(tzinfo=UTC)


async def on_duty(uow: UnitOfWork, alert: Alert, now: datetime) -> OnDuty:
    """Load everybody any level could call for this alert, and the plan valid now."""
    plan_now = None
    if alert.step >= len(alert.plan.steps) - 1:  # only the last step calls it beside itself
        subject = await uow.care.subject_of_alert(alert)
        _, plan_now = await agreed(uow, subject, alert.kind, now)
    return await who(uow, alert, plan_now, now)


async def who(
    uow: UnitOfWork, alert: Alert | Opening, plan_now: Plan | None, now: datetime
) -> OnDuty:
    """Load everybody any level could call for an alert of this kind and priority."""
    rows = await uow.care.callable_for(alert, now)
    return duty.on_duty(
        Facts(
            kind=alert.kind,
            priority=alert.priority,
            contacts=tuple(_contact(row) for row in rows),
            absences=tuple(one for row in rows for one in _absences(row)),
            busy=frozenset(row.id for row in rows if row.busy),
            plan_now=plan_now,
        )
    )


def _contact(row: Any) -> KnownContact:
    return KnownContact(
        id=row.id,
        level=Level(row.level),
        ways=tuple(addresses(row.ways)),
        is_organisation=row.sort == "organisation",
        consent=row.consent,
    )


def _absences(row: Any) -> Sequence[Absence]:
    return [Absence(row.id, ALWAYS)] if row.absent else []


async def agreed(
    uow: UnitOfWork,
    subject: Subject,
    kind: str,
    now: datetime,
    circumstances: Circumstances | None = None,
) -> tuple[Priority, Plan]:
    """Say how urgent this kind is for these people now, and which ladder was agreed.

    After the end of care the plan is the care centre alone. Of several clients in a home the
    safest priority and the plan that reaches a professional first count.
    """
    rows = await uow.care.agreements_for(subject, now)
    form = _living_form(subject)
    choices = [
        plan_for(
            _readable([row for row in rows if row.client_id in (None, client_id)], subject),
            kind,
            form,
            now,
            subject.time_zone,
            circumstances,
        )
        for client_id in subject.client_ids or (None,)
    ]
    priority, plan = min(choices, key=_safest)
    return priority, centre_at_once(plan) if subject.care_ended else plan


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


def _readable(rows: Sequence[Any], subject: Subject) -> list[Agreement]:
    """Leave out what cannot be read: then the default counts, which reaches the centre."""
    found = []
    for row in rows:
        try:
            found.append(_agreement(row, subject))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            facts = {"agreement": str(row.id), "error": type(error).__name__}
            log.error("agreement cannot be read", extra=facts)  # noqa: TRY400 - quotes its data
    return found


def _agreement(row: Any, subject: Subject) -> Agreement:
    body = {
        **row.body,
        "id": str(row.id),
        "name": row.name,
        "source": Source.ORGANISATION if row.client_id is None else Source.CLIENT,
        "valid_from": None if row.valid_from is None else row.valid_from.isoformat(),
        "valid_until": None if row.valid_until is None else row.valid_until.isoformat(),
    }
    body.setdefault("time_zone", subject.time_zone)
    return decode(Agreement, body)


def circumstances_of(event: Event, others: Sequence[Alert]) -> Circumstances:
    """Say what else decides the default priority of an event."""
    return Circumstances(
        away_open=any(one.kind == "location.left_zone" for one in others),
        dose_due=bool(event.value.get("dose_due")),
        time_critical=bool(event.value.get("time_critical")),
    )
