"""How an alert ends, and the one answer that nearly ends it: "I called, all is well"."""

from dataclasses import replace
from uuid import UUID

from escalation.decision import Answer
from escalation.draft import Draft, is_operator
from escalation.kinds import needs_centre
from escalation.model import Actor, Level, Outcome, Phase, Priority
from escalation.triggers import AllWell, Resolved


def resolve(draft: Draft, trigger: Resolved) -> Answer:
    """End the alert: an operator may, and whoever has it; in the technical queue anybody."""
    by = trigger.by
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    operator = is_operator(by) or is_operator(trigger.hand)
    if not operator and not draft.quiet and draft.custody_of(by) is None:
        return draft.not_allowed(trigger, "no_custody")
    end(draft, trigger.outcome, by)
    return draft.done()


def all_well(draft: Draft, trigger: AllWell) -> Answer:
    """A caregiver called and all is well: that closes P2 and P3, while a P1 needs a human more.

    Where the care centre must be told, it is, also when the answer itself is refused.
    """
    by = trigger.by
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    if by.level is not Level.INFORMAL_CAREGIVER:
        return draft.not_allowed(trigger, "caregivers_only")
    if needs_centre(draft.alert.kind):
        draft.ring_centre("all_well")
        return draft.not_allowed(trigger, "kind_needs_centre")
    if any(one.phase is Phase.ON_SITE and one.by != by.id for one in draft.alert.custody):
        return draft.not_allowed(trigger, "somebody_on_site")
    if draft.alert.priority is Priority.P1:
        _tell_centre(draft, by)
    else:
        end(draft, trigger.outcome, by)
    return draft.done()


def end(draft: Draft, outcome: Outcome, by: Actor | None) -> None:
    """Resolve: who is still called or on the way is stood down, everybody else hears it once."""
    told = set() if by is None else {by.id}
    _stand_everybody_down(draft, told)
    watch = draft.alert.watch
    others = [one.contact.id for one in draft.alert.warned]
    others += [] if watch is None else [watch.by]
    for person in others:
        if person not in told:
            draft.tell(person, "ended")
            told.add(person)
    draft.note("resolved", by.id if by else None, outcome)
    draft.alert = replace(
        draft.alert,
        outcome=outcome,
        resolved_at=draft.now,
        next_step_at=None,
        held_by_watch=False,
        forward=None,
        offer=None,
        backup_at=None,
        warned=tuple(replace(one, standing=False) for one in draft.alert.warned),
    )


def _stand_everybody_down(draft: Draft, told: set[UUID]) -> None:
    holders = {one.by for one in draft.alert.custody}
    active = [one for one in draft.alert.warned if one.standing or one.contact.id in holders]
    draft.stand_down(active, "resolved", told)


def _tell_centre(draft: Draft, by: Actor) -> None:
    """The care centre hears the line, and the climb waits for it, once."""
    alert = draft.alert
    draft.ring_centre("all_well")
    draft.note("all_well", by.id)
    if alert.all_well_at is None and alert.next_step_at is not None:
        pause = draft.now + alert.plan.timing.all_well_pause
        draft.alert = replace(alert, next_step_at=max(alert.next_step_at, pause))
    draft.alert = replace(draft.alert, all_well_at=draft.now)
