"""The end of modes, and movement in a home that should be empty: what happens by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from adapters.contract import Channel, Kind
from escalation.modes import MOVED_FOR, left_at, muted_until
from hub.road import facts
from hub.road.happened import noticed, record_event
from hub.store.care import Resident, Subject
from hub.store.events import Event
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import Store, UnitOfWork
from hub.store.values import decode, encode

MOVING = "moving"  # the condition of a home: since when something moves there
INDOORS = frozenset({Channel.MOTION, Channel.OCCUPANCY, Channel.BED})
STILL_FOR = timedelta(minutes=10)  # after which movement begins anew


class EndModes:
    """The worker that ends modes whose moment has come."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def step(self, now: datetime) -> datetime | None:
        """End what is due at `now`; the moment of the next end."""
        async with self.store.transaction() as uow:
            if await uow.modes.end_due(now):
                uow.touched |= {"board", "due"}
            return await uow.modes.next_end()


async def judge_muted(uow: UnitOfWork, row: Ripening, now: datetime) -> None:
    """Ring for what a mode muted and nobody took back, now that it has ended."""
    event = decode(Event, row.state)
    subject = await uow.care.subject_of(event)
    (known,) = await facts.known(uow, [(subject, now)])
    priority, _ = facts.agreed(known, event.kind.value)
    until = muted_until(event.kind.value, priority, subject.modes, now)
    if until is not None:
        await uow.ripenings.put([replace(row, due_at=until)])
        return
    await uow.ripenings.drop(row.subject_id, row.what)
    again = replace(event, id=uuid5(event.id, now.isoformat()), received_at=now)
    await record_event(uow, again, subject)


# --- movement in an empty home -----------------------------------------------------------------


async def observe_empty_homes(
    uow: UnitOfWork, residents: Sequence[Resident], moves: Sequence[Any]
) -> None:
    """Note movement in homes whose people are all away; `moves` are those of `lifestyle`."""
    away = {one.home_id: one.organisation_id for one in residents if one.modes}
    if not away or not any(one.reading.channel in INDOORS for one in moves):
        return
    everybody = await uow.care.residents(set(), away)
    rows = await uow.ripenings.lock_or_make(away, MOVING)
    for home_id in away:
        theirs = [one.modes for one in everybody if one.home_id == home_id]
        ids = {home_id, *(one.client_id for one in everybody if one.home_id == home_id)}
        state = dict(rows[home_id].state)
        for move in moves:
            indoors = move.reading.channel in INDOORS
            here = not ids.isdisjoint({move.device.client_id, move.device.home_id})
            if indoors and here and (empty_since := left_at(theirs, move.at)) is not None:
                known = state if state and _since(state) >= empty_since else {}
                state = _moved(known, str(move.device.id), move)
        if state != rows[home_id].state:
            due_at = None if state["told"] else _since(state) + MOVED_FOR
            await uow.ripenings.put([replace(rows[home_id], state=state, due_at=due_at)])
            uow.touched.add("due")


def _moved(state: Mapping[str, Any], device: str, move: Any) -> dict[str, Any]:
    """Count a move to the movement that is going on, or begin anew after a still while."""
    active = {*state.get("active", ())} - {device}
    going_on = bool(state.get("active")) or (
        bool(state) and move.at - datetime.fromisoformat(state["last_at"]) <= STILL_FOR
    )
    return {
        "since": state["since"] if going_on else move.at.isoformat(),
        "last_at": move.at.isoformat(),
        "active": sorted(active | {device} if move.reading.active else active),
        "told": going_on and state["told"],
    }


def _since(state: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(state["since"])


async def judge_moving(uow: UnitOfWork, row: Ripening, now: datetime) -> None:
    """Tell the care centre of movement that has lasted, when the home should still be empty."""
    residents = await uow.care.residents(set(), {row.subject_id})
    state = row.state
    lasted = datetime.fromisoformat(state["last_at"]) - _since(state)
    lasts = bool(state["active"]) or lasted >= MOVED_FOR
    told = lasts and left_at([one.modes for one in residents], now) is not None
    await uow.ripenings.put([replace(row, state=state | {"told": told}, due_at=None)])
    if told:
        alone = residents[0].client_id if len(residents) == 1 else None
        subject = await uow.care.subject(alone, row.subject_id)
        assert subject is not None  # there are residents
        await record_event(uow, _movement(row.subject_id, subject, _since(state), now), subject)


def _movement(home_id: UUID, subject: Subject, since: datetime, now: datetime) -> Event:
    minutes = int((now - since) / timedelta(minutes=1))
    event_id = uuid5(home_id, f"{MOVING}/{since.isoformat()}")
    return replace(
        noticed(event_id, Kind.MOVEMENT_WHILE_AWAY, subject, now),
        occurred_at=since,
        value=encode({"minutes": minutes}),
        explanation=f"Er zou niemand thuis zijn; binnen al {minutes} min beweging.",
    )
