"""Feeds what channels say to the lifestyle rules, which wait in rows of their own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.contract import Channel, Edge, Level
from adapters.lifestyle import Change, Limits, State, observe, ripen
from hub.store.care import Resident
from hub.store.devices import Device
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode, encode
from hub.waiting.after_modes import observe_empty_homes

CHANNELS = frozenset({Channel.BED, Channel.DOOR, Channel.MOTION, Channel.OCCUPANCY})
WHAT = "lifestyle"
MOST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Move:
    """What one channel of a device said at a moment, and what it said before."""

    device: Device
    reading: Level
    at: datetime
    before: bool | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is stored per client: the rules' state, and findings not yet raised."""

    state: State
    findings: tuple[Edge, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Turn into what JSON can hold."""
        return {"state": self.state.to_json(), "findings": encode(self.findings)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Waiting":
        """Read back; an empty mapping is a new client."""
        findings = tuple(decode(Edge, one) for one in stored.get("findings", ()))
        return cls(State.from_json(stored.get("state", {})), findings)


def limits_of(resident: Resident) -> Limits:
    """Read a client's limits from the care plan; an unusable one falls back to the default."""
    minutes = resident.options.get("out_of_bed_minutes")
    if not isinstance(minutes, int | float):
        return Limits(time_zone=resident.time_zone)
    limit = timedelta(minutes=min(max(minutes, 0), MOST_MINUTES))
    return Limits(out_of_bed=limit, time_zone=resident.time_zone)


async def observe_moves(uow: UnitOfWork, moves: Sequence[Move]) -> None:
    """Let the rules of every client concerned see these moves, in order.

    A finding is stored with the state and raised by the ripening worker, which takes the
    client's lock first; here that lock would come too late.
    """
    if not moves:
        return
    whose: dict[UUID, list[tuple[int, Move]]] = defaultdict(list)
    for numbered in enumerate(moves):
        device = numbered[1].device
        if (owner := device.client_id or device.home_id) is not None:
            whose[owner].append(numbered)
    residents = await uow.care.residents(whose, whose)
    owners = {one.client_id: one.organisation_id for one in residents}
    rows = await uow.ripenings.lock_or_make(owners, WHAT)
    seen = [_observed(rows[one.client_id], one, _concerning(whose, one)) for one in residents]
    await uow.ripenings.put(one for one in seen if one != rows[one.subject_id])
    await observe_empty_homes(uow, residents, moves)
    uow.touched.add("due")


def _concerning(
    whose: Mapping[UUID, Sequence[tuple[int, Move]]], resident: Resident
) -> Sequence[Move]:
    """List the moves of somebody's own devices and of their home's, as they came."""
    own, shared = whose.get(resident.client_id, ()), whose.get(resident.home_id, ())
    return [move for _, move in sorted((*own, *shared), key=lambda one: one[0])]


def _observed(row: Ripening, resident: Resident, moves: Sequence[Move]) -> Ripening:
    waiting, limits = Waiting.from_json(row.state), limits_of(resident)
    state, findings = waiting.state, list(waiting.findings)
    for move in moves:
        if state.due_at is not None and state.due_at <= move.at:
            ripened = ripen(state, move.at, limits)
            state, findings = ripened.state, [*findings, *ripened.findings]
        outcome = observe(state, _change(move), limits)
        state, findings = outcome.state, [*findings, *outcome.findings]
    seen = Waiting(state, tuple(findings))
    if seen == waiting:
        return row
    due_at = moves[-1].at if findings else state.due_at
    return Ripening(row.organisation_id, row.subject_id, WHAT, seen.to_json(), due_at)


def _change(move: Move) -> Change:
    binding = move.device.binding
    return Change(
        at=move.at,
        device=binding.device,
        channel=move.reading.channel,
        active=move.reading.active,
        before=move.before,
        role=binding.role,
        room=binding.room,
    )
