"""Feeds what channels say to the lifestyle rules, which wait in rows of their own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.contract import Channel, Edge, Kind, Level
from adapters.lifestyle import Around, Change, State, observe
from escalation.model import Priority
from escalation.modes import InForce, muted_until
from hub.store.care import Resident
from hub.store.devices import Device
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import decode, encode
from hub.waiting.after_modes import observe_empty_homes
from hub.waiting.limits import limits_of

CHANNELS = frozenset({Channel.BED, Channel.DOOR, Channel.MOTION, Channel.OCCUPANCY})
WHAT = "lifestyle"


@dataclass(frozen=True, slots=True)
class Move:
    """What one channel of a device said at a moment, and what it said before."""

    device: Device
    reading: Level
    at: datetime
    before: bool | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is stored per client: the rules' state, and findings not yet raised.

    `unwatched` is what was told that cannot be watched; `look_at` is when to see about that again;
    `said` is what the registry said of the limits at the last look.
    """

    state: State
    findings: tuple[Edge, ...] = ()
    unwatched: str = ""
    look_at: datetime | None = None
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def due_at(self) -> datetime | None:
        """When to look at this client again."""
        moments = [one for one in (self.state.due_at, self.look_at) if one is not None]
        return min(moments, default=None)

    def to_json(self) -> dict[str, Any]:
        """Turn into what JSON can hold; what is empty is left out."""
        parts = {
            "state": self.state.to_json(),
            "findings": encode(self.findings),
            "unwatched": self.unwatched,
            "look_at": encode(self.look_at),
            "said": dict(self.said),
        }
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Waiting":
        """Read back; an empty mapping is a new client."""
        findings = tuple(decode(Edge, one) for one in stored.get("findings", ()))
        look_at = stored.get("look_at")
        return cls(
            State.from_json(stored.get("state", {})),
            findings,
            stored.get("unwatched", ""),
            None if look_at is None else datetime.fromisoformat(look_at),
            stored.get("said", {}),
        )


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
    own = {one.device.client_id for one in moves if one.device.client_id is not None}
    residents, rows = await uow.ripenings.of_residents(own, whose.keys() - own, WHAT)
    seen = [_observed(rows[one.client_id], one, _concerning(whose, one)) for one in residents]
    await uow.ripenings.put(one for one in seen if one is not rows[one.subject_id])
    await observe_empty_homes(uow, residents, moves)
    uow.touched.add("due")


def _concerning(
    whose: Mapping[UUID, Sequence[tuple[int, Move]]], resident: Resident
) -> Sequence[Move]:
    """List the moves of somebody's own devices and of their home's, as they came."""
    own, shared = whose.get(resident.client_id, ()), whose.get(resident.home_id, ())
    if not own or not shared:
        return [move for _, move in own or shared]
    return [move for _, move in sorted((*own, *shared), key=lambda one: one[0])]


def _observed(row: Ripening, resident: Resident, moves: Sequence[Move]) -> Ripening:
    waiting = Waiting.from_json(row.state)
    limits = limits_of(resident.options, resident.time_zone)
    state, findings = waiting.state, waiting.findings
    for move in () if resident.ended else moves:
        around = Around(paused_until=paused_until(resident.modes, move.at))
        outcome = observe(state, _change(move, resident), limits, around)
        state, findings = outcome.state, (*findings, *outcome.findings)
    if state == waiting.state and findings == waiting.findings:
        return row
    seen = Waiting(state, findings, waiting.unwatched, waiting.look_at, waiting.said)
    due_at = moves[-1].at if findings else seen.due_at
    return replace(row, state=seen.to_json(), due_at=due_at)


def paused_until(modes: Sequence[InForce], at: datetime) -> datetime | None:
    """Until when nothing is concluded from a client's rhythm; None: it is watched."""
    return muted_until(Kind.NOT_BACK_IN_BED.value, Priority.P2, (tuple(modes),), at)


def _change(move: Move, resident: Resident) -> Change:
    binding = move.device.binding
    return Change(
        at=move.at,
        device=binding.device,
        channel=move.reading.channel,
        active=move.reading.active,
        before=move.before,
        role=binding.role,
        room=binding.room,
        shared=resident.shares and move.device.client_id is None,
    )
