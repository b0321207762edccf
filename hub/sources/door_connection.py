"""One client at the front door: packets in, answers out."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from hub.sources import door_manners as manners
from hub.sources.aliases import Aliases
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.certificates import Presented, presented
from hub.sources.door_reading import Reading
from hub.sources.door_shared import Shared
from hub.sources.door_terms import Refusal
from hub.sources.door_wire import Wire
from hub.sources.introduction import Introduction
from hub.sources.mqtt.decode import Frame
from hub.sources.mqtt.encode import PINGRESP, encode, yes
from hub.sources.mqtt.packets import (
    Auth,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Version,
)
from hub.sources.mqtt.properties import PacketType, Property
from hub.sources.mqtt.reasons import Malformed, Reason
from hub.sources.passing import shortened
from hub.sources.session import Ending, Session
from hub.sources.subscription_delivery import Listening
from hub.sources.withheld import Withheld
from hub.store.mqtt_hubs import Mine
from hub.store.mqtt_sessions import Opened, Opening

log = logging.getLogger(__name__)


class Connection:
    """A client from its first byte to its last; `wire` is what the server listens with."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._limits = shared, shared.limits
        self._loop = asyncio.get_running_loop()
        self._id = str(shared.new_id())
        self._connect: Connect | None = None
        self.version = Version.V311
        self._principal: Principal | None = None
        self._session: Session | None = None
        self._withheld = Withheld(
            shared.take_in, self._say_yes, shared.limits, shared.counters, shared.taking
        )
        self._introduction = Introduction(
            shared.authenticate, shared.guesses, shared.limits, self._known
        )
        self._aliases = Aliases(shared.limits)
        self._presented: Presented | None = None
        self._listening: Listening | None = None
        self.open, self._ended, self._overflowed = True, False, False
        self.left: asyncio.Future[None] = self._loop.create_future()
        self.wire = Wire(self, shared.scratch, shared.limits)
        self._reading = Reading(self, self.wire, shared)

    @property
    def known(self) -> bool:
        """Whether the client was let in."""
        return self._principal is not None

    @property
    def gateway_id(self) -> UUID | None:
        """The gateway whose client this is, once that is known."""
        return self._principal.gateway_id if self._principal is not None else None

    def opened(self) -> None:
        """Wait for an introduction, but not for long."""
        shared = self._shared
        there_is_room = shared.room.enter(self)
        shared.counters.connections = len(shared.room.everybody)
        if there_is_room:
            self._introduction.begin()
            return
        if shared.counters.turned_away == 0:
            log.error("front door full", extra={"connections": shared.counters.connections})
        shared.counters.turned_away += 1
        self.open = False
        self.wire.cut()

    def heard(self) -> None:
        """Read what there is, as far as there is room."""
        try:
            self._reading.read()
        except Malformed as malformed:
            self._refuse(malformed.reason)

    def silent(self) -> None:
        """The keep-alive passed one and a half times."""
        self.leave(Reason.KEEP_ALIVE_TIMEOUT)

    def gone(self) -> None:
        """The transport is closed; messages being taken in go on being taken in."""
        self._end(Ending.LOST)
        self._withheld.forget()
        self._reading.end()
        self._shared.room.forget(self)
        self._shared.counters.connections = len(self._shared.room.everybody)
        self.left.set_result(None)

    def stop(self) -> None:
        """Take nothing more in; answers to what is being taken in still go out."""
        self.open = False
        self._withheld.stop()
        self.wire.listen(False)
        self._introduction.end()

    def leave(self, reason: Reason) -> None:
        """Hang up; a 5.0 client is told why."""
        if self._ended:
            return
        log.info("connection closed", extra=self._facts(reason))
        tell = self.version is Version.V5 and self._principal is not None
        self._end(_ENDINGS.get(reason, Ending.LOST))
        self.wire.say_goodbye(encode(Disconnect(reason), self.version) if tell else b"")

    @property
    def mine(self) -> Mine:
        """Which connection this is, once it is let in."""
        assert self._session is not None
        return Mine(*self._session.name, self._session.generation)

    def _end(self, ending: Ending) -> None:
        if self._ended:
            return
        self.open, self._ended = False, True
        self._withheld.stop()
        self._introduction.end()
        self._shared.room.part(self)
        if self._listening is not None:
            self._listening.end()
        if (session := self._session) is not None:
            session.end(ending, self._shared.clock())
            self._shared.unconfirmed.discard(session)
            if self._shared.online.get(session.name) is self:
                del self._shared.online[session.name]

    def _facts(self, reason: Reason) -> dict[str, str]:
        gateway = str(self._principal.gateway_id) if self._principal else ""
        return {"gateway": gateway, "connection": self._id, "reason": reason.name.lower()}

    def must_wait(self, frame: Frame) -> bool:
        """The 65th unacknowledged message stays in the buffer, and reading stops there."""
        if frame.first >> 4 == PacketType.PUBREL and self._session is not None:
            return not self._session.has_room
        assured = frame.first >> 4 == PacketType.PUBLISH and frame.first & 0b0110
        size = min(frame.end - frame.start, self._limits.packet_bytes)
        return bool(assured) and not self._withheld.has_room(size)

    def receive(self, packet: Packet) -> None:
        """Do what a packet asks for. Raises Malformed."""
        if isinstance(packet, Connect) is not (self._principal is None):
            raise Malformed(Reason.PROTOCOL_ERROR)
        match packet:
            case Publish():
                self._published(packet)
            case Pingreq():
                self._pinged()
            case Connect():
                self._introduced(packet)
            case Disconnect():
                self._said_goodbye(packet)
            case Subscribe() | Unsubscribe() | Pubrel() | Puback():
                self._reply(packet)
            case Pubrec() | Pubcomp() | Connack() | Suback() | Unsuback() | Pingresp() | Auth():
                raise Malformed(Reason.PROTOCOL_ERROR)

    def _pinged(self) -> None:
        self.wire.send(PINGRESP)
        if self._withheld.is_empty and self._held.has_sent_all_again():
            self._shared.unconfirmed.add(self._held)

    @property
    def _held(self) -> Session:
        assert self._session is not None
        return self._session

    def _reply(self, asked: Subscribe | Unsubscribe | Pubrel | Puback) -> None:
        if isinstance(asked, Pubrel):
            self._held.release(asked.packet_id)
        elif isinstance(asked, Puback):
            if self._listening is None:
                raise Malformed(Reason.PROTOCOL_ERROR)  # it was sent nothing
            self._listening.acknowledged(asked.packet_id)
        elif self._listening is not None:
            if not self._listening.asked(asked):
                raise Malformed(Reason.QUOTA_EXCEEDED)
        else:
            self._send(manners.reply(asked, self.version))

    def _said_goodbye(self, goodbye: Disconnect) -> None:
        if Property.SESSION_EXPIRY_INTERVAL in goodbye.properties.values:
            seconds = goodbye.properties.number(Property.SESSION_EXPIRY_INTERVAL)
            self._held.expire_after(timedelta(seconds=seconds))
        self._end(Ending.ORDERLY if goodbye.reason is Reason.SUCCESS else Ending.LOST)
        self.wire.say_goodbye()

    def _send(self, packet: Packet) -> None:
        data = encode(packet, self.version)
        # A client may not be sent more than it asked for; 5.0 has the packet dropped (3.1.2.11.4).
        if self._fits(data):
            self.wire.send(data)

    def _deliver(self, publish: Publish) -> bool:
        data = encode(publish, self.version)
        if fits := self._fits(data):
            self.wire.send(data)
        return fits

    def _fits(self, data: bytes) -> bool:
        most = self._connect.properties.number(Property.MAXIMUM_PACKET_SIZE) if self._connect else 0
        return not most or len(data) <= most

    def _introduced(self, connect: Connect) -> None:
        self._connect, self.version, self.open = connect, connect.version, False
        proved, recognise = self._proved(), self._shared.recognise
        objection = manners.objection(connect, self._limits, proved)
        if (reason := self.disowned() or objection) is not None:
            self._turn_away(reason)
            return
        self.wire.listen(False)
        if proved and recognise is not None:
            self._introduction.wait_for(recognise(proved), self.wire.address)
        else:
            user_name, password = connect.user_name or "", connect.password or b""
            self._introduction.ask(user_name, password, self.wire.address)

    def _proved(self) -> str:
        if self._presented is None and (certificate := self.wire.certificate) is not None:
            self._presented = presented(certificate)
        return self._presented.name if self._presented is not None else ""

    def disowned(self) -> Reason | None:
        """NOT_AUTHORIZED when the client certificate it came in with has been revoked."""
        known = self._shared.certificates
        if known is None or self._presented is None or not known.is_revoked(self._presented.mark):
            return None
        return Reason.NOT_AUTHORIZED

    def _known(self, who: Principal | Reason) -> None:
        if self._ended:
            return
        if isinstance(who, Principal) and self._connect is not None:
            self._let_in(self._connect, who)
        elif who is Reason.MAXIMUM_CONNECT_TIME:
            self.leave(who)
        elif isinstance(who, Reason):
            self._turn_away(who)

    def _turn_away(self, reason: Reason) -> None:
        self._shared.counters.unauthorised += reason is Reason.BAD_USER_NAME_OR_PASSWORD
        claimed = manners.fit_to_log(self._connect.user_name) if self._connect else ""
        log.warning("client turned away", extra=self._facts(reason) | {"claimed": claimed})
        self._end(Ending.OURS)
        self.wire.say_goodbye(encode(Connack(reason), self.version))

    def _let_in(self, connect: Connect, principal: Principal) -> None:
        assigned = "" if connect.client_id else f"nachtwacht-{self._shared.new_id().hex}"
        client_id, new_id = connect.client_id or assigned, self._shared.new_id()
        wanted = manners.opening(connect, principal, client_id, new_id, self._limits)
        asking = asyncio.ensure_future(self._shared.keeper.open(wanted))
        asking.add_done_callback(partial(self._has_session, connect, principal, wanted, assigned))

    def _has_session(
        self,
        connect: Connect,
        principal: Principal,
        wanted: Opening,
        assigned: str,
        asked: asyncio.Future[Opened],
    ) -> None:
        if asked.cancelled() or asked.exception() is not None:
            self._turn_away(Reason.SERVER_UNAVAILABLE)
            return
        opened = asked.result()
        self._session = session = Session(
            self._shared.keeper,
            self._limits,
            wanted,
            opened,
            self._send,
            self._completed,
            self.wire.all_read,
        )
        if self._ended:  # it hung up meanwhile
            session.end(Ending.OURS, self._shared.clock())
            return
        self._take_over(session)
        self._principal, self.open = principal, True
        log.info("gateway connected", extra=self._facts(Reason.SUCCESS))
        self.wire.trust()
        if principal.listens and (streams := self._shared.streams) is not None:
            terms = manners.listening(connect, principal, wanted, opened, self._limits)
            self._listening = Listening(
                streams, terms, self._deliver, self._send, self.wire.all_read
            )
        self._send(manners.welcome(connect, assigned, self._limits, wanted.expiry, opened.resumed))
        if connect.keep_alive:
            self.wire.expect_life(connect.keep_alive * 1.5)
        self.heard()

    def _take_over(self, session: Session) -> None:
        if (older := self._shared.online.get(session.name)) is not None:
            older.leave(Reason.SESSION_TAKEN_OVER)
        self._shared.online[session.name] = self
        silent = self._shared.room.belongs(self, session.name.gateway_id)
        if silent is not None:
            silent.report(Refusal.CONNECTIONS)
            silent.leave(Reason.QUOTA_EXCEEDED)

    def begin(self, publish: Publish) -> Publish:
        """Check a message; the same, with its topic. Raises Malformed."""
        manners.check(publish)
        return self._aliases.resolve(publish)

    def _published(self, publish: Publish) -> None:
        publish = self.begin(publish)
        if len(publish.payload) > self._limits.payload_bytes:
            self.take_in(*shortened(publish, self._limits.kept_of_discarded))
        else:
            self.take_in(publish)

    def take_in(self, publish: Publish, discarded: int = 0) -> None:
        """Have a message stored, without the `discarded` bytes of it that were read past."""
        self._shared.counters.received += 1
        self._shared.counters.refused += discarded > 0
        arrival = self._arrival(publish, discarded)
        if self._withheld.holds_copy_of(arrival):
            return  # one "yes" for both, or the second could answer a newer message of that id
        if not self._withheld.add(arrival) and not self._overflowed:
            self._overflowed = True
            self.report(Refusal.OVERFLOW)

    def _arrival(self, publish: Publish, discarded: int) -> Arrival:
        assert self._principal is not None
        return Arrival(
            self._principal,
            publish.topic,
            publish.payload,
            publish.qos,
            self._shared.clock(),
            publish.duplicate,
            packet_id=publish.packet_id,
            content_type=publish.properties.text(Property.CONTENT_TYPE),
            user_properties=manners.said_of_itself(publish, self._limits),
            discarded=discarded,
            not_text=not discarded and manners.breaks_its_word(publish),
            delivery=self._held.delivery(publish),
        )

    def _say_yes(self, arrival: Arrival, receipt: Receipt) -> None:
        if self._ended:
            return  # it is not sent, and must not count as read: the message may come again
        self._shared.counters.acknowledged += 1
        self._shared.counters.refused += receipt is Receipt.REFUSED
        reason = manners.verdict(arrival, receipt)
        if reason is not Reason.SUCCESS and self.version is Version.V5:
            self._refuse_message(manners.answer(arrival, reason), arrival)
        else:
            self.wire.send(yes(arrival.packet_id or 0, arrival.qos))
        if self._held.said_yes(arrival):
            self._shared.unconfirmed.add(self._held)
        self._reading.go_on()

    def _completed(self) -> None:
        if not self._ended:
            self._shared.unconfirmed.add(self._held)
        self._reading.go_on()

    def _refuse_message(self, answer: Puback | Pubrec, arrival: Arrival) -> None:
        assert self._connect is not None
        words = manners.in_words(answer.reason, arrival, self._connect, self._limits)
        spoken = replace(answer, properties=words)
        self._send(spoken if self._fits(encode(spoken, self.version)) else answer)

    def _refuse(self, reason: Reason) -> None:
        # A stranger may send rubbish all night; only a gateway's is worth a warning.
        level = logging.DEBUG if self._principal is None else logging.WARNING
        log.log(level, "bytes refused", extra=self._facts(reason))
        if self._principal is not None:
            self._shared.counters.refused += 1
            self.report(_REFUSALS.get(reason, Refusal.MALFORMED))
        elif reason is Reason.UNSUPPORTED_PROTOCOL_VERSION:
            # In the form of 3.1.1, which a Mosquitto bridge needs to see before it tries plainly.
            self.wire.say_goodbye(encode(Connack(reason), Version.V311))
        self.leave(reason)

    def report(self, refusal: Refusal) -> None:
        """Tell the gateway's organisation what went wrong; nothing of a stranger."""
        if self._shared.refused is not None and self._principal is not None:
            self._shared.refused(self._principal, refusal)


_REFUSALS = {Reason.PACKET_TOO_LARGE: Refusal.TOO_LARGE}
_ENDINGS = {
    Reason.SERVER_SHUTTING_DOWN: Ending.OURS,
    Reason.SERVER_BUSY: Ending.OURS,
    Reason.ADMINISTRATIVE_ACTION: Ending.ORDERLY,
    Reason.SESSION_TAKEN_OVER: Ending.ORDERLY,  # the client is here
}
