"""One connection of a broker source: opened, subscribed, and listened to until it ends."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from paho.mqtt.client import MQTTMessage

from hub.clock import Clock
from hub.incoming.intake import Intake
from hub.sources.arrival import Arrival, Delivery, Principal
from hub.sources.broker_file import Broker
from hub.sources.broker_inbox import Inbox
from hub.sources.broker_wire import Wire
from hub.sources.door_shared import Refused as Reported
from hub.sources.door_terms import Limits, Refusal
from hub.store.brokers import Brokers, Lease
from hub.store.mqtt_packets import Confirmed
from hub.store.unit_of_work import Store

STEADY = 10.0
GIVEN_AGAIN_WITHIN = 60.0
_SESSIONS = UUID("5f2f3f6a-8f0c-4d77-9a43-0c6b6d3b1b52")
MakeIntake = Callable[[Lease], Intake]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """What every broker source of a hub is given.

    `make_intake` makes an intake that stores under a lease only. `holder` names this hub;
    `luck` is a number from 0 to 1, so that hubs do not knock in step.
    """

    store: Store
    make_intake: MakeIntake
    clock: Clock
    report: Reported
    holder: str
    luck: Callable[[], float]


class Connection:
    """A connection to `broker` under a lease; `own` stands for it until the gateway is known.

    `leaving`: nothing more is taken in. `left_over`: there was no room for what came, which the
    broker keeps; the connection ends once all before it is answered, and gets it on the next one.
    `resumed`: the broker still had the session. `generation` grows with every connection of the
    session, whichever hub makes it.
    """

    def __init__(
        self,
        broker: Broker,
        given: Given,
        lease: Lease,
        inbox: Inbox,
        own: Principal,
        limits: Limits,
        generation: int,
    ) -> None:
        self.generation = generation
        self.broker, self.given, self.lease = broker, given, lease
        self.inbox, self.own, self.limits = inbox, own, limits
        self.wire = Wire(broker, self._heard)
        self.leaving, self.left_over, self.resumed = False, False, False
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._lasted = 0.0
        self._session_id = UUID(int=0)
        self._number = self._answered = 0
        self._numbers: dict[int, int] = {}

    @property
    def works(self) -> bool:
        """Whether it is open and subscribed."""
        return self._since is not None

    @property
    def steady(self) -> bool:
        """Whether it works, or worked, for as long as one that can be relied on."""
        if self._since is not None:
            return self._loop.time() - self._since >= STEADY
        return self._lasted >= STEADY

    def why(self, error: Exception | None) -> str:
        """Say in a few words why it ended."""
        another = f"another program uses the client id {self.broker.client_id!r}"
        if self.wire.taken_over:
            return another
        if isinstance(error, OSError) and str(error):
            return str(error)
        if error is not None:
            return type(error).__name__
        # Before 5.0, and in Mosquitto 2.0.11 also then, whoever is thrown out is not told why.
        perhaps = "" if self.steady else f"; when this goes on, perhaps {another}"
        return self.wire.ended.result() + perhaps

    async def live(self) -> None:
        """Connect and listen until the connection ends. Raises OSError, LeaseLost."""
        try:
            await self._begin()
            self._since = self._loop.time()
            await asyncio.shield(self.wire.ended)
        except asyncio.CancelledError:
            raise  # the source answers what is being stored before it goes
        except BaseException:
            self._end()
            raise
        self._end()

    def _end(self) -> None:
        if self._since is not None:
            self._lasted, self._since = self._loop.time() - self._since, None
        self.wire.close()
        self.inbox.closed()

    async def _begin(self) -> None:
        present = await self.wire.open()
        async with self.given.store.transaction() as uow:
            brokers = Brokers(uow.db)
            await brokers.renew(self.lease)
            number = await (brokers.number if present else brokers.begun)(self.lease)
        if number > 1 and not present:
            self.given.report(self.own, Refusal.FORGOTTEN)
        self._session_id = uuid5(_SESSIONS, f"{self.lease.name}/{number}")
        self.resumed = present
        self.inbox.opened(self._acknowledge, same_session=present)
        self.wire.go_on()
        # Also in a session that is still there: Mosquitto, killed and started again, may bring one
        # back from before it was subscribed (measured), and then nothing would ever come.
        await self.wire.subscribe()
        async with self.given.store.transaction() as uow:
            await Brokers(uow.db).subscribed(self.lease, "\n".join(self.broker.subscribe))
        log.info("broker connected", extra={"broker": self.lease.name, "same_session": present})

    def _heard(self, message: MQTTMessage) -> None:
        if self.leaving or (self.left_over and message.qos):
            return
        arrival = self._arrival(message)
        if self.inbox.receive(arrival):
            return
        if message.qos:
            self.left_over = True
            log.warning("broker's messages left with it", extra={"broker": self.lease.name})
            self._come_back_when_done()
        else:
            self.given.report(self.own, Refusal.OVERFLOW)

    def confirmed(self) -> Confirmed | None:
        """How far the broker has its "yes"; what it uses again under such an id is no copy.

        None while it is not certain that it has them all: what it has not, it gives again.
        What older connections brought is let go of once a broker has long given it again.
        """
        if not self._answered or not self.wire.all_read():
            return None
        fresh = self._since is not None and self._loop.time() - self._since >= GIVEN_AGAIN_WITHIN
        return Confirmed(self._session_id, self.generation, self._answered, fresh)

    def _acknowledge(self, packet_id: int) -> None:
        self.wire.acknowledge(packet_id)
        self._answered = max(self._answered, self._numbers.pop(packet_id, 0))
        if self.left_over:
            self._come_back_when_done()

    def _come_back_when_done(self) -> None:
        if self.inbox.idle:
            self.wire.finish()

    def _arrival(self, message: MQTTMessage) -> Arrival:
        limits, payload = self.limits, bytes(message.payload)
        arrival = Arrival(
            self.own,
            _topic(message),
            payload,
            message.qos,
            self.given.clock(),
            duplicate=message.dup,
            replayed=message.retain,
            packet_id=message.mid if message.qos else None,
            delivery=self._delivery(message),
            content_type=getattr(message.properties, "ContentType", ""),
            user_properties=tuple(getattr(message.properties, "UserProperty", ())),
            source="broker",
        )
        if len(payload) <= limits.payload_bytes:
            return arrival
        kept = limits.kept_of_discarded
        return replace(arrival, payload=payload[:kept], discarded=len(payload) - kept)

    def _delivery(self, message: MQTTMessage) -> Delivery | None:
        """What proves a copy of this message to whoever stored it before a hub was killed."""
        if not message.qos:
            return None
        self._number += 1
        self._numbers[message.mid] = self._number
        return Delivery(self._session_id, self.generation, message.mid, self._number)


def _topic(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError as error:
        return bytes(error.object).decode("utf-8", "backslashreplace")
