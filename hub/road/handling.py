"""The one road on which an alert changes.

lock -> decide (pure) -> save -> promise (outbox) -> journal; the commit is the unit of work's.
No other code updates an alert.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from escalation.decision import Answer
from escalation.engine import decide
from escalation.model import Alert, Priority
from escalation.triggers import Due, Trigger
from hub.road import facts
from hub.road.decided import Decided, keep, line_of
from hub.road.facts import Known
from hub.road.standing import NoSuchAlert
from hub.store.journal import Line
from hub.store.outbox import Promised, Promises
from hub.store.unit_of_work import UnitOfWork


async def handle(uow: UnitOfWork, alert_id: UUID, trigger: Trigger, now: datetime) -> Answer:
    """Let the engine decide about one alert and store everything it says.

    Raises NoSuchAlert. The same trigger id a second time returns the first answer.
    """
    alert = await uow.alerts.lock(alert_id)
    if alert is None:
        raise NoSuchAlert(alert_id)
    pair = (alert_id, trigger.id)
    if (before := (await uow.alerts.answers_to([pair])).get(pair)) is not None:
        return before
    (known,) = await facts.known_of(uow, [alert], now)
    decided = decided_by(alert, trigger, known, now)
    await keep(uow, [decided])
    return decided.decision.answer


async def pass_time(uow: UnitOfWork, alerts: Sequence[Alert], now: datetime) -> None:
    """Give each of these alerts, locked and due, its `Due`."""
    decided = []
    for alert, known in zip(alerts, await facts.known_of(uow, alerts, now), strict=True):
        if alert.due_at is not None:
            trigger = Due(id=uuid5(alert.id, alert.due_at.isoformat()), meant_for=alert.due_at)
            decided.append(decided_by(alert, trigger, known, now))
    await keep(uow, decided)


def decided_by(alert: Alert, trigger: Trigger, known: Known, now: datetime) -> Decided:
    """Let the engine decide about one alert, locked; nothing is stored yet."""
    decision = decide(alert, trigger, facts.on_duty(known, alert), now)
    return Decided(
        decision,
        trigger.id,
        line_of(trigger, decision.answer),
        known,
        now,
        before=alert,
        answered=not isinstance(trigger, Due),  # it tells nobody, and is stale the second time
    )


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
    await uow.outbox.promise([Promises(organisation_id, alert_id, Priority.P1.rank, promised, now)])
    await uow.journal.write(organisation_id, alert_id, [line], now)
    uow.touched.add("outbox")
