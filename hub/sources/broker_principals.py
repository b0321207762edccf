"""Whose message it is, that came through an outside broker."""

from dataclasses import replace
from uuid import UUID, uuid5

from hub.sources.arrival import Arrival, Principal
from hub.sources.broker_file import Broker
from hub.store.remembered import Remembered
from hub.store.unit_of_work import Store

REMEMBERED = 10_000
_STRANGERS = UUID("0c4d1f6e-5f0e-4f3b-8d3a-6a5e6f0b7a21")

_Name = tuple[str, str]


class NoSuchOrganisation(LookupError):
    """A broker is of an organisation that is not registered; the message names both."""


async def own_principal(store: Store, broker: Broker) -> Principal:
    """Stand for the connection itself, which may publish nothing. Raises NoSuchOrganisation."""
    async with store.transaction() as uow:
        found = await uow.gateways.organisation(broker.organisation)
    if found is None:
        raise NoSuchOrganisation(
            f"broker {broker.name!r}: organisation {broker.organisation!r} is not registered"
        )
    stands_for = uuid5(_STRANGERS, f"broker/{broker.name}")
    return Principal(stands_for, found, broker.organisation, broker.name, frozenset())


class Principals:
    """Finds the gateway a message is from: the connection's own, or the one its topic names.

    Behind a broker a topic is believed, as the broker lets each gateway publish under its own
    name only. A gateway that is not registered is refused, on the board of the connection's
    organisation. What the registry says is remembered for half a minute, or until `forget`.
    """

    def __init__(self, store: Store, broker: Broker, own: Principal) -> None:
        self._store, self._broker, self._own = store, broker, own
        self._gateways = Remembered(self._look_up, REMEMBERED)

    def forget(self) -> None:
        """Drop what is remembered of the registry."""
        self._gateways.forget()

    async def named(self, arrival: Arrival) -> Arrival:
        """Put the principal in an arrival, and the topic a gateway at our own door would use."""
        broker = self._broker
        if broker.gateway is not None:
            name = broker.organisation, broker.gateway
            topic = f"in/{broker.organisation}/{broker.gateway}/{broker.adapter}/{arrival.topic}"
        else:
            levels = arrival.topic.split("/")
            if len(levels) < 5 or levels[0] != "in":
                expected = "in/{organisation}/{gateway}/{adapter}/..."
                return self._refused(arrival, f"topic names no gateway; expected {expected}")
            name, topic = (levels[1], levels[2]), arrival.topic
        principal = await self._gateways.find(name, arrival.received_at)
        if principal is None:
            return self._refused(
                arrival, f"gateway {'/'.join(name)!r} is not registered, or disabled"
            )
        return replace(arrival, principal=principal, topic=topic)

    def _refused(self, arrival: Arrival, why: str) -> Arrival:
        """Each unknown gateway is told of by itself, at most once an hour."""
        named = "/".join(arrival.topic.split("/")[1:3])
        stranger = replace(self._own, gateway_id=uuid5(self._own.gateway_id, named))
        return replace(arrival, principal=stranger, refused=f"{why} (broker {self._broker.name!r})")

    async def _look_up(self, name: _Name) -> Principal | None:
        if "\0" in "".join(name):  # PostgreSQL's text cannot hold it, so nobody is called that
            return None
        async with self._store.transaction() as uow:
            known = (await uow.gateways.known({name})).get(name)
        return None if known is None else known.principal
