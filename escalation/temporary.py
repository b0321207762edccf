"""A plan for while a caregiver cannot be called: the same ladder without them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from escalation.agreements import Agreement, Source, ladder_of
from escalation.care_file import CareFile
from escalation.course import CAN_GO
from escalation.kinds import Circumstances
from escalation.model import Level, Step
from escalation.windows import DAY, NIGHT_BEGINS, Holidays, zone_of

WORKDAYS = range(5)
NOON = timedelta(hours=12)  # a holiday that starts later leaves a working day
AT_NIGHT, BY_DAY = Circumstances(at_night=True), Circumstances()


def without(care: CareFile, contact_id: UUID) -> tuple[Agreement, ...]:
    """Propose what to agree while this contact is away, for each agreement that calls them.

    Where nobody is left who can go, the default ladder of the living form says who does. The
    agreements are those of the file under the same ids; the others need no change.
    """
    left = [
        one
        for one in care.contacts
        if one.id != contact_id and one.level is Level.INFORMAL_CAREGIVER and one.consent
    ]
    others = frozenset(one.id for one in left if one.ways)
    found = []
    for one in care.agreements:
        steps = tuple(_steps(one.steps, contact_id, others))
        if one.source is Source.CLIENT and steps != one.steps:
            found.append(replace(one, steps=_filled(steps, one, care)))
    return tuple(found)


def _steps(steps: tuple[Step, ...], contact_id: UUID, others: frozenset[UUID]) -> Iterator[Step]:
    """Leave a contact out of a ladder, and every step of caregivers that would reach nobody."""
    for step in steps:
        if step.level is not Level.INFORMAL_CAREGIVER:
            yield step
        elif contact_id in step.who:
            if rest := tuple(one for one in step.who if one != contact_id):
                yield replace(step, who=rest, needed=min(step.needed, len(rest)))
        elif step.who or others:
            yield step


def _filled(steps: tuple[Step, ...], one: Agreement, care: CareFile) -> tuple[Step, ...]:
    """Put who can go by default before the last step, where nobody is left."""
    if any(level in CAN_GO for step in steps for level in step.levels):
        return steps
    night = one.window is not None and one.window.begins >= NIGHT_BEGINS
    kind = one.kinds[0].replace("*", "button") if one.kinds else "alarm.button"
    when = AT_NIGHT if night else BY_DAY
    _, plan = ladder_of((), kind, care.living_form, when, late=False)
    going = tuple(
        step
        for step in plan.steps
        if step.level in CAN_GO and step.level is not Level.INFORMAL_CAREGIVER
    )
    return (*steps[:-1], *going, *steps[-1:])


def next_working_day(now: datetime, time_zone: str, holidays: Holidays) -> date:
    """The day by which a team must have looked: the first that is no weekend and no holiday."""
    day = now.astimezone(zone_of(time_zone)).date() + DAY
    while day.weekday() not in WORKDAYS or holidays.get(day, timedelta(days=1)) <= NOON:
        day += DAY
    return day
