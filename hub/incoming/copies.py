"""Is this the same thing told again, or a new one? A copy must prove itself; in doubt it rings."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from adapters.contract import Edge, Kind, Reading
from hub.decoders.heard import Heard
from hub.incoming.becoming import visible
from hub.incoming.device_clock import could_be
from hub.store.messages import Proof, Sighting
from hub.store.unit_of_work import UnitOfWork

COPIES_COME_WITHIN = timedelta(minutes=2)
REPEATS_COME_WITHIN = timedelta(minutes=15)
LONGEST_KEY = 200
_Shown = tuple[Proof, UUID, datetime]
_Edge = tuple[UUID, Kind, datetime]


class Likeness(StrEnum):
    """What the keys of a reading say of it.

    `COPY` is proved. `POSSIBLE_REPEAT` came before with the same key and bytes, which does not
    prove enough, or has no key and follows what was resolved a short while ago. `KEY_REUSED` is
    new, under a key that had other bytes.
    """

    NEW = "new"
    COPY = "copy"
    POSSIBLE_REPEAT = "possible_repeat"
    KEY_REUSED = "key_reused"


class Believed(StrEnum):
    """For how long a key with the same bytes proves a copy.

    An adapter's id may be a pendant's own number or a counter that starts again: without a moment
    in the bytes it is believed for two minutes. An id a sender gave the message itself may be one
    that somebody typed into a form once: it is believed for two minutes, and beyond while what
    came of the first is still open, so that nobody goes unheard.
    """

    ALWAYS = "always"
    SOON = "soon"
    WHILE_OPEN = "while_open"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of the readings of a batch before any of them is recorded.

    By message and number of the reading: what was known of its first key; whether it follows
    what was resolved. Absent where a reading before it in the batch may change the answer.
    """

    sightings: Mapping[tuple[UUID, int], Sighting]
    follows: Mapping[tuple[UUID, int], bool]


async def foresee(uow: UnitOfWork, heard: Sequence[Heard]) -> Foreseen:
    """Ask for all readings at once what each would ask; whom they are about is locked."""
    proofs, keyless = dict[tuple[UUID, int], _Shown](), dict[tuple[UUID, int], _Edge]()
    spoke, shown = set[UUID](), set[tuple[str, str]]()
    for one in heard:
        for number, reading in enumerate(one.readings):
            first = next(_keys(one, number, reading), None)
            if first is not None:
                proof = _proof(one, first[0])
                if (proof.scope, proof.key) not in shown:
                    shown.add((proof.scope, proof.key))
                    proofs[one.id, number] = (proof, one.id, one.arrival.received_at)
            elif (edge := _edge(one, reading)) is not None and edge[0] not in spoke:
                keyless[one.id, number] = edge
        if one.device is not None:
            spoke.add(one.device.id)
    known = await uow.messages.sight_all(list(proofs.values())) if proofs else {}
    resolved = await uow.events.resolved_since(list(keyless.values())) if keyless else set()
    return Foreseen(
        {which: known[proof.scope, proof.key] for which, (proof, _, _) in proofs.items()},
        {which: (device_id, kind) in resolved for which, (device_id, kind, _) in keyless.items()},
    )


async def likeness(
    uow: UnitOfWork, foreseen: Foreseen, heard: Heard, number: int, reading: Reading
) -> Likeness:
    """Say what one reading of a message is, by the key its transport or its adapter gives.

    A key is scoped to the device and proves a copy together with the same bytes only. The lock of
    whom the reading is about is held.
    """
    which, keys = (heard.id, number), list(_keys(heard, number, reading))
    if not keys:
        follows = foreseen.follows.get(which)
        if follows is None:
            follows = await _follows_a_resolved_one(uow, heard, reading)
        return Likeness.POSSIBLE_REPEAT if follows else Likeness.NEW
    found, seen = Likeness.NEW, foreseen.sightings.get(which)
    for key, believed in keys:
        match await _sighted(uow, heard, key, number, seen, believed=believed):
            case Likeness.COPY:
                return Likeness.COPY
            case Likeness.NEW:
                pass
            case odd:
                found = odd
        seen = None  # only the first was foreseen
    return found


def _keys(heard: Heard, number: int, reading: Reading) -> Iterator[tuple[str, Believed]]:
    arrival = heard.arrival
    dated = reading.occurred_at is not None and could_be(reading.occurred_at, arrival.received_at)
    if arrival.key:
        yield f"sent {arrival.key}#{number}", Believed.ALWAYS if dated else Believed.WHILE_OPEN
    if reading.key is not None:
        told = arrival.duplicate or arrival.replayed
        certain = told or dated
        yield f"{reading.key.value}#{reading.kind}", Believed.ALWAYS if certain else Believed.SOON


async def _sighted(
    uow: UnitOfWork,
    heard: Heard,
    key: str,
    number: int,
    seen: Sighting | None,
    *,
    believed: Believed,
) -> Likeness:
    arrival, proof = heard.arrival, _proof(heard, key)
    seen = seen or await uow.messages.sight(proof, heard.id, arrival.received_at)
    if seen.times == 1:
        return Likeness.KEY_REUSED if seen.reused else Likeness.NEW
    soon = arrival.received_at - seen.first_at < COPIES_COME_WITHIN
    if soon or believed is Believed.ALWAYS:
        return Likeness.COPY
    first = uuid5(seen.message_id, str(number))
    if believed is Believed.WHILE_OPEN and await uow.events.still_open(first):
        return Likeness.COPY
    await uow.messages.sight_anew(proof, heard.id, arrival.received_at)
    return Likeness.POSSIBLE_REPEAT


def _proof(heard: Heard, key: str) -> Proof:
    arrival = heard.arrival
    return Proof(
        arrival.principal.organisation_id,
        visible(f"{arrival.principal.gateway_id}/{heard.adapter}/{heard.key}"),
        _short(visible(key)),
        hashlib.sha256(arrival.payload).digest(),
    )


async def _follows_a_resolved_one(uow: UnitOfWork, heard: Heard, reading: Reading) -> bool:
    """Whether the same thing was said of late and is dealt with; a key would tell."""
    edge = _edge(heard, reading)
    return edge is not None and bool(await uow.events.resolved_since([edge]))


def _edge(heard: Heard, reading: Reading) -> _Edge | None:
    """What would have been resolved of late; None where nothing can be."""
    if heard.device is None or not isinstance(reading, Edge) or reading.withdraws:
        return None
    return heard.device.id, reading.kind, heard.arrival.received_at - REPEATS_COME_WITHIN


def _short(key: str) -> str:
    """Keep an index's entry small, whatever a sender calls an id."""
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
