"""What happens by itself next, when, and how long the wait was: the ring and its digits.

The moment comes from the alert's own stored moments; the browser only subtracts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.model import Alert, Custody, Lane, Phase
from hub.screen.ladder import expected, step_name
from hub.store.names import Names
from hub.words.texts import text
from hub.words.times import clock, day_clock


@dataclass(frozen=True, slots=True)
class Countdown:
    """`until` is None when nothing is counted down; `tone` is p1, ok or plain."""

    until: datetime | None
    total: timedelta
    label: str
    tone: str = "plain"


def countdown(alert: Alert, names: Names, local: ZoneInfo, now: datetime) -> Countdown:
    """Say what an unresolved alert waits for, in the order in which a person asks."""
    if alert.lane is Lane.QUEUE and alert.due_at is not None:
        label = text("reminder_at", moment=day_clock(alert.due_at, now, local))
        return Countdown(alert.due_at, timedelta(days=1), label)
    if alert.custody and len(alert.custody) >= alert.needed:
        return _custody(alert, names, local)
    if alert.held_by_watch and alert.watch is not None:
        label = text("then_sound")
        return Countdown(alert.watch.until, alert.plan.timing.watch, label)
    if alert.next_step_at is not None:
        tone = "p1" if alert.priority.rank == 0 else "plain"
        label = text(
            "then_again" if on_last_step(alert) else "then_next", who=next_name(alert, names)
        )
        return Countdown(alert.next_step_at, alert.present_step.wait, label, tone)
    return Countdown(alert.due_at, alert.plan.timing.watch, text("then_sound"))


def _custody(alert: Alert, names: Names, local: ZoneInfo) -> Countdown:
    first = min(alert.custody, key=lambda one: one.until)
    total = alert.plan.timing.on_site if first.phase is Phase.ON_SITE else _coming_total(alert)
    return Countdown(first.until, total, _custody_label(first, names, local), "ok")


def _custody_label(custody: Custody, names: Names, local: ZoneInfo) -> str:
    if custody.phase is Phase.ON_SITE:
        return text("on_site_until", moment=clock(custody.until, local))
    if custody.asked_at is not None:
        return text("asked_still_coming")
    if custody.to_name:
        known = names.contacts.get(custody.by)
        return text("partner_names", who=known.name if known is not None else "")
    return text("at_latest", moment=clock(custody.until, local))


def _coming_total(alert: Alert) -> timedelta:
    return alert.plan.timing.name_eta + alert.plan.timing.coming_extra


def on_last_step(alert: Alert) -> bool:
    """Say whether the ladder has come to its end, where it goes round."""
    if alert.forward is not None:
        return False
    return alert.step >= len(alert.plan.steps) - 1


def next_name(alert: Alert, names: Names) -> str:
    """Say who is called when the wait is over."""
    steps = alert.forward.steps if alert.forward is not None else alert.plan.steps
    current = alert.forward.index if alert.forward is not None else alert.step
    following = min(expected(alert), len(steps) - 1)
    if alert.forward is not None and current + 1 >= len(steps):
        back = names.contacts.get(alert.forward.back_to)
        return back.name if back is not None else text("to_do")
    return step_name(steps[following], names, alert)
