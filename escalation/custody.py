"""Custody: who has the alert, until when, and what happens when they lose it."""

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.climbing import climb, climb_if_nobody_is_left, hold, stop_climbing
from escalation.decision import Answer, Scope, Verdict
from escalation.draft import Draft
from escalation.model import Actor, Custody, Holding, Phase, Priority
from escalation.timing import REMINDER
from escalation.triggers import (
    Accepted,
    Arrived,
    Extended,
    HandedOver,
    PersonNamed,
    Released,
    TakenOver,
)
from escalation.watching import end_watch, offer


def accept(draft: Draft, trigger: Accepted) -> Answer:
    """Give custody to somebody who goes, while fewer than needed have it."""
    by = trigger.by
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    mine = draft.custody_of(by)
    if mine is not None:
        return _accept_again(draft, mine, trigger)
    if not _take_offer(draft, by) and draft.alert.taken:
        return draft.answer(Verdict.TAKEN)
    _give(draft, by, trigger.eta)
    return draft.done()


def arrive(draft: Draft, trigger: Arrived) -> Answer:
    """Somebody stands at the bed: they have it, and outrank who is still on the road."""
    by = trigger.by
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    if any(one.by == by.id and one.phase is Phase.ON_SITE for one in draft.alert.custody):
        return draft.no_change()
    _take_offer(draft, by)
    mine = draft.custody_of(by)
    others = tuple(one for one in draft.alert.custody if one != mine)
    there = Custody(by.id, by.level, Phase.ON_SITE, draft.now + draft.alert.plan.timing.on_site)
    draft.alert = replace(
        draft.alert,
        custody=(*others, there),
        first_arrived_at=draft.alert.first_arrived_at or draft.now,
        backup_at=None,
    )
    _outrank(draft, by)
    _settle(draft, by)
    return draft.done()


def extend(draft: Draft, trigger: Extended) -> Answer:
    """Give somebody who has it more time, at most as much as a new lease; never less."""
    mine = draft.custody_of(trigger.by)
    if mine is None:
        return draft.no_change("no_custody")
    timing = draft.alert.plan.timing
    most = timing.on_site if mine.phase is Phase.ON_SITE else timing.coming_most
    if mine.to_name:
        most = timing.name_person
    until = max(mine.until, draft.now + min(max(trigger.more, timing.grace), most))
    _change(draft, mine, replace(mine, until=until, asked_at=None))
    return draft.done()


def release(draft: Draft, trigger: Released) -> Answer:
    """Somebody gives it back; the operator who watches may give back the watch in the same way."""
    mine = draft.custody_of(trigger.by)
    if mine is not None:
        lose(draft, (mine,), "released")
        return draft.done()
    watch = draft.alert.watch
    if watch is not None and watch.by == trigger.by.id:
        end_watch(draft)
        return draft.done()
    return draft.no_change("no_custody")


def hand_over(draft: Draft, trigger: HandedOver) -> Answer:
    """Offer custody to another by name; it stays here until they accept."""
    mine = draft.custody_of(trigger.by)
    if mine is None:
        return draft.no_change("no_custody")
    return offer(draft, trigger, mine.by)


def take_over(draft: Draft, trigger: TakenOver) -> Answer:
    """Take custody from another at once, with a reason; both are told."""
    by = trigger.by
    if not draft.may_answer(trigger):
        return draft.not_yours(trigger)
    if draft.custody_of(by) is not None:
        return draft.no_change()
    held = [one for one in draft.alert.custody if trigger.held_by in (None, one.by)]
    if not held:
        return draft.answer(Verdict.TAKEN) if draft.alert.custody else draft.no_change("no_custody")
    _remove(draft, (held[0],))
    draft.tell(held[0].by, "taken_over", by.id)
    draft.tell(by.id, "taken_over", held[0].by)
    _give(draft, by, None)
    return draft.done()


def name_person(draft: Draft, trigger: PersonNamed) -> Answer:
    """A partner that accepted says who goes: custody is that person's from now."""
    mine = draft.custody_of(trigger.by)
    if mine is None:
        return draft.no_change("no_custody")
    if any(one.by == trigger.person.id for one in draft.alert.custody):
        return draft.no_change()
    _pass_to(draft, mine, trigger.person, None)
    draft.tell(trigger.person.id, "named", trigger.by.id)
    return draft.done()


def end_leases(draft: Draft) -> None:
    """Ask whoever let a lease end; after the grace a person on the road loses custody.

    Somebody on site never loses it: their silence is about their own safety.
    """
    lost = []
    for one in draft.alert.custody:
        if one.until > draft.now:
            continue
        if one.asked_at is None:
            _ask(draft, one)
        elif one.phase is Phase.ON_SITE:
            _miss(draft, one)
        else:
            lost.append(one)
    if lost:
        lose(draft, tuple(lost), "no_reaction")


