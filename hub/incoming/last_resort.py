"""Keeps a message that nothing else can store, and calls the care centre about it.

It needs no engine, no registry and no agreement: one row with the bytes as they came, and an alert
made by hand. Whatever is broken in the care data, the device's "yes" stays true and somebody looks.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from adapters.contract import Kind, Rejected
from escalation.kinds import emergency
from escalation.ladder import closed
from escalation.model import Alert, Lane, Plan, Priority
from escalation.timing import timing
from hub.contain import contained
from hub.decoders.heard import Heard
from hub.incoming.becoming import stored
from hub.road.handling import call_the_centre
from hub.store.alerts import Opened, Shown
from hub.store.journal import Line
from hub.store.unit_of_work import UnitOfWork

PLAN = closed(Plan((), timing(Priority.P2), name="in doubt"), Kind.UNDECODABLE.value)


async def record_raw(uow: UnitOfWork, heard: Heard, why: str) -> None:
    """Store one message raw, as quarantined, and call the care centre about it.

    The alert is its device's; where somebody else is opening that one and does not come to an end,
    the message has an alert of its own. Where even that is refused, the row stands alone, among
    the messages to tick off on the board.
    """
    broken = replace(heard, outcome=Rejected("not_decidable", why), refused="")
    await uow.messages.keep([stored(broken)])
    # The second time to join what somebody else has opened at the same moment.
    for subject_id in (_thing(heard), _thing(heard), heard.id):
        with contained("care centre could not be called", message=str(heard.id)) as calling:
            async with uow.db.begin_nested():
                await _call(uow, heard, subject_id, heard.arrival.received_at)
        if calling.error is None:
            break
    uow.touched |= {"board", "due", "outbox"}


def _thing(heard: Heard) -> UUID:
    return heard.arrival.principal.gateway_id if heard.device is None else heard.device.id


async def _call(uow: UnitOfWork, heard: Heard, subject_id: UUID, now: datetime) -> None:
    organisation_id = heard.arrival.principal.organisation_id
    alert = _alert(heard, subject_id, now)
    open_id = await uow.alerts.open_about(organisation_id, alert.subject_id, alert.emergency)
    said = {"message_id": str(heard.id), "kind": alert.kind, "priority": alert.priority.value}
    if open_id is None:
        device_id = None if heard.device is None else heard.device.id
        gateway_id = heard.arrival.principal.gateway_id
        await uow.alerts.add([(alert, Opened(device_id, gateway_id))])
        await uow.alerts.show_to_parties([Shown(alert, frozenset(), now)])
        opened = Line("opened", {**said, "plan": PLAN.name, "marks": []})
        await uow.journal.write(organisation_id, alert.id, [opened], now)
    line = Line("stuck", said)
    await call_the_centre(uow, organisation_id, open_id or alert.id, str(heard.id), line, now)


def _alert(heard: Heard, subject_id: UUID, now: datetime) -> Alert:
    return Alert(
        id=uuid5(heard.id, "last resort"),
        organisation_id=heard.arrival.principal.organisation_id,
        subject_id=subject_id,
        home_id=None,
        client_ids=(),
        kind=Kind.UNDECODABLE.value,
        emergency=emergency(Kind.UNDECODABLE.value, Priority.P2),
        priority=Priority.P2,
        lane=Lane.ALARM,
        plan=PLAN,
        opened_at=now,
        next_step_at=now + PLAN.steps[0].wait,
    )
