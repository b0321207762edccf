"""Raises what ripened by silence: lifestyle rules, doses, hold-offs."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from adapters.contract import Kind
from hub.contain import contained
from hub.road.happened import noticed, record_event
from hub.store.care import Resident
from hub.store.events import Event
from hub.store.modes import MUTED
from hub.store.ripenings import HELD_EXIT, Ripening
from hub.store.unit_of_work import Store, UnitOfWork, lost
from hub.store.values import decode
from hub.waiting.after_modes import MOVING, judge_moving, judge_muted
from hub.waiting.doses import WHAT as DOSES
from hub.waiting.doses import judge_doses
from hub.waiting.lifestyle import WHAT
from hub.waiting.pressed import WHAT as TEST_PRESS
from hub.waiting.pressed import judge_test_press
from hub.waiting.rhythm import judge_lifestyle, judge_quiet
from hub.workers import do_or_put_aside

AT_ONCE = 200
AGAIN_AFTER = timedelta(minutes=1)


class Ripen:
    """The worker that looks at conditions whose moment has come."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def step(self, now: datetime) -> datetime | None:
        """Judge what is due at `now`; the moment of the next condition."""
        async with self.store.transaction() as uow:
            due, upcoming = await uow.ripenings.due(now, AT_ONCE)
        if not due:
            return upcoming
        quiet = await self._quiet([one for one, what in due if what == WHAT], now)
        for subject_id, what in due:
            if what != WHAT or subject_id not in quiet:
                await self._judge(subject_id, what, now)
        async with self.store.transaction() as uow:
            return await uow.ripenings.next_due_at()

    async def _quiet(self, client_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """Most looks at a client's rhythm find nothing: those are done in one transaction.

        Where that fails, which says nothing of any one of them, each is judged alone.
        """
        if len(client_ids) < 2:
            return set()
        quiet = set[UUID]()
        with contained("rhythms could not be looked at together") as looking:
            quiet = await self.store.retried(partial(judge_quiet, client_ids=client_ids, now=now))
        if looking.error is not None and lost(looking.error):
            raise ConnectionError("the database went away") from looking.error
        return quiet

    async def _judge(self, subject_id: UUID, what: str, now: datetime) -> None:
        await do_or_put_aside(
            self.store,
            partial(judge, subject_id=subject_id, what=what, now=now),
            partial(_put_aside, subject_id=subject_id, what=what, now=now),
            subject=str(subject_id),
            what=what,
        )


async def judge(uow: UnitOfWork, subject_id: UUID, what: str, now: datetime) -> None:
    """Judge one condition, when it is still due."""
    resident = await _lock(uow, subject_id, what)
    row = await uow.ripenings.lock(subject_id, what)
    if row is None or row.due_at is None or row.due_at > now:
        return
    if what == WHAT:
        await _judge_lifestyle(uow, row, resident, now)
    elif what == MOVING:
        await judge_moving(uow, row, now)
    elif what.startswith(MUTED):
        await judge_muted(uow, row, now)
    elif what == DOSES:
        await _judge_doses(uow, row, now)
    elif what == TEST_PRESS:
        await judge_test_press(uow, row, now)
    else:
        await _judge_hold(uow, row, now)
    uow.touched |= {"board", "due", "outbox"}


async def _lock(uow: UnitOfWork, subject_id: UUID, what: str) -> Resident | None:
    """Lock whoever it is about before the condition itself."""
    if what == WHAT:
        before = await uow.care.residents({subject_id}, ())
        await uow.care.lock((), {one.home_id for one in before})
        return next(iter(await uow.care.residents({subject_id}, ())), None)  # modes as they are now
    if what == MOVING or what.startswith(MUTED):
        await uow.care.lock({subject_id}, {subject_id})
        return None
    device = await uow.devices.get(subject_id)
    if device is not None:
        clients = {device.client_id} - {None}
        homes = {device.home_id} - {None}
        await uow.care.lock({one for one in clients if one}, {one for one in homes if one})
    return None


async def _judge_lifestyle(
    uow: UnitOfWork, row: Ripening, resident: Resident | None, now: datetime
) -> None:
    if resident is None:
        await uow.ripenings.drop(row.subject_id, WHAT)
    else:
        await judge_lifestyle(uow, row, resident, now)


async def _judge_doses(uow: UnitOfWork, row: Ripening, now: datetime) -> None:
    """A dispenser that is no longer in use waits for nothing."""
    device = await uow.devices.get(row.subject_id)
    if device is None or not await uow.supervision.counts_on(device.id):
        await uow.ripenings.drop(row.subject_id, DOSES)
    else:
        await judge_doses(uow, row, device, now)


async def _judge_hold(uow: UnitOfWork, row: Ripening, now: datetime) -> None:
    """A level lasted its hold-off: it becomes the event it announced.

    People are called for an exit from now on, not from the moment at which it was not sure yet.
    """
    event = decode(Event, row.state)
    if row.what == HELD_EXIT:
        event = replace(event, received_at=now)
    subject = await uow.care.subject_of(event)
    await record_event(uow, event, subject)
    await uow.ripenings.drop(row.subject_id, row.what)


async def _put_aside(uow: UnitOfWork, subject_id: UUID, what: str, now: datetime) -> None:
    """Tell the care centre that a rule cannot be judged, and try again later."""
    resident = await _lock(uow, subject_id, what)
    organisation_id = await uow.ripenings.set_back(subject_id, what, now + AGAIN_AFTER)
    if organisation_id is None:
        return
    if resident is not None:
        subject = await uow.care.subject(resident.client_id, None)
    else:
        subject = None
    told = subject or uow.care.nobody(organisation_id, subject_id)
    event_id = uuid5(subject_id, f"{what}/{now.isoformat()}")
    event = replace(
        noticed(event_id, Kind.FAULT, told, now), may_be_alarm=True, value={"what": what}
    )
    await record_event(uow, event, told)
    uow.touched |= {"board", "due", "outbox"}
