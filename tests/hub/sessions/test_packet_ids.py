"""What the door believes of a packet id, whatever is lost or killed, and whenever."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from hub.sources.arrival import Arrival
from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import Pubcomp, Publish
from hub.sources.session import Ending, Session
from hub.sources.sessions import Sessions
from hub.store.mqtt_packets import Packet
from hub.store.mqtt_sessions import Opening
from tests.hub.house import PRINCIPAL, House

HOUR = timedelta(hours=1)
PROPERTY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Message:
    """A press as its device has it: each has the same bytes, and none an id of its own."""

    number: int
    packet_id: int
    received: bool = False  # it had the PUBREC, and goes on with PUBREL


@dataclass
class World:
    """A device, a network that loses whole connections, and hubs that are killed.

    A device with `one_id` has one message under way at most, and presses are a second apart. Nobody
    presses it between the kill of a hub and the first ping after that: whether it heard the dead
    hub's "yes" cannot be known.
    """

    house: House
    qos: int
    one_id: bool
    like_paho: bool
    client_id: str = field(default_factory=lambda: uuid4().hex)
    unanswered: list[Message] = field(default_factory=list)
    presses: int = 0
    stored: dict[int, int] = field(default_factory=dict)  # how often, by press
    to_hub: list[tuple[Message, bool]] = field(default_factory=list)  # and whether it is a copy
    to_device: list[int] = field(default_factory=list)
    session: Session | None = None
    in_doubt: bool = False

    # --- the device ---------------------------------------------------------------------------

    async def press(self) -> None:
        """Somebody presses."""
        await self.goes_round()
        if self.session is None or (self.one_id and (self.unanswered or self.in_doubt)):
            return
        self.presses += 1
        self.stored[self.presses] = 0
        message = Message(self.presses, 1 if self.one_id else self.presses)
        self.unanswered.append(message)
        self.to_hub.append((message, False))

    async def connect(self) -> None:
        """It comes back, to whichever hub, and sends again what was not answered."""
        if self.session is not None:
            return
        self.keeper = Sessions(self.house.store, lambda: self.house.now, uuid4())
        asked = Opening(
            PRINCIPAL.organisation_id, PRINCIPAL.gateway_id, self.client_id, uuid4(),
            clean=False, expiry=HOUR, will=None, will_after=None,
        )  # fmt: skip
        opened = await self.keeper.open(asked)
        self.session = Session(
            self.keeper, Limits(), asked, opened, self.completes, lambda: None, self.all_read
        )
        for one in self.unanswered:
            one.received &= not self.like_paho  # which sends the whole message again
            self.to_hub.append((one, True))

    async def reads(self) -> None:
        """It hears all it was told."""
        for packet_id in self.to_device:
            for one in [one for one in self.unanswered if one.packet_id == packet_id]:
                if self.qos == 2 and not one.received:
                    one.received = True
                    self.to_hub.append((one, True))
                else:
                    self.unanswered.remove(one)
        self.to_device.clear()

    # --- the hub ------------------------------------------------------------------------------

    def all_read(self) -> bool:
        return not self.to_device

    def completes(self, answer: Pubcomp) -> None:
        self.to_device.append(answer.packet_id)

    async def hears(self) -> None:
        """The hub reads, stores and answers all that was sent."""
        if self.session is None:
            return
        while self.to_hub:
            message, again = self.to_hub.pop(0)
            if message.received:
                self.session.release(message.packet_id)
                if self.session._work is not None:
                    await self.session._work
            else:
                await self.stores(self.session, message, again)

    async def stores(self, session: Session, message: Message, again: bool) -> None:
        marked = again and not (self.qos == 2 and self.like_paho)
        publish = Publish("t", b"x", self.qos, message.packet_id, marked)
        delivery = session.delivery(publish)
        assert delivery is not None
        packet = Packet(
            delivery.session_id, message.packet_id, self.qos, "00", delivery.generation,
            delivery.number, self.house.now, marked,
        )  # fmt: skip
        async with self.house.store.transaction() as uow:
            (copy,) = await uow.mqtt_packets.note([packet])
        self.stored[message.number] += not copy
        arrival = Arrival(PRINCIPAL, "t", b"x", self.qos, self.house.now, marked, delivery=delivery)
        session.said_yes(arrival)
        self.to_device.append(message.packet_id)

    async def goes_round(self) -> None:
        """What a hub does each second."""
        if self.session is None or (said := self.session.confirmed()) is None:
            return
        async with self.house.store.transaction() as uow:
            await uow.mqtt_packets.confirm([said])
        self.session.stored(said)

    async def pings(self) -> None:
        """A keep-alive passes, and the second after it."""
        if self.session is not None and not (self.to_hub or self.unanswered):
            self.session.has_sent_all_again()
            await self.goes_round()
            self.in_doubt = False

    # --- what goes wrong ----------------------------------------------------------------------

    async def breaks(self) -> None:
        """The connection is lost, with all that was under way, and its hub notices."""
        if self.session is not None:
            self.session.end(Ending.LOST, self.house.now)
            await self.keeper.flush()
        self.is_gone()

    def is_killed(self) -> None:
        """The hub is killed: it says nothing of how far its client had come."""
        self.in_doubt |= self.session is not None
        self.is_gone()

    def is_gone(self) -> None:
        """Nothing that was under way arrives."""
        self.to_hub.clear()
        self.to_device.clear()
        self.session = None

    async def exchanges(self) -> None:
        """A press, and all that it takes until its device hears "yes"."""
        await self.press()
        for _ in range(self.qos):
            await self.hears()
            await self.reads()

    async def waits(self) -> None:
        """A quarter of an hour passes."""
        self.house.now += timedelta(minutes=15)

    async def does(self, what: str) -> None:
        done = getattr(self, what)()
        if done is not None:
            await done


STEPS = ("connect", "exchanges", "press", "hears", "reads", "goes_round", "pings")
WRONG = ("breaks", "is_killed", "waits")
stories = some.lists(some.sampled_from(STEPS + WRONG), max_size=25)


async def ends_well(world: World) -> None:
    """At last the device is connected for long enough."""
    for _ in range(3):
        for step in ("connect", "hears", "reads", "hears", "reads", "goes_round"):
            await world.does(step)
    assert world.unanswered == []


@given(stories, some.sampled_from([1, 2]))
@PROPERTY
async def test_a_press_is_stored_exactly_once_whatever_is_lost_or_killed(
    house: House, story: list[str], qos: int
) -> None:
    world = World(house, qos, one_id=False, like_paho=False)
    for step in story:
        await world.does(step)
    await ends_well(world)
    assert set(world.stored.values()) <= {1}


@given(stories, some.sampled_from([1, 2]), some.booleans())
@example(["connect", "exchanges", "is_killed", "connect", "pings", "press", "breaks"], 1, False)
@example(["connect", "exchanges", "is_killed", "connect", "pings", "exchanges"], 2, True)
@example(["connect", "exchanges", "breaks", "connect", "press", "breaks"], 2, True)
@PROPERTY
async def test_a_device_that_has_one_packet_id_is_never_silenced_by_its_last_press(
    house: House, story: list[str], qos: int, like_paho: bool
) -> None:
    world = World(house, qos, one_id=True, like_paho=like_paho)
    for step in story:
        await world.does(step)
    await ends_well(world)
    assert 0 not in world.stored.values()
