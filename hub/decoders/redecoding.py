"""Reads a stored message again, for people to see what its adapter makes of it now.

In workers of its own, also for our own adapters: a message that ended a worker once may do so
again, and no alarm waits behind it. A mapping is no code, and is followed in this process.
Nothing is written, and nothing rings.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.contract import Binding, Inbound, InboundAdapter, Outcome, Rejected
from adapters.text import visible
from hub.decoders.decoding import Limits, Pool, close_adapters
from hub.decoders.decoding_worker import UncleanStop
from hub.decoders.finding import find_adapter
from hub.decoders.mapped import mapped_adapter
from hub.decoders.reading import ask_identify, ask_translate
from hub.decoders.translation import NoSuchAdapter
from hub.store.devices import Device
from hub.store.inspection import Followed
from hub.store.unit_of_work import Store

PATIENCE = timedelta(seconds=2)  # nobody's alarm waits for it
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Again:
    """What an adapter makes of a message now, or in `why_not` why it was not asked.

    `key` is whom it says that speaks; `bound` whether the registry knows that device now.
    """

    outcome: Outcome | None = None
    key: str = ""
    bound: bool = False
    why_not: str = ""


async def not_here(_: Followed) -> Again:
    """Where there are no adapters to ask."""
    return Again(why_not="elsewhere")


class Redecoder:
    """Decodes stored messages with the adapters that are switched on.

    `mappings` is the folder of those that are written as a mapping.
    """

    def __init__(
        self,
        store: Store,
        adapters: Collection[str],
        limits: Limits,
        mappings: Path | None = None,
    ) -> None:
        self.store, self.adapters, self.mappings = store, frozenset(adapters), mappings
        self.limits = Limits(max(limits.within, PATIENCE), limits.memory, workers=1)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def decode(self, message: Followed) -> Again:
        """Read it again; whatever it holds, this answers."""
        topic = _own_topic(message)
        if message.outcome == "refused" or topic is None:
            return Again(why_not="refused")
        if message.reason.startswith("too_large"):
            return Again(why_not="too_large")  # only its beginning is kept
        if message.adapter not in self.adapters:
            return Again(why_not="off")
        async with self._free:
            return await self._read(message, topic)

    async def _read(self, message: Followed, topic: str) -> Again:
        opened: dict[str, InboundAdapter | Pool] = {}
        try:
            adapter = opened[message.adapter] = self._open(message.adapter)
            return await self._ask(adapter, message, topic)
        except NoSuchAdapter:
            return Again(why_not="off")
        except UncleanStop as stop:
            return Again(Rejected("unclean_stop", f"the adapter gave no answer: {stop}"))
        finally:
            await close_adapters(opened)  # a worker that waits for the next look costs memory

    def _open(self, name: str) -> InboundAdapter | Pool:
        return mapped_adapter(name, self.mappings) or Pool(find_adapter(name), self.limits)

    async def _ask(self, adapter: InboundAdapter | Pool, message: Followed, topic: str) -> Again:
        inbound = Inbound(
            topic=topic,
            payload=message.payload,
            received_at=message.received_at,
            principal=f"{message.organisation}/{message.gateway}",
            content_type=message.content_type,
            qos=message.qos,
            replayed=message.replayed,
            user_properties=message.user_properties,
        )
        key = await ask_identify(adapter, inbound)
        if isinstance(key, Rejected):
            return Again(key)
        device = await self._device(message, key)
        binding = Binding(key or "") if device is None else device.binding
        outcome = await ask_translate(adapter, inbound, binding)
        return Again(outcome, visible(key or ""), device is not None)

    async def _device(self, message: Followed, key: str | None) -> Device | None:
        if key is None or message.gateway_id is None or visible(key) != key:
            return None
        async with self.store.transaction() as uow:
            return await uow.devices.find(message.gateway_id, message.adapter, key)


def _own_topic(message: Followed) -> str | None:
    """The vendor's own topic, without our prefix."""
    prefix = f"in/{message.organisation}/{message.gateway}/{message.adapter}/"
    return message.topic.removeprefix(prefix) if message.topic.startswith(prefix) else None
