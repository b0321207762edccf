"""Closes a ladder: whatever was agreed, it starts safely and ends at the care centre."""

from dataclasses import replace

from escalation.kinds import needs_centre
from escalation.model import Level, Plan, Step
from escalation.timing import REMINDER, bounded


def closed(plan: Plan, kind: str) -> Plan:
    """The plan as it may be climbed; closing it twice changes nothing.

    It has a step, ends with the care centre, asks for at least one person and waits at least
    SHORTEST_WAIT and at most LONGEST_WAIT a step. Smoke, CO, gas and no movement after a fall
    have the care centre in the first step, the others only beside it.
    """
    centre = Step(Level.CARE_CENTRE, plan.timing.centre_repeats)
    steps = tuple(
        replace(step, wait=bounded(step.wait), needed=max(step.needed, 1))
        for step in plan.steps or (centre,)
    )
    if steps[-1].level is not Level.CARE_CENTRE:
        steps += (centre,)
    first = steps[0]
    if needs_centre(kind) and Level.CARE_CENTRE not in first.levels:
        steps = (replace(first, beside=(*first.beside, Level.CARE_CENTRE)), *steps[1:])
    return replace(plan, steps=steps)


def centre_at_once(plan: Plan) -> Plan:
    """The built-in ladder, with the timing of `plan`: the care centre, for ever."""
    return replace(plan, steps=(Step(Level.CARE_CENTRE, plan.timing.centre_repeats),))


def technical_queue(plan: Plan) -> Plan:
    """One step that waits at the technical desk and reminds it daily."""
    return replace(plan, steps=(Step(Level.TECHNICAL_DESK, REMINDER),))
