"""Who is called at a moment, for a kind of event: step by step, and who is not and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from escalation.agreements import plan_for
from escalation.care_file import CareFile
from escalation.course import Rung, course
from escalation.duty import OnDuty
from escalation.model import Priority
from escalation.people import WakeUp


@dataclass(frozen=True, slots=True)
class Who:
    """What would happen, nobody answering. Without rungs nobody is called: it waits on a list."""

    priority: Priority
    plan: str
    agreement_id: UUID | None
    rungs: tuple[Rung, ...]


def who(care: CareFile, kind: str, at: datetime, woken: tuple[WakeUp, ...] = ()) -> Who:
    """Say who is called for an event of this kind at this moment.

    It knows rosters, turns, absences, agreements and quiet hours, and of `woken` whom other alerts
    called before; not who is busy just then.
    """
    form, holidays = care.living_form, care.holidays
    priority, plan = plan_for(care.agreements, kind, form, at, care.time_zone, holidays=holidays)
    if priority not in care.limits:
        return Who(priority, plan.name, plan.agreement_id, ())
    on_duty = OnDuty(replace(care.on_duty(kind, priority).facts, wake_ups=woken))
    climbed = course(plan, priority, on_duty, at)
    return Who(priority, plan.name, plan.agreement_id, climbed.rungs)
