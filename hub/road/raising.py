"""What has happened, on the one road: the alert that an event joins, opens or takes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from escalation.decision import Opening, Verdict
from escalation.engine import open_alert
from escalation.grouping import Happening, already_there, joined, trigger_for
from escalation.kinds import RULES, Circumstances, emergency, lane, takes_back
from escalation.ladder import centre_at_once
from escalation.model import Alert, Lane, Plan, Priority
from escalation.modes import Mode, any_of, is_test
from escalation.modes import muted_until as muted
from escalation.timing import timing
from hub.road import facts, modes
from hub.road.decided import Decided, keep
from hub.road.facts import Known
from hub.road.handling import call_the_centre, decided_by
from hub.road.standing import Standing
from hub.store.alerts import Opened
from hub.store.care import Subject
from hub.store.events import Event
from hub.store.journal import Line
from hub.store.unit_of_work import UnitOfWork

MODE_MARKS = {Mode.TEST: "test_mode"}  # a test is also what a message says of itself


async def raise_alerts(
    uow: UnitOfWork, happened: Sequence[tuple[Event, Subject]]
) -> Sequence[UUID | None]:
    """Store events, each with the open alert of its emergency that it joins, or the one it opens.

    The caller has locked the subjects. Each event is decided at the moment it was received, in
    this order. None: an event that concerns no alert. An alert that turns out resolved once it is
    locked is not reopened: the event opens a new one.
    """
    if not happened:
        return ()
    for event, subject in happened:
        if event.kind in modes.CARER:
            await modes.notice_carer(uow, event, subject)
    things = {thing for event, _ in happened if (thing := _thing(event)) is not None}
    asked = [(subject, event.received_at) for event, subject in happened]
    known, standing = await facts.known_among_open(uow, asked, things)
    raising = _Raising(uow, standing)
    matters = [
        _judged(event, one, standing.of(one.subject, _thing(event)))
        for (event, _), one in zip(happened, known, strict=True)
    ]
    chosen = [
        joined(one.happening, standing.of(one.known.subject, _thing(one.event))) for one in matters
    ]
    joining = zip(matters, chosen, strict=True)
    await standing.lock((other.id, one.event.id) for one, other in joining if other is not None)
    found = [(one.event, await raising.add(one)) for one in matters]
    await keep(uow, raising.decided, found)
    return [alert_id for _, alert_id in found]


@dataclass(frozen=True, slots=True)
class _Matter:
    """An event, how urgent it is among these circumstances, and the ladder it would follow.

    `muted_until`: a mode mutes it; alone it rings nobody before then.
    """

    event: Event
    known: Known
    circumstances: Circumstances
    happening: Happening
    plan: Plan
    muted_until: datetime | None = None


def _judged(event: Event, known: Known, others: Sequence[Alert]) -> _Matter:
    circumstances = facts.circumstances_of(event, others)
    priority, plan = facts.agreed(known, event.kind.value, circumstances)
    muted_until = None
    if event.may_be_alarm or event.unknown_device:
        priority, plan = _in_doubt(event, priority, plan)
    else:
        priority, muted_until = _under_modes(event, known.subject, priority)
    happening = _happening(event, known.subject, priority)
    return _Matter(event, known, circumstances, happening, plan, muted_until)


def _under_modes(
    event: Event, subject: Subject, priority: Priority
) -> tuple[Priority, datetime | None]:
    """A test waits for the technical desk while somebody tests; what a mode mutes rings nobody."""
    at = event.received_at
    if event.test and is_test(subject.modes, at):
        return Priority.T, None
    until = None if event.withdraws else muted(event.kind.value, priority, subject.modes, at)
    return (priority if until is None else Priority.I), until


class _Raising:
    """What the events of one unit of work do to alerts, event by event."""

    def __init__(self, uow: UnitOfWork, standing: Standing) -> None:
        self.uow, self.standing = uow, standing
        self.decided: list[Decided] = []  # not stored yet; about each alert at most one

    async def add(self, matter: _Matter) -> UUID | None:
        """Let an event join or open an alert; which."""
        event, known = matter.event, matter.known
        others = self.standing.of(known.subject, _thing(event))
        if facts.circumstances_of(event, others) != matter.circumstances:
            matter = _judged(event, known, others)
        while (other := joined(matter.happening, others)) is not None:
            if await self._join(other, matter) is not Verdict.ALREADY_RESOLVED:
                return other.id
            others = [one for one in others if one.id != other.id]
        priority = matter.happening.priority
        if event.withdraws:
            await modes.no_longer_true(self.uow, event, known.subject)
            return None
        if matter.muted_until is not None:
            await modes.wait_for_the_end(self.uow, event, known.subject, matter.muted_until)
            return None
        if lane(event.kind.value, priority) in (None, Lane.TREND):
            return None
        opening = _opening(matter, others)
        if (there := self.standing.unreadable_of(opening)) is not None:
            return await _join_unreadable(self.uow, there, event, opening, event.received_at)
        await self._add(_opened(matter, opening))
        return opening.id

    async def _join(self, other: Alert, matter: _Matter) -> Verdict:
        event, known = matter.event, matter.known
        trigger = trigger_for(event.id, other, matter.happening, matter.plan)
        await self.standing.lock([(other.id, trigger.id)])
        if (before := self.standing.answers.get((other.id, trigger.id))) is not None:
            return before.verdict
        alert = self.standing.alerts[other.id]
        if not known.is_about(alert):
            (known,) = await facts.known_of(self.uow, [alert], event.received_at)
        decided = decided_by(alert, trigger, known, event.received_at)
        await self._add(decided)
        return decided.decision.answer.verdict

    async def _add(self, decided: Decided) -> None:
        """Keep a decision for later; what was decided of this alert before must be stored first."""
        if any(one.alert.id == decided.alert.id for one in self.decided):
            await keep(self.uow, self.decided)
            self.decided.clear()
        self.standing.decided(decided.alert)
        self.decided.append(decided)


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
    own = _thing(event) if priority is Priority.T or _restores(event) else None
    if own is not None and _is_test_of_an_alarm(event, priority):
        own = uuid5(own, f"test/{subject.subject_id}")  # a real call of it is another matter
    return Happening(
        kind=event.kind.value,
        priority=priority,
        subject_id=own or subject.subject_id,
        client_ids=subject.client_ids,
        home_id=subject.home_id,
        withdraws=event.withdraws,
        marks=_marks(event, subject),
    )


def _is_test_of_an_alarm(event: Event, priority: Priority) -> bool:
    """Whether somebody tests what would have rung."""
    rule = RULES.get(event.kind.value)
    return (
        event.test and priority is Priority.T and rule is not None and rule.priority is not priority
    )


def _restores(event: Event) -> bool:
    """Whether it says that a technical matter is over, which is about its device alone."""
    over = takes_back(event.kind.value)
    return any(kind in RULES and RULES[kind].priority is Priority.T for kind in over)


def _thing(event: Event) -> UUID | None:
    """What a technical alert is about: the device or, where that is not registered, its gateway."""
    return event.device_id or event.gateway_id


def _marks(event: Event, subject: Subject) -> tuple[str, ...]:
    marks = {
        "late": event.late,
        "replayed": event.replayed,
        "possible_repeat": event.possible_repeat,
        "clock_wrong": event.clock_wrong,
        "not_assured": event.not_assured,
        "test": event.test,
        "unknown_device": event.unknown_device,
        "untested_device": bool(event.value.get("untested_device")),
        "care_ended": subject.care_ended,
    }
    standing = [MODE_MARKS.get(one, one.value) for one in any_of(subject.modes, event.received_at)]
    return (*(name for name, true in marks.items() if true), *standing)


def _opening(matter: _Matter, others: Sequence[Alert]) -> Opening:
    event, happening, subject = matter.event, matter.happening, matter.known.subject
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
        plan=matter.plan,
        late=event.late,
        marks=happening.marks,
        already_there=there,
        already_there_priority=there_priority,
    )


def _opened(matter: _Matter, opening: Opening) -> Decided:
    event, now = matter.event, matter.event.received_at
    decision = open_alert(opening, facts.who(matter.known, opening, opening.plan), now)
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
    opened = Opened(event.device_id, event.gateway_id, event.explanation)
    return Decided(decision, event.id, line, matter.known, now, opened=opened)
