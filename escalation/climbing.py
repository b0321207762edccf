"""The climb: who is called next, and what happens when nobody answers."""

from dataclasses import replace
from datetime import datetime

from escalation.draft import Draft
from escalation.model import Contact, Lane, Level, Skipped, Step, Warned
from escalation.timing import REMINDER


def call_from(draft: Draft, start: int, why: str) -> None:
    """Warn the first step from `start` that reaches somebody who can be waited for.

    Steps that reach nobody are skipped with their reasons; a step whose people are all busy
    is called together with the next. The plan's last step is the care centre and always
    reaches; only a forwarded ladder can run out, and then it returns to its desk.
    """
    forward = draft.alert.forward
    steps = draft.alert.plan.steps if forward is None else forward.steps
    for index in range(start, len(steps)):
        if forward is None:
            draft.alert = replace(draft.alert, step=index)
        else:
            draft.alert = replace(draft.alert, forward=replace(forward, index=index))
        if _call_step(draft, steps[index], why):
            _wait(draft)
            return
    _return_to_desk(draft)


def climb(draft: Draft, why: str = "climb") -> None:
    """Call the next step; the last one is called again, for ever, wider each round."""
    alert = draft.alert
    if alert.lane is Lane.QUEUE:
        queue(draft, "reminder")
    elif alert.forward is not None:
        call_from(draft, alert.forward.index + 1, why)
    elif alert.step < len(alert.plan.steps) - 1:
        call_from(draft, alert.step + 1, why)
    else:
        _call_new_round(draft, why)


def queue(draft: Draft, what: str) -> None:
    """Leave a technical alert at its desk until tomorrow: noted, and told without ringing."""
    draft.note(what)
    for contact in draft.reach(draft.alert.present_step).contacts:
        draft.tell(contact.id, what)
    draft.alert = replace(draft.alert, next_step_at=draft.now + REMINDER)


def climb_if_nobody_is_left(draft: Draft) -> None:
    """Climb at once when everybody of the present step is out; the care centre never is."""
    alert = draft.alert
    if alert.next_step_at is None or alert.held_by_watch or draft.quiet:
        return
    if not _calls_centre(draft) and not standing(draft):
        climb(draft, "nobody_left")


def standing(draft: Draft) -> tuple[Warned, ...]:
    """Those of the present step and round who are still being called."""
    alert = draft.alert
    return tuple(
        one
        for one in alert.warned
        if one.standing
        and (one.step, one.round) == (alert.step_number, alert.round)
        and (alert.step_number < 0 or one.contact.level in alert.present_step.levels)
    )


def stop_climbing(draft: Draft, why: str) -> None:
    """Enough people have it: nobody is called any more; whoever was being called hears so, once."""
    called = [one for one in draft.alert.warned if one.standing]
    draft.stand_down(called, why, told={one.by for one in draft.alert.custody})
    draft.alert = replace(
        draft.alert,
        next_step_at=None,
        held_by_watch=False,
        warned=tuple(replace(one, standing=False) for one in draft.alert.warned),
    )


def hold(draft: Draft) -> None:
    """Let the climb wait for the watch's lease."""
    watch = draft.live_watch
    if watch is not None:
        draft.alert = replace(draft.alert, held_by_watch=True, next_step_at=watch.until)


def call_again(draft: Draft, why: str) -> None:
    """Warn whoever has it or is being called once more; nothing about the climb changes."""
    alert = draft.alert
    draft.alert = replace(alert, rang_at=draft.now)
    for custody in alert.custody:
        draft.ask(custody.by, why)
    if not alert.taken:
        _call_standing_again(draft, why)
    if alert.taken or draft.live_watch is not None or _calls_centre(draft) or alert.step_number < 0:
        draft.ring_centre(why)


def call_centre_beside(draft: Draft, why: str) -> None:
    """Call the care centre at once, beside whatever step is being called."""
    if _calls_centre(draft):
        return
    centre = Step(Level.CARE_CENTRE, draft.alert.plan.timing.centre_repeats)
    for contact in draft.reach(centre).contacts:
        draft.warn(contact, why)
    _ring_centre(draft, why)


def warn_backup(draft: Draft) -> None:
    """Call the provider's own last resort: it stays responsible."""
    step = Step(Level.BACKUP, draft.alert.plan.timing.centre_repeats)
    reach = draft.reach(step)
    if not reach.contacts:
        draft.skip(Level.BACKUP, reach.skipped or (Skipped(None, Level.BACKUP, "nobody"),))
    for contact in reach.contacts:
        draft.warn(contact, "backup")


