"""Reads arrivals: whose device spoke, and what its adapter says it means. No writes."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from time import perf_counter
from uuid import UUID

from adapters.contract import (
    Binding,
    Ignored,
    Inbound,
    InboundAdapter,
    Outcome,
    Rejected,
)
from adapters.text import visible
from hub.decoders.black_box import BlackBox, digest_of
from hub.decoders.decoding import Pool
from hub.decoders.decoding_worker import UncleanStop
from hub.decoders.given import addressed, content_type_of, inbound_of, user_properties_of
from hub.decoders.heard import Heard
from hub.decoders.registered import BrokenRegistry, Registered
from hub.decoders.strangers import Strangers
from hub.decoders.translation import identify, too_large, translate
from hub.decoders.versions import NOBODY, version_of
from hub.sources.arrival import Arrival
from hub.store.devices import Device
from hub.store.suspects import Raw
from hub.store.unit_of_work import Store

SUSPECTS = 10_000
ATTEMPTS = 2
LONGEST_TOPIC = 65_535
OVERLOOKED = Ignored("administration, and too large to be read")
UNREAD = Rejected("unread", "")
FOLLOWED_UP_AFTER = timedelta(minutes=1)


@dataclass(slots=True)
class Pace:
    """How long an adapter takes to translate a message, in seconds, since the hub started."""

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def took(self, seconds: float) -> None:
        """Count one more message."""
        self.count += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)


@dataclass(slots=True)
class _Read:
    """What is known of a message while it is being read; `whole` once its adapter has answered."""

    outcome: Outcome = UNREAD
    key: str | None = None
    device: Device | None = None
    unclean: str = ""
    whole: bool = False


class Reader:
    """Reads arrivals with the adapters that are switched on.

    What the registry says of a device is remembered for half a minute at most, and dropped by
    `forget` when the registry changes. `box` holds what is being decoded at this moment.
    """

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, InboundAdapter | Pool],
        new_id: Callable[[], UUID],
        box: BlackBox | None = None,
    ) -> None:
        self.store, self.adapters, self.new_id = store, adapters, new_id
        self.pace = {name: Pace() for name in adapters}
        self.versions = {name: version_of(one) for name, one in adapters.items()}
        self.box, self.strangers = box or BlackBox(), Strangers()
        self.registered = Registered(store)
        self._suspects: OrderedDict[bytes, None] = OrderedDict()  # digests, the last one last

    def forget(self) -> None:
        """Drop what is remembered of the registry."""
        self.registered.forget()

    def turn(self, arrival: Arrival) -> AbstractAsyncContextManager[object]:
        """Wait for the gateway's earlier messages, where reading one may take long."""
        pool = self.adapters.get(addressed(arrival)[0])
        if isinstance(pool, Pool):
            return pool.turn(arrival.principal.gateway_id)
        return nullcontext()

    def unread(self, arrival: Arrival) -> Heard:
        """An arrival that was not shown to its adapter: Rejected where it may not or cannot be."""
        adapter, _, refused = addressed(arrival)
        outcome = Rejected("refused", refused)
        if not refused and adapter not in self.adapters:
            detail = f"adapter {adapter!r} is not switched on; set NACHTWACHT_ADAPTERS"
            outcome = Rejected("no_adapter", detail)
        version = NOBODY if refused else self.versions.get(adapter, NOBODY)
        return Heard(self.new_id(), arrival, adapter, outcome, refused=refused, version=version)

    async def recall(self, left: Sequence[tuple[bytes, UUID]], now: datetime) -> None:
        """Blame what killed hubs were decoding, and remember every suspect of the database."""
        async with self.store.transaction() as uow:
            for digest, organisation_id in left:
                await uow.suspects.blame(digest, organisation_id, now)
            known = await uow.suspects.known(SUSPECTS)
        self._suspects = OrderedDict.fromkeys(reversed(known))

    async def hear(self, arrival: Arrival) -> Heard:
        """Read one arrival; whatever it holds, this answers.

        Where decoding ends uncleanly the message is kept raw first, and tried twice in all,
        whatever is restarted; then it is Rejected, to be quarantined.
        """
        digest = _digest(arrival) if self._suspects else b""
        async with self.turn(arrival):
            if digest in self._suspects:
                return await self._again(arrival, digest)
            heard = await self._once(arrival)
            return await self._after_unclean_stop(heard) if heard.unclean else heard

    async def _again(self, arrival: Arrival, digest: bytes) -> Heard:
        """Go on with a suspect: kept raw before anything is tried."""
        unread = self.unread(arrival)
        attempts, key = await self._keep(unread, digest, tried=False)
        if attempts >= ATTEMPTS:
            device = await self.device_of(arrival, unread.adapter, key) if key else None
            known = replace(unread, device=device, key=key or None)
            return replace(known, outcome=twice(""), suspect=digest)
        heard = replace(await self._once(arrival), suspect=digest)
        return await self._after_unclean_stop(heard) if heard.unclean else heard

    async def _after_unclean_stop(self, heard: Heard) -> Heard:
        digest = _digest(heard.arrival)
        while heard.unclean:
            attempts, _ = await self._keep(heard, digest, tried=True)
            if attempts >= ATTEMPTS:
                return replace(heard, outcome=twice(heard.unclean), suspect=digest)
            heard = await self._once(heard.arrival)
        return replace(heard, suspect=digest)

    async def _keep(self, heard: Heard, digest: bytes, *, tried: bool) -> tuple[int, str]:
        due_at = heard.arrival.received_at + FOLLOWED_UP_AFTER
        async with self.store.transaction() as uow:
            kept = await uow.suspects.keep(digest, _raw(heard), tried=tried, due_at=due_at)
        self._suspects[digest] = None
        self._suspects.move_to_end(digest)
        if len(self._suspects) > SUSPECTS:
            self._suspects.popitem(last=False)
        return kept

    async def _once(self, arrival: Arrival) -> Heard:
        name, topic, refused = addressed(arrival)
        if refused or name not in self.adapters:
            return self.unread(arrival)
        read, message_id = _Read(), self.new_id()  # ids go in the order of arrival
        await self._read(read, arrival, name, inbound_of(arrival, topic))
        heard = Heard(
            message_id,
            arrival,
            name,
            read.outcome,
            read.device,
            read.key,
            unclean=read.unclean,
            version=self.versions[name],
        )
        return replace(heard, crowded=True) if read.whole and self._is_crowded(heard) else heard

    async def _read(self, read: "_Read", arrival: Arrival, name: str, inbound: Inbound) -> None:
        """Fill in what is read; where that ends before its time, what was known by then stays."""
        adapter = self.adapters[name]
        holding = partial(self.box.holding, _digest(arrival), arrival.principal.organisation_id)
        try:
            with holding():
                key = await ask_identify(adapter, inbound)
            if isinstance(key, Rejected):
                read.outcome = key
                return
            if key is not None:
                read.key = key = _storable(key)
                read.device = await self.device_of(arrival, name, key)
            if (unread := too_large(arrival.size)) is not None:
                nothing = key is None and self.versions[name].may_overlook(inbound.topic)
                read.outcome = OVERLOOKED if nothing else unread
                return
            binding = Binding(key or "") if read.device is None else read.device.binding
            began = perf_counter()
            with holding():
                read.outcome = await ask_translate(adapter, inbound, binding)
            self.pace[name].took(perf_counter() - began)
            read.whole = True
        except UncleanStop as stop:
            read.outcome = Rejected("unclean_stop", f"the adapter gave no answer: {stop}")
            read.unclean = str(stop)
        except BrokenRegistry as broken:
            read.outcome = Rejected("not_decidable", str(broken))

    def _is_crowded(self, heard: Heard) -> bool:
        if heard.device is not None or heard.key is None or not heard.can_ring:
            return False
        gateway_id, now = heard.arrival.principal.gateway_id, heard.arrival.received_at
        return self.strangers.crowded(gateway_id, f"{heard.adapter}/{heard.key}", now)

    async def device_of(self, arrival: Arrival, adapter: str, key: str) -> Device | None:
        """What the registry says of the device with this key. Raises BrokenRegistry."""
        whose = (arrival.principal.gateway_id, adapter, key)
        return await self.registered.find(whose, arrival.received_at)


