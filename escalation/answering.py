"""Answers that give nobody custody: cannot come, comes later, could not be reached, called 112."""

from collections.abc import Callable
from dataclasses import replace

from escalation.climbing import climb_if_nobody_is_left
from escalation.custody import lose
from escalation.decision import Answer
from escalation.draft import Draft
from escalation.model import Actor, Promise, Warned
from escalation.triggers import Declined, Deferred, Outside, Unreachable


def decline(draft: Draft, trigger: Declined) -> Answer:
    """Somebody is out of the step, the last one out climbs at once; custody is given back."""
    by = trigger.by
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    before = draft.alert
    _drop_offer(draft, by)
    mine = draft.custody_of(by)
    meant = _meant(draft, by)
    warned = tuple(
        replace(one, standing=False, declined=True) if meant(one) else one for one in before.warned
    )
    promises = tuple(one for one in before.promises if one.by != by.id)
    draft.alert = replace(draft.alert, warned=warned, promises=promises)
    if mine is not None:
        lose(draft, (mine,), "declined")
    elif draft.alert == before:
        return draft.no_change()
    climb_if_nobody_is_left(draft)
    return draft.done()


def unreachable(draft: Draft, trigger: Unreachable) -> Answer:
    """One way of one attempt failed for good; a contact without ways left is out of the step."""
    attempt = (trigger.contact_id, trigger.step, trigger.round)
    for one in draft.alert.warned:
        if (one.contact.id, one.step, one.round) == attempt and trigger.way in one.ways_open:
            left = tuple(way for way in one.ways_open if way != trigger.way)
            failed = replace(one, ways_open=left, standing=one.standing and bool(left))
            _put(draft, one, failed)
            draft.note("unreachable", trigger.contact_id, f"{trigger.way}: {trigger.reason}")
            climb_if_nobody_is_left(draft)
            return draft.done()
    return draft.no_change()


def defer(draft: Draft, trigger: Deferred) -> Answer:
    """Keep a busy person's promise for the operator to judge; it never stops the climb."""
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    made = Promise(trigger.by.id, draft.now + trigger.after)
    others = tuple(one for one in draft.alert.promises if one.by != trigger.by.id)
    draft.alert = replace(draft.alert, promises=(*others, made))
    minutes = int(trigger.after.total_seconds() // 60)
    draft.note("promised", trigger.by.id, f"{minutes} min")
    return draft.done()


def call_outside(draft: Draft, trigger: Outside) -> Answer:
    """Somebody outside was called, 112 for instance: written down, and not an end."""
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    draft.note("outside", trigger.by.id, f"{trigger.service}: {trigger.result}")
    return draft.done()


def _meant(draft: Draft, by: Actor) -> Callable[[Warned], bool]:
    """Their own calls; who was only called through a team answers for the team's."""
    own = any(one.contact.id == by.id for one in draft.alert.warned)
    names = {by.id} if own else by.answers_for
    return lambda one: one.contact.id in names


def _drop_offer(draft: Draft, by: Actor) -> None:
    offered = draft.alert.offer
    if offered is not None and offered.to.id == by.id:
        draft.alert = replace(draft.alert, offer=None)
        draft.tell(offered.by, "offer_declined", by.id)


def _put(draft: Draft, before: Warned, after: Warned) -> None:
    warned = tuple(after if one == before else one for one in draft.alert.warned)
    draft.alert = replace(draft.alert, warned=warned)
