"""The watch: an operator has the alert in hand, so the sound stops, but the alert does not."""

from dataclasses import replace
from uuid import UUID

from escalation.climbing import call_from, climb, hold
from escalation.decision import Answer, Verdict
from escalation.draft import Draft, is_operator
from escalation.model import Actor, Forward, Holding, Level, Offer, Watch
from escalation.timing import bounded
from escalation.triggers import Answered, Claimed, Forwarded, HandedOver, TakenOver, Trigger


def claim(draft: Draft, trigger: Claimed) -> Answer:
    """Give the watch to an operator, unless another has it; their own is renewed."""
    if not is_operator(trigger.by):
        return draft.not_allowed(trigger, "operators_only")
    held = draft.live_watch
    if held is not None and held.by != trigger.by.id:
        if not _is_offered(draft, held, trigger.by):
            return draft.answer_about_watch(Verdict.TAKEN)
        draft.alert = replace(draft.alert, offer=None)
        draft.tell(held.by, "handed_over", trigger.by.id)
    take_watch(draft, trigger.by)
    return draft.answer_about_watch(Verdict.DONE)


def _is_offered(draft: Draft, held: Watch, to: Actor) -> bool:
    offered = draft.alert.offer
    if offered is None or offered.holding is not Holding.WATCH:
        return False
    return (offered.by, offered.to.id) == (held.by, to.id)


def take_watch(draft: Draft, operator: Actor) -> None:
    """The watch is this operator's from now; at the care centre's step the climb waits for it."""
    alert = draft.alert
    watch = Watch(operator.id, draft.now + alert.plan.timing.watch)
    draft.alert = replace(alert, watch=watch)
    if not alert.taken and (alert.held_by_watch or alert.at_centre):
        hold(draft)


def renew_watch(draft: Draft, trigger: Trigger) -> None:
    """Every answer the watching operator enters gives the watch its full length again."""
    if not isinstance(trigger, Answered):
        return
    watch = draft.alert.watch
    if watch is not None and watch.by == trigger.hand.id:
        take_watch(draft, trigger.hand)


def end_watch(draft: Draft) -> None:
    """The operator has gone. Where the climb waited for them the centre rings once more."""
    alert = draft.alert
    held = alert.held_by_watch
    draft.alert = replace(alert, watch=None, held_by_watch=False)
    draft.note("watch_ended", alert.watch.by if alert.watch else None)
    if alert.taken:
        return
    if held and not alert.at_centre:
        climb(draft, "watch_ended")
    elif alert.step_number < 0 or Level.CARE_CENTRE in alert.present_step.levels:
        draft.ring_centre("watch_ended")
        if held:
            once_more = draft.now + alert.plan.timing.centre_repeats
            draft.alert = replace(draft.alert, next_step_at=once_more)


def offer_watch(draft: Draft, trigger: HandedOver) -> Answer:
    """Offer the watch to another operator by name; it stays here until they claim."""
    if not is_operator(trigger.to):
        return draft.not_allowed(trigger, "operators_only")
    watch = draft.alert.watch
    if watch is None or watch.by != trigger.by.id:
        return draft.no_change("no_watch")
    return offer(draft, trigger, watch.by)


def offer(draft: Draft, trigger: HandedOver, holder: UUID) -> Answer:
    """Keep the holder's offer and ask the other; offering the same again changes nothing."""
    before = draft.alert.offer
    made = Offer(trigger.holding, holder, trigger.to, draft.now)
    same = before is not None and replace(before, at=draft.now) == made
    if same or trigger.to.id == holder:
        return draft.no_change()
    draft.alert = replace(draft.alert, offer=made)
    draft.know(trigger.to)
    draft.ask(trigger.to.id, "offer")
    return draft.done()


def forward(draft: Draft, trigger: Forwarded) -> Answer:
    """Send the alert up a ladder of its own, under the watch of the operator who does it."""
    operator = next(filter(is_operator, (trigger.by, trigger.hand)), None)
    if operator is None:
        return draft.not_allowed(trigger, "operators_only")
    if draft.quiet or not trigger.steps:
        return draft.not_allowed(trigger, "in_queue" if draft.quiet else "no_steps")
    watch = draft.live_watch
    if watch is not None and watch.by != operator.id:
        return draft.answer_about_watch(Verdict.TAKEN)
    if len(draft.alert.custody) >= max(draft.alert.needed, trigger.steps[0].needed):
        return draft.answer(Verdict.TAKEN)
    numbers = (len(draft.alert.plan.steps) - 1, *(one.step for one in draft.alert.warned))
    steps = tuple(replace(one, wait=bounded(one.wait)) for one in trigger.steps)
    ladder = Forward(steps, operator.id, first=max(numbers) + 1)
    draft.alert = replace(draft.alert, forward=ladder, held_by_watch=False)
    take_watch(draft, operator)
    call_from(draft, 0, "forward")
    return draft.done()


def take_over_watch(draft: Draft, trigger: TakenOver) -> Answer:
    """Take the watch from another operator at once; both are told."""
    if not is_operator(trigger.by):
        return draft.not_allowed(trigger, "operators_only")
    held = draft.live_watch
    if held is not None and held.by == trigger.by.id:
        return draft.no_change()
    if held is not None and trigger.held_by not in (None, held.by):
        return draft.answer_about_watch(Verdict.TAKEN)
    take_watch(draft, trigger.by)
    if held is not None:
        draft.tell(held.by, "taken_over", trigger.by.id)
        draft.tell(trigger.by.id, "taken_over", held.by)
    return draft.answer_about_watch(Verdict.DONE)
