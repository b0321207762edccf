"""An exit from a zone rings after a second fix or two minutes: indoors GPS lies.

It waits in `ripenings`, one for each tracker, and becomes an event then. A return before that
makes it history. Whoever is known to be out already waits for nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

import sqlalchemy as sa

from adapters.contract import Kind, Position
from escalation.kinds import AWAY
from hub.decoders.heard import Heard
from hub.store.events import Event
from hub.store.ripenings import HELD_EXIT, Ripening
from hub.store.tables import alerts, clients, devices, homes, ripenings
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode, encode

LASTS = timedelta(seconds=120)
VAGUE_M = 100.0  # a fix that may be further off confirms nothing
EARTH_M = 6_371_000


async def holds_exit(uow: UnitOfWork, event: Event) -> bool:
    """Keep an exit until it is sure; False for all else, and where there is nothing to wait for.

    A second exit of the same tracker confirms the first, and a return ends it.
    """
    await _end_exit(uow, event)
    if event.kind is not Kind.LEFT_ZONE or event.withdraws or event.device_id is None:
        return False
    held = await uow.ripenings.lock(event.device_id, HELD_EXIT)
    if held is not None:
        if decode(Event, held.state).occurred_at == event.occurred_at:
            await uow.events.add([(event, None)])  # the same fix once more
            return True
        await uow.ripenings.wake([event.device_id], HELD_EXIT, event.received_at)
        return False
    due_at = min(event.occurred_at, event.received_at) + LASTS
    if due_at <= event.received_at or await _is_out(uow, event):
        return False
    waiting = Ripening(event.organisation_id, event.device_id, HELD_EXIT, encode(event), due_at)
    await uow.ripenings.put([waiting])
    return True


async def _end_exit(uow: UnitOfWork, event: Event) -> None:
    over = event.kind is Kind.RETURNED or (event.kind is Kind.LEFT_ZONE and event.withdraws)
    if not over or event.device_id is None:
        return
    held = await uow.ripenings.lock(event.device_id, HELD_EXIT)
    if held is not None:
        await uow.events.add([(decode(Event, held.state), None)])
        await uow.ripenings.drop(event.device_id, HELD_EXIT)


async def confirm_exits(uow: UnitOfWork, heard: Sequence[Heard]) -> None:
    """Let exits that a later, sharp fix away from home confirms ring now."""
    fixes = {
        one.device.id: (reading.position, reading.occurred_at or one.arrival.received_at)
        for one in heard
        if one.device is not None and not one.arrival.replayed
        for reading in one.readings
        if reading.position is not None and reading.kind not in (Kind.LEFT_ZONE, Kind.RETURNED)
    }
    if not fixes:
        return
    asked = (
        sa.select(ripenings.c.subject_id, ripenings.c.state, homes.c.latitude, homes.c.longitude)
        .join(devices, devices.c.id == ripenings.c.subject_id)
        .outerjoin(clients, clients.c.id == devices.c.client_id)
        .outerjoin(homes, homes.c.id == sa.func.coalesce(devices.c.home_id, clients.c.home_id))
        .where(ripenings.c.subject_id.in_(list(fixes)), ripenings.c.what == HELD_EXIT)
    )
    rows = await uow.db.execute(asked)
    sure = [row.subject_id for row in rows if _confirms(row, *fixes[row.subject_id])]
    if sure:
        now = max(one.arrival.received_at for one in heard)
        await uow.ripenings.wake(sure, HELD_EXIT, now)
        uow.touched.add("due")


def _confirms(held: Any, fix: Position, told_at: datetime) -> bool:
    """A sharp fix from after the exit, unless home lies within its circle."""
    later = (fix.fixed_at or told_at) > decode(Event, held.state).occurred_at
    if not later or fix.accuracy_m > VAGUE_M:
        return False
    if held.latitude is None or held.longitude is None:
        return True
    return metres(fix, held.latitude, held.longitude) > fix.accuracy_m


def metres(fix: Position, lat: float, lon: float) -> float:
    """How far a fix is from a place, along the ground (haversine)."""
    north, east = radians(fix.lat - lat) / 2, radians(fix.lon - lon) / 2
    across = sin(north) ** 2 + cos(radians(lat)) * cos(radians(fix.lat)) * sin(east) ** 2
    return 2 * EARTH_M * asin(sqrt(min(1.0, across)))


async def _is_out(uow: UnitOfWork, event: Event) -> bool:
    """Whether an alert says already that this client is gone."""
    asked = sa.select(alerts.c.id).where(
        alerts.c.organisation_id == event.organisation_id,
        alerts.c.subject_id == event.subject_id,
        alerts.c.emergency == AWAY,
        alerts.c.resolved_at.is_(None),
    )
    return (await uow.db.execute(asked)).first() is not None