def lose(draft: Draft, lost: tuple[Custody, ...], why: str) -> None:
    """Take custody away. It rings at the desk of a live watch, else the ladder climbs on."""
    was_taken = draft.alert.taken
    _remove(draft, lost)
    for one in lost:
        draft.note("custody_lost", one.by, why)
    if draft.alert.taken or not was_taken:
        return
    if draft.quiet:
        draft.alert = replace(draft.alert, next_step_at=draft.now + REMINDER)
    elif (watch := draft.live_watch) is not None:
        draft.ring(Scope.OWN, "custody_lost", watch.by)
        hold(draft)
    else:
        climb(draft, "custody_lost")


def shortened(custody: Custody, draft: Draft) -> Custody:
    """The same custody under a more urgent plan: an end of shift must never silence a P1."""
    timing = draft.alert.plan.timing
    most = timing.name_person if custody.to_name else timing.name_eta
    if custody.phase is Phase.ON_SITE:
        most = timing.on_site
    return replace(custody, until=min(custody.until, draft.now + most))


def _accept_again(draft: Draft, mine: Custody, trigger: Accepted) -> Answer:
    if mine.by != trigger.by.id:
        _pass_to(draft, mine, trigger.by, trigger.eta)
        return draft.done()
    nothing_new = trigger.eta is None and mine.asked_at is None
    if nothing_new or mine.to_name or mine.phase is Phase.ON_SITE:
        return draft.no_change()
    _change(draft, mine, replace(mine, until=_until(draft, trigger.by, trigger.eta), asked_at=None))
    return draft.done()


def _give(draft: Draft, by: Actor, eta: timedelta | None) -> None:
    one = Custody(by.id, by.level, Phase.COMING, _until(draft, by, eta), to_name=by.is_organisation)
    draft.alert = replace(draft.alert, custody=(*draft.alert.custody, one))
    _settle(draft, by)


def _settle(draft: Draft, by: Actor) -> None:
    """`by` has it: no longer called themselves, and nobody is when enough people have it."""
    draft.know(by)
    alert = draft.alert
    draft.alert = replace(
        alert,
        promises=tuple(one for one in alert.promises if one.by != by.id),
        warned=tuple(
            replace(one, standing=False, declined=False) if one.contact.id == by.id else one
            for one in alert.warned
        ),
    )
    if alert.taken:
        stop_climbing(draft, "taken")
    else:
        climb_if_nobody_is_left(draft)


def _until(draft: Draft, by: Actor, eta: timedelta | None) -> datetime:
    timing = draft.alert.plan.timing
    if by.is_organisation:
        return draft.now + timing.name_person
    if eta is None:
        return draft.now + timing.name_eta
    latest = draft.now + timing.coming_most
    if draft.alert.priority is Priority.P3:
        ends_at = by.shift_ends_at
        return latest if ends_at is None or ends_at <= draft.now else min(ends_at, latest)
    return min(draft.now + max(eta, timedelta()) + timing.coming_extra, latest)


def _pass_to(draft: Draft, mine: Custody, person: Actor, eta: timedelta | None) -> None:
    until = mine.until if mine.phase is Phase.ON_SITE else _until(draft, person, eta)
    named = Custody(person.id, person.level, mine.phase, until, to_name=person.is_organisation)
    _change(draft, mine, named)
    draft.know(person)


def _outrank(draft: Draft, by: Actor) -> None:
    there = tuple(one for one in draft.alert.custody if one.phase is Phase.ON_SITE)
    if len(there) < draft.alert.needed:
        return
    on_the_road = tuple(one for one in draft.alert.custody if one.phase is Phase.COMING)
    _remove(draft, on_the_road)
    for one in on_the_road:
        draft.tell(one.by, "outranked", by.id)


def _take_offer(draft: Draft, to: Actor) -> bool:
    """Take custody out of the hands that offered it to `to`; False when nobody did."""
    offered = draft.alert.offer
    if offered is None or offered.holding is not Holding.CUSTODY or offered.to.id != to.id:
        return False
    given = tuple(one for one in draft.alert.custody if one.by == offered.by)
    draft.alert = replace(draft.alert, offer=None)
    _remove(draft, given)
    if given:
        draft.tell(offered.by, "handed_over", to.id)
    return bool(given)


def _ask(draft: Draft, one: Custody) -> None:
    why = "who_goes" if one.to_name else "still_coming"
    draft.ask(one.by, "are_you_safe" if one.phase is Phase.ON_SITE else why)
    until = draft.now + draft.alert.plan.timing.grace
    _change(draft, one, replace(one, asked_at=draft.now, until=until))


def _miss(draft: Draft, one: Custody) -> None:
    draft.note("no_reaction", one.by)
    draft.ring_centre("no_reaction")
    until = draft.now + draft.alert.plan.timing.on_site
    _change(draft, one, replace(one, asked_at=None, until=until))


def _change(draft: Draft, before: Custody, after: Custody) -> None:
    custody = tuple(after if one == before else one for one in draft.alert.custody)
    draft.alert = replace(draft.alert, custody=custody)


def _remove(draft: Draft, lost: tuple[Custody, ...]) -> None:
    gone = {one.by for one in lost}
    alert = draft.alert
    kept = tuple(one for one in alert.custody if one.by not in gone)
    draft.alert = replace(alert, custody=kept)
    offered = alert.offer
    if offered is not None and offered.holding is Holding.CUSTODY and offered.by in gone:
        draft.alert = replace(draft.alert, offer=None)