def twice(why: str) -> Rejected:
    """What a message is that ended its decoding uncleanly twice."""
    detail = f"decoding this ended uncleanly, and is not tried again ({why or 'hub killed'})"
    return Rejected("unclean_stop", f"{detail}; ask the adapter's maker")


def _storable(key: str) -> str:
    """The key itself or, where no registry could hold it, its beginning and what tells it apart."""
    shown = visible(key)
    if shown == key:
        return key
    apart = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{visible(key, 100)} {apart}"


def _digest(arrival: Arrival) -> bytes:
    return digest_of(arrival.principal.gateway_id, arrival.topic, arrival.payload)


def _raw(heard: Heard) -> Raw:
    arrival = heard.arrival
    return Raw(
        arrival.principal.organisation_id,
        arrival.principal.gateway_id,
        arrival.source,
        visible(heard.adapter),
        visible(arrival.topic, LONGEST_TOPIC),
        arrival.payload,
        arrival.received_at,
        visible(heard.key or ""),
        arrival.qos,
        arrival.replayed,
        content_type_of(arrival),
        user_properties_of(arrival),
        heard.version.adapter,
        heard.version.contract,
    )


async def ask_identify(adapter: InboundAdapter | Pool, inbound: Inbound) -> str | Rejected | None:
    """Which device speaks, wherever its adapter runs. Raises UncleanStop."""
    if isinstance(adapter, Pool):
        return await adapter.identify(inbound)
    return identify(adapter, inbound)


async def ask_translate(
    adapter: InboundAdapter | Pool, inbound: Inbound, binding: Binding
) -> Outcome:
    """What a message means, wherever its adapter runs. Raises UncleanStop."""
    if isinstance(adapter, Pool):
        return await adapter.translate(inbound, binding)
    return translate(adapter, inbound, binding)
