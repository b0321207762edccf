"""What the channels of devices say now, as one batch of messages changes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from adapters.contract import Edge, Level
from hub.decoders.heard import Heard
from hub.incoming.time_and_order import is_history, was_outrun
from hub.store.devices import ChannelState
from hub.store.unit_of_work import UnitOfWork
from hub.waiting import doses, lifestyle

States = dict[tuple[UUID, str], ChannelState]


@dataclass(slots=True)
class Channels:
    """What one transaction has learned about channels; written once, at the end."""

    uow: UnitOfWork
    states: States
    changed: States = field(default_factory=dict)
    moves: list[lifestyle.Move] = field(default_factory=list)
    said: list[doses.Said] = field(default_factory=list)

    def set_state(self, heard: Heard, reading: Level) -> ChannelState | None:
        """Remember what a channel says now, unless it is history; what it said before."""
        assert heard.device is not None
        key = (heard.device.id, reading.channel.value)
        before, at = self.states.get(key), heard.arrival.received_at
        if was_outrun(before, reading):
            return before
        if before is not None and is_history(before, reading, at):
            kept = replace(before, seen_at=at, said_at=_said_at(reading))
            self.states[key] = self.changed[key] = kept
            return before
        same = before is not None and before.active == reading.active
        since = before.since if same and before is not None else at
        now = ChannelState(
            heard.device.id,
            heard.device.organisation_id,
            key[1],
            reading.active,
            since,
            at,
            *_numbered(reading),
            said_at=_said_at(reading),
        )
        self.states[key] = self.changed[key] = now
        if reading.channel in lifestyle.CHANNELS and not heard.arrival.replayed:
            said = None if before is None else before.active
            self.moves.append(lifestyle.Move(heard.device, reading, at, said))
        return before

    def note_dose(self, heard: Heard, edge: Edge) -> doses.Said | None:
        """Remember what a dispenser says of a dose, for the rules that wait for it."""
        if heard.device is None or not doses.is_about_a_dose(edge):
            return None
        said = doses.Said(heard.device, edge, heard.arrival.received_at)
        self.said.append(said)
        return said

    def change(self, heard: Heard, reading: Level) -> bool:
        """Remember what a channel says; whether that is an event.

        What is older than what is known, by the device's own counter, is one when it is active:
        it was never heard before. Its end is not.
        """
        assert heard.device is not None
        before = self.states.get((heard.device.id, reading.channel.value))
        outrun = was_outrun(before, reading)
        self.set_state(heard, reading)
        if reading.kind is None:
            return False
        return reading.active if before is None or outrun else reading.active != before.active

    async def finish(self, heard: Sequence[Heard]) -> None:
        """Write the states, let the lifestyle rules look, and note the signs of life."""
        await self.uow.devices.put_states(self.changed.values())
        await lifestyle.observe_moves(self.uow, self.moves)
        await doses.observe_doses(self.uow, self.said)
        at = max(one.arrival.received_at for one in heard)
        gateways = {one.arrival.principal.gateway_id for one in heard}
        await self.uow.devices.heard(device_ids(heard), sorted(gateways), at)


def _said_at(reading: Level) -> datetime | None:
    """The moment a reading tells; none where the database could not give it back."""
    try:
        return None if reading.occurred_at is None else reading.occurred_at.astimezone(UTC)
    except OverflowError:
        return None


def _numbered(reading: Level) -> tuple[str, int | None]:
    return ("", None) if (counter := reading.counter) is None else (counter.series, counter.number)


def device_ids(heard: Iterable[Heard]) -> list[UUID]:
    """Name the registered devices that spoke, each once, in the order of their ids."""
    return sorted({one.device.id for one in heard if one.device is not None})
