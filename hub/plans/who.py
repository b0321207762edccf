"""Who is called at a moment, for a kind of event: step by step, and who is not and why."""

from dataclasses import dataclass
from datetime import datetime

from escalation.agreements import plan_for
from escalation.care_file import CareFile
from escalation.course import Rung, course
from escalation.model import Priority


@dataclass(frozen=True, slots=True)
class Who:
    """What would happen, nobody answering. Without rungs nobody is called: it waits on a list."""

    priority: Priority
    plan: str
    rungs: tuple[Rung, ...]


def who(care: CareFile, kind: str, at: datetime) -> Who:
    """Say who is called for an event of this kind at this moment.

    It knows rosters, turns, absences, agreements and quiet hours; not who is busy just then, nor
    whom other alerts woke before.
    """
    form, holidays = care.living_form, care.holidays
    priority, plan = plan_for(care.agreements, kind, form, at, care.time_zone, holidays=holidays)
    if priority not in care.limits:
        return Who(priority, plan.name, ())
    climbed = course(plan, priority, care.on_duty(kind, priority), at)
    return Who(priority, plan.name, climbed.rungs)
