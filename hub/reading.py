"""Reads arrivals: whose device spoke, and what its adapter says it means. No writes."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from adapters.contract import (
    Binding,
    Decoded,
    Inbound,
    InboundAdapter,
    Level,
    Outcome,
    Reading,
    Rejected,
)
from escalation.kinds import RULES, takes_back
from escalation.model import Priority
from hub.sources.arrival import Arrival
from hub.store.devices import Device
from hub.store.unit_of_work import Store
from hub.translation import identify, too_large, translate

Key = tuple[UUID, str, str]
REMEMBERED = 50_000
TRUSTED_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Heard:
    """An arrival with its reading. `refused` says why its principal may not publish this.

    `outcome` is what the adapter made of it; `device` is None when the registry has none.
    """

    id: UUID
    arrival: Arrival
    adapter: str
    outcome: Outcome
    device: Device | None = None
    key: str | None = None
    refused: str = ""

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What it says, if anything."""
        return self.outcome.readings if isinstance(self.outcome, Decoded) else ()

    @property
    def can_ring(self) -> bool:
        """Whether this must be handled as an alarm: at once, and whole."""
        if isinstance(self.outcome, Rejected) and not self.refused:
            return True
        return any(_rings(reading) for reading in self.readings)


def _rings(reading: Reading) -> bool:
    if reading.kind is None:
        return False
    rule = RULES.get(reading.kind.value)
    if rule is None or rule.priority.rank <= Priority.P3.rank:
        return True
    if isinstance(reading, Level):
        return False
    return rule.priority is Priority.T or reading.withdraws or bool(takes_back(reading.kind.value))


class Reader:
    """Reads arrivals with the adapters that are switched on.

    What the registry says of a device is remembered for half a minute at most, and dropped by
    `forget` when the registry changes.
    """

    def __init__(
        self, store: Store, adapters: Mapping[str, InboundAdapter], new_id: Callable[[], UUID]
    ) -> None:
        self.store, self.adapters, self.new_id = store, adapters, new_id
        self._known: OrderedDict[Key, tuple[datetime, Device | None]] = OrderedDict()
        self._asking: dict[Key, asyncio.Future[Device | None]] = {}

    def forget(self) -> None:
        """Drop what is remembered of the registry."""
        self._known.clear()

    async def hear(self, arrival: Arrival) -> Heard:
        """Read one arrival; whatever it holds, this answers."""
        adapter, topic, refused = _address(arrival)
        heard = Heard(
            self.new_id(), arrival, adapter, Rejected("refused", refused), refused=refused
        )
        if refused:
            return heard
        if adapter not in self.adapters:
            detail = f"adapter {adapter!r} is not switched on; set NACHTWACHT_ADAPTERS"
            return replace(heard, outcome=Rejected("no_adapter", detail))
        inbound = Inbound(
            topic=topic,
            payload=b"" if arrival.discarded else arrival.payload,
            received_at=arrival.received_at,
            principal=f"{arrival.principal.organisation}/{arrival.principal.gateway}",
            content_type=arrival.content_type,
            qos=arrival.qos,
            replayed=arrival.replayed,
            user_properties=arrival.user_properties,
        )
        return await self._decode(heard, self.adapters[adapter], inbound)

    async def _decode(self, heard: Heard, adapter: InboundAdapter, inbound: Inbound) -> Heard:
        key = identify(adapter, inbound)
        if isinstance(key, Rejected):
            return replace(heard, outcome=key)
        device = None if key is None else await self._device(heard, key)
        binding = Binding(key or "") if device is None else device.binding
        unread = too_large(heard.arrival.size)
        outcome = unread or translate(adapter, inbound, binding)
        return replace(heard, outcome=outcome, device=device, key=key)

    async def _device(self, heard: Heard, key: str) -> Device | None:
        arrival = heard.arrival
        cached = (arrival.principal.gateway_id, heard.adapter, key)
        known = self._known.get(cached)
        if known is not None and arrival.received_at - known[0] < TRUSTED_FOR:
            return known[1]
        if (
            cached not in self._asking
        ):  # whoever comes meanwhile waits for the same answer, in order
            asking = asyncio.ensure_future(self._look_up(cached, arrival.received_at))
            self._asking[cached] = asking
            asking.add_done_callback(lambda _: self._asking.pop(cached, None))
        return await asyncio.shield(self._asking[cached])

    async def _look_up(self, key: Key, now: datetime) -> Device | None:
        async with self.store.transaction() as uow:
            device = await uow.devices.find(*key)
        self._known[key] = (now, device)
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return device


def _address(arrival: Arrival) -> tuple[str, str, str]:
    """Split a topic into adapter and the vendor's own; the third is why it is refused."""
    principal = arrival.principal
    if arrival.refused:
        return "", arrival.topic, arrival.refused
    if not arrival.topic.startswith(principal.prefix):
        return "", arrival.topic, f"topic is outside {principal.prefix}#"
    adapter, _, topic = arrival.topic.removeprefix(principal.prefix).partition("/")
    if adapter not in principal.adapters:
        named = ", ".join(sorted(principal.adapters)) or "none"
        return adapter, topic, f"this gateway may not use adapter {adapter!r} (it has: {named})"
    if not topic:
        return (
            adapter,
            topic,
            f"topic ends after the adapter; expected {principal.prefix}{adapter}/...",
        )
    return adapter, topic, ""