def _call_step(draft: Draft, step: Step, why: str) -> bool:
    """Warn a step's people; True when the ladder may wait for them."""
    contacts = _call_people(draft, step, why)
    if Level.CARE_CENTRE in step.levels:
        _ring_centre(draft, why)
        return True
    return any(one.alone for one in contacts)


def _ring_centre(draft: Draft, why: str) -> None:
    """Ring at the care centre; where no desk serves this provider, its backup is called at once."""
    draft.ring_centre(why)
    if not draft.desks():
        draft.skip(Level.CARE_CENTRE, (Skipped(None, Level.CARE_CENTRE, "nobody"),))
        warn_backup(draft)


def _call_people(draft: Draft, step: Step, why: str) -> tuple[Contact, ...]:
    reach = draft.reach(step)
    nobody = not reach.contacts and Level.CARE_CENTRE not in step.levels
    skipped = reach.skipped or ((Skipped(None, step.level, "nobody"),) if nobody else ())
    if skipped:
        draft.skip(step.level, skipped)
    for contact in reach.contacts:
        draft.warn(contact, why)
    return reach.contacts


def _wait(draft: Draft) -> None:
    alert = draft.alert
    last = alert.forward is None and alert.step == len(alert.plan.steps) - 1
    length = alert.plan.timing.centre_repeats if last else alert.present_step.wait
    draft.alert = replace(
        alert,
        next_step_at=draft.now + length,
        expected_step=_expected_step(draft, draft.now + length),
        held_by_watch=False,
        rang_at=draft.now,
    )
    if alert.at_centre:
        hold(draft)


def _expected_step(draft: Draft, at: datetime) -> int | None:
    """The next step that will reach somebody, as far as is known now; None while forwarded."""
    alert = draft.alert
    if alert.forward is not None:
        return None
    last = len(alert.plan.steps) - 1
    for index in range(alert.step + 1, last):
        step = alert.plan.steps[index]
        if Level.CARE_CENTRE in step.levels or draft.on_duty.reachable(step, at).contacts:
            return index
    return last


def _call_new_round(draft: Draft, why: str) -> None:
    """The last step again, wider, and beside it the first steps of the plan valid now."""
    alert = draft.alert
    last = len(alert.plan.steps) - 1
    draft.alert = replace(alert, step=last, forward=None, round=alert.round + 1)
    _call_without_decliners(draft, alert.plan.steps[last], why)
    _ring_centre(draft, why)
    if draft.alert.ladder_round >= 3:
        warn_backup(draft)
    beside = _plan_beside(draft)
    if beside and draft.alert.ladder_round >= 2:
        turn = (draft.alert.ladder_round - 2) % len(beside)
        _call_without_decliners(draft, beside[turn], "beside")
    _wait(draft)


def _plan_beside(draft: Draft) -> tuple[Step, ...]:
    plan = draft.on_duty.plan_now
    steps = () if plan is None else plan.steps
    return tuple(step for step in steps if step.level is not Level.CARE_CENTRE)


def _call_without_decliners(draft: Draft, step: Step, why: str) -> None:
    declined = {one.contact.id for one in draft.alert.warned if one.declined}
    for contact in draft.reach(step).contacts:
        if contact.id not in declined or contact.level is Level.CARE_CENTRE:
            draft.warn(contact, why)


def _return_to_desk(draft: Draft) -> None:
    """A forwarded ladder ran out: its operator hears it, or every desk when they have gone."""
    draft.alert = replace(draft.alert, forward=None)
    if draft.live_watch is None and not draft.alert.taken:
        _call_new_round(draft, "forward_exhausted")
        return
    draft.ring_centre("forward_exhausted")
    if draft.alert.taken:  # it was for somebody more than the plan itself asks for
        stop_climbing(draft, "taken")
        return
    last = len(draft.alert.plan.steps) - 1
    draft.alert = replace(draft.alert, step=last, round=draft.alert.round + 1)
    hold(draft)


def _calls_centre(draft: Draft) -> bool:
    alert = draft.alert
    return alert.step_number >= 0 and Level.CARE_CENTRE in alert.present_step.levels


def _call_standing_again(draft: Draft, why: str) -> None:
    here = {one.id for one in draft.reach(draft.alert.present_step).contacts}
    for one in standing(draft):
        if one.contact.id in here or one.step < 0:
            draft.warn_again(one, why)
