"""The one road on which an alert changes.

lock -> decide (pure) -> save -> promise (outbox) -> journal; the commit is the unit of work's.
No other code updates an alert.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from escalation.engine import decide, open_alert
from escalation.grouping import Happening, already_there, joined, trigger_for
from escalation.kinds import emergency, lane
from escalation.ladder import centre_at_once
from escalation.model import (
    Action,
    Alert,
    Answer,
    Decision,
    Due,
    Lane,
    Opening,
    Plan,
    Priority,
    StandDown,
    Tell,
    Trigger,
    Verdict,
    Warn,
)
from escalation.timing import timing
from hub import facts
from hub.store.alerts import Opened
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.journal import Line
from hub.store.outbox import Promised
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import encode


class NoSuchAlert(LookupError):
    """There is no such alert, or it is not this viewer's to see."""


async def handle(uow: UnitOfWork, alert_id: UUID, trigger: Trigger, now: datetime) -> Answer:
    """Let the engine decide about one alert and store everything it says.

    Raises NoSuchAlert. The same trigger id a second time returns the first answer.
    """
    alert = await uow.alerts.lock(alert_id)
    if alert is None:
        raise NoSuchAlert(alert_id)
    return await handle_locked(uow, alert, trigger, now)


async def handle_locked(uow: UnitOfWork, alert: Alert, trigger: Trigger, now: datetime) -> Answer:
    """Do what `handle` does, with an alert this unit of work has locked."""
    told = not isinstance(trigger, Due)  # a Due tells nobody, and is stale the second time
    if told and (before := await uow.alerts.answer_to(alert, trigger.id)) is not None:
        return before
    on_duty = await facts.on_duty(uow, alert, now)
    decision = decide(alert, trigger, on_duty, now)
    if decision.alert != alert:
        await uow.alerts.save(decision.alert)
    await _keep(uow, decision, alert, trigger.id, now, _told(trigger, decision.answer))
    if told:
        await uow.alerts.applied(alert, trigger.id, decision.answer, now)
    return decision.answer


async def raise_alert(
    uow: UnitOfWork, event: Event, subject: Subject, now: datetime
) -> UUID | None:
    """Let an event join the open alert of its emergency, or open one.

    The caller has locked the subject. None: an event that concerns no alert. An alert that turns
    out resolved once it is locked is not reopened: the event opens a new one.
    """
    others, unreadable = await uow.alerts.open_of(
        subject.organisation_id, subject.subject_id, subject.client_ids, subject.home_id
    )
    circumstances = facts.circumstances_of(event, others)
    priority, plan = await facts.agreed(uow, subject, event.kind.value, now, circumstances)
    if event.may_be_alarm or event.unknown_device:
        priority, plan = _in_doubt(event, priority, plan)
    happening = _happening(event, subject, priority)
    while (other := joined(happening, others)) is not None:
        answer = await handle(uow, other.id, trigger_for(event.id, other, happening, plan), now)
        if answer.verdict is not Verdict.ALREADY_RESOLVED:
            return other.id
        others = [one for one in others if one.id != other.id]
    if event.withdraws or lane(event.kind.value, priority) in (None, Lane.TREND):
        return None
    opening = _opening(event, happening, plan, others, subject)
    if (there := unreadable.get((opening.subject_id, opening.emergency))) is not None:
        return await _join_unreadable(uow, there, event, opening, now)
    return await _open(uow, event, subject, opening, now)


async def _join_unreadable(
    uow: UnitOfWork, alert_id: UUID, event: Event, opening: Opening, now: datetime
) -> UUID:
    """No engine can say what another event does to an alert nobody can read: call the centre."""
    line = Line("stuck", {"event_id": str(event.id), "kind": opening.kind})
    if opening.priority.rank <= Priority.P3.rank:
        await call_the_centre(uow, opening.organisation_id, alert_id, str(event.id), line, now)
    else:
        await uow.journal.write(opening.organisation_id, alert_id, [line], now)
    return alert_id


def _in_doubt(event: Event, priority: Priority, plan: Plan) -> tuple[Priority, Plan]:
    """What may be a call for help from we know not whom goes to the care centre at once."""
    if event.may_be_alarm and priority.rank > Priority.P2.rank:
        priority, plan = Priority.P2, Plan((), timing(Priority.P2), name="in doubt")
    return priority, centre_at_once(plan) if priority.rank <= Priority.P3.rank else plan


def _happening(event: Event, subject: Subject, priority: Priority) -> Happening:
    technical = priority is Priority.T
    own = event.device_id or event.gateway_id if technical else None
    return Happening(
        kind=event.kind.value,
        priority=priority,
        subject_id=own or subject.subject_id,
        client_ids=subject.client_ids,
        home_id=subject.home_id,
        withdraws=event.withdraws,
        marks=_marks(event, subject),
    )


def _marks(event: Event, subject: Subject) -> tuple[str, ...]:
    marks = {
        "late": event.late,
        "replayed": event.replayed,
        "possible_repeat": event.possible_repeat,
        "clock_wrong": event.clock_wrong,
        "not_assured": event.not_assured,
        "test": event.test,
        "unknown_device": event.unknown_device,
        "care_ended": subject.care_ended,
    }
    return tuple(name for name, true in marks.items() if true)


def _opening(
    event: Event, happening: Happening, plan: Plan, others: Sequence[Alert], subject: Subject
) -> Opening:
    there, there_priority = already_there(happening, others)
    return Opening(
        id=uuid5(event.id, "alert"),
        organisation_id=subject.organisation_id,
        subject_id=happening.subject_id,
        home_id=subject.home_id,
        client_ids=subject.client_ids,
        kind=happening.kind,
        emergency=emergency(happening.kind, happening.priority),
        priority=happening.priority,
        plan=plan,
        late=event.late,
        marks=happening.marks,
        already_there=there,
        already_there_priority=there_priority,
    )


async def _open(
    uow: UnitOfWork, event: Event, subject: Subject, opening: Opening, now: datetime
) -> UUID:
    on_duty = await facts.who(uow, opening, opening.plan, now)
    decision = open_alert(opening, on_duty, now)
    opened = Opened(event.device_id, event.gateway_id, event.explanation)
    await uow.alerts.add(decision.alert, opened)
    line = Line(
        "opened",
        {
            "event_id": str(event.id),
            "kind": opening.kind,
            "priority": opening.priority.value,
            "plan": opening.plan.name,
            "marks": list(opening.marks),
            "occurred_at": event.occurred_at.isoformat(),
        },
    )
    await _keep(uow, decision, None, event.id, now, line)
    return opening.id


async def _keep(
    uow: UnitOfWork,
    decision: Decision,
    before: Alert | None,
    trigger_id: UUID,
    now: datetime,
    first: Line,
) -> None:
    """Store what a decision asks for: who has it, who may see it, messages, journal."""
    alert = decision.alert
    had = () if before is None else before.custody
    if {one.by for one in had} != {one.by for one in alert.custody} or alert.resolved_at:
        has = () if alert.resolved_at else alert.custody
        await uow.alerts.has(alert, [one.by for one in has])
    known = set() if before is None else {one.contact.id for one in before.warned}
    called = {one.contact.id for one in alert.warned} - known
    if before is None or called:
        await uow.alerts.show_to_parties(alert, called, now)
    await _promise(uow, decision, trigger_id, now)
    lines = [first, *(_line(action) for action in decision.actions)]
    await uow.journal.write(alert.organisation_id, alert.id, lines, now)


async def _promise(uow: UnitOfWork, decision: Decision, trigger_id: UUID, now: datetime) -> None:
    """Turn actions into messages: the addresses are those the contacts have now."""
    told = [one for one in decision.actions if isinstance(one, Warn | StandDown | Tell)]
    if not told:
        return
    alert = decision.alert
    over = [one.contact.id for one in told if isinstance(one, StandDown)]
    await uow.outbox.overtake(alert.id, over)
    addresses = await uow.outbox.addresses(sorted({_whom(one) for one in told}))
    promised: list[Promised] = []
    for action in told:
        known = addresses.get(_whom(action), {})
        for way in _ways(action, known):
            name = f"{alert.id}/{trigger_id}/{len(promised)}"
            promised.append(_message(action, way, known[way], uuid5(alert.id, name)))
    await uow.outbox.promise(alert.organisation_id, alert.id, alert.priority.rank, promised, now)


def _whom(action: Warn | StandDown | Tell) -> UUID:
    return action.contact_id if isinstance(action, Tell) else action.contact.id


def _ways(action: Warn | StandDown | Tell, known: Iterable[str]) -> Sequence[str]:
    """A call goes by all its ways at once, a quiet word by the first."""
    match action:
        case Warn(ways=ways):
            return [way for way in ways if way in known]
        case StandDown() | Tell():
            return list(known)[:1]


def _message(action: Warn | StandDown | Tell, way: str, address: str, id: UUID) -> Promised:  # noqa: A002
    match action:
        case Warn(contact=contact, step=step, round=round_number, why=why):
            return Promised(id, contact.id, way, address, "warn", why, step, round_number)
        case StandDown(contact=contact, why=why):
            return Promised(id, contact.id, way, address, "stand_down", why)
        case Tell(contact_id=contact_id, what=what):
            return Promised(id, contact_id, way, address, "tell", what)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _told(trigger: Trigger, answer: Answer) -> Line:
    """What was said, and what came of it: an answer that counted for nothing is told as such."""
    said = encode(trigger) | {"verdict": answer.verdict.value}
    by, entered_by = said.pop("by", None), said.pop("entered_by", None)
    said.pop("id")
    said.pop("plan", None)
    return Line(
        _snake_case(type(trigger).__name__),
        said,
        None if by is None else UUID(by["id"]),
        None if entered_by is None else UUID(entered_by["id"]),
    )


def _line(action: Action) -> Line:
    said: dict[str, Any] = encode(action)
    if (contact := said.pop("contact", None)) is not None:
        said |= {"contact_id": contact["id"], "level": contact["level"]}
    return Line(_snake_case(type(action).__name__), said)


async def call_the_centre(
    uow: UnitOfWork, organisation_id: UUID, alert_id: UUID, cause: str, line: Line, now: datetime
) -> None:
    """Call the care centre about an alert that cannot be decided; needs no engine.

    `cause` names what the call is for: for each cause an alert calls once.
    """
    desks = await uow.care.desks(organisation_id, now)
    addresses = await uow.outbox.addresses(desks)
    promised = [
        Promised(uuid5(alert_id, f"stuck/{cause}/{one}/{way}"), one, way, address, "warn", "stuck")
        for one, ways in addresses.items()
        for way, address in ways.items()
    ]
    await uow.outbox.promise(organisation_id, alert_id, Priority.P1.rank, promised, now)
    await uow.journal.write(organisation_id, alert_id, [line], now)
