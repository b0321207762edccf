"""One connection to an outside broker, on paho and the hub's own event loop.

Made once and never opened again: acknowledgements of an older connection have nowhere to go.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hub.contain import contained
from hub.sources.broker_client import LenientClient
from hub.sources.broker_file import Broker
from hub.sources.door_wire import unread_by

SESSION_EXPIRY = timedelta(days=7)
KEEP_ALIVE = timedelta(seconds=20)
ANSWERS_WITHIN = timedelta(seconds=10)
FAREWELL = timedelta(seconds=2)
RECEIVE_MAXIMUM = 1024
LARGEST_PACKET = 16 * 1024 * 1024
READS_AT_ONCE = 32
TAKEN_OVER, UNSPECIFIED = 0x8E, 0x80
_TICK = 1.0
_VERSIONS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}

Heard = Callable[[MQTTMessage], None]
_Said = TypeVar("_Said")
log = logging.getLogger(__name__)


class Refused(ConnectionError):
    """The broker, or the way to it, refuses us; the message says what, and the remedy."""


class Wire:
    """A connection that tells `heard` of every PUBLISH; `ended` is done, with why, when it is gone.

    Nothing is acknowledged but by `acknowledge`. One that is not `lasting` has a client id of its
    own, and a session that ends with it.
    """

    def __init__(self, broker: Broker, heard: Heard, *, lasting: bool = True) -> None:
        self._lasting = lasting
        self._broker, self._loop = broker, asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self.taken_over = False
        self._welcome: asyncio.Future[bool] = self._loop.create_future()
        self._granted: asyncio.Future[Iterable[ReasonCode]] = self._loop.create_future()
        self._number, self._held = -1, False
        self._tick: asyncio.TimerHandle | None = None
        self._client = self._made(heard)

    def _made(self, heard: Heard) -> Client:
        broker, newest = self._broker, self._broker.protocol == "5"
        client = LenientClient(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id if self._lasting else f"{broker.client_id}-check",
            clean_session=None if newest else not self._lasting,
            protocol=_VERSIONS[broker.protocol],
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = ANSWERS_WITHIN.total_seconds()
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = lambda _client, _user, message: heard(message)
        client.on_socket_close = lambda _client, _user, _socket: self._forget_socket()
        return client

    async def open(self) -> bool:
        """Connect; says whether the broker still has the session. Raises Refused, OSError.

        Nothing more is read before `go_on`.
        """
        _prepare(self._client, self._broker)
        connecting = asyncio.ensure_future(asyncio.to_thread(self._connect))
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(self._hang_up)
            raise
        except ssl.SSLCertVerificationError as error:
            raise Refused(
                f"its certificate is not trusted ({error.verify_message}): give the right `ca_file`"
            ) from error
        self._listen()
        return await self._answer(self._welcome)

    def go_on(self) -> None:
        """Read what the broker has for us."""
        self._held = False
        if self._number >= 0:
            self._loop.add_reader(self._number, self._read)
            self._loop.call_soon(self._read)

    async def subscribe(self) -> None:
        """Subscribe to the filters at QoS 1. Raises Refused when one is not granted."""
        filters = self._broker.subscribe
        if self._broker.protocol == "5":
            options = SubscribeOptions(qos=1, retainAsPublished=False, retainHandling=1)
            error, _ = self._client.subscribe([(one, options) for one in filters])
        else:
            error, _ = self._client.subscribe([(one, 1) for one in filters])
        if error is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ConnectionError("the connection was lost while subscribing")
        self._flush()
        for one, said in zip(filters, await self._answer(self._granted), strict=True):
            if said.is_failure:
                raise Refused(
                    f"it refuses the subscription to {one!r} ({said}): let the user read it"
                )
            if said.value == 0:
                raise Refused(
                    f"it grants {one!r} at QoS 0 only, so alarms would not be assured:"
                    " let the user subscribe at QoS 1"
                )

    def acknowledge(self, packet_id: int) -> None:
        """Tell the broker that a message is stored; nothing happens when it is gone."""
        if self._client.socket() is not None:
            self._client.ack(packet_id, 1)
            self._flush()

    def all_read(self) -> bool:
        """Whether the broker's machine has received all that was sent; False in doubt."""
        socket = self._client.socket()
        if socket is None or self._client.want_write():
            return False
        return unread_by(socket.fileno()) == 0

    def finish(self) -> None:
        """Say goodbye and read on until the broker hangs up, so that it reads our last answers.

        A socket that is closed while something in it is unread takes with it what it still sends.
        """
        if self._client.socket() is not None:
            self._client.disconnect()
            self._flush()
        self._loop.call_later(FAREWELL.total_seconds(), self.close)

    def close(self) -> None:
        """Hang up, keeping the session; harmless when it is gone."""
        self._forget_socket()
        if not self.ended.done():
            self.ended.set_result("closed by the hub")
        if self._client.socket() is not None:
            with suppress(OSError, ValueError):
                self._client.disconnect()
                self._client.loop_write()
            # paho closes its socket only on the broker's answer; nobody waits for that.
            self._hang_up()

    def _connect(self) -> None:
        """Find the broker and shake hands; blocks, so it runs on a thread."""
        seconds = int(KEEP_ALIVE.total_seconds())
        host, port = self._broker.host, self._broker.port
        if self._broker.protocol == "5":
            asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            asked.SessionExpiryInterval = int(SESSION_EXPIRY.total_seconds()) * self._lasting
            asked.ReceiveMaximum = RECEIVE_MAXIMUM
            asked.MaximumPacketSize = LARGEST_PACKET
            self._client.connect(
                host, port, seconds, clean_start=not self._lasting, properties=asked
            )
        else:
            self._client.connect(host, port, seconds)

    def _hang_up(self, _: object = None) -> None:
        if (socket := self._client.socket()) is not None:
            socket.close()

    def _listen(self) -> None:
        socket = self._client.socket()
        if socket is None:
            raise ConnectionError("the connection was lost at once")
        self._number = socket.fileno()
        self._loop.add_reader(self._number, self._read)
        self._tick = self._loop.call_later(_TICK, self._pass_time)
        self._flush()
        self._loop.call_soon(self._read)  # what came with the end of the TLS handshake

    async def _answer(self, said: asyncio.Future[_Said]) -> _Said:
        """Wait for the broker's answer, or for the end of the connection."""
        await asyncio.wait(
            (said, self.ended),
            timeout=ANSWERS_WITHIN.total_seconds(),
            return_when=asyncio.FIRST_COMPLETED,
        )
        if said.done():
            return said.result()
        if self.ended.done():
            raise ConnectionError(self.ended.result())
        raise ConnectionError("it does not answer")

    def _read(self) -> None:
        with contained("broker's bytes could not be read", broker=self._broker.name) as reading:
            for _ in range(READS_AT_ONCE):
                if self._held or self._client.socket() is None:
                    break
                self._client.loop_read()
        if reading.error is not None:
            self._end("it sends what is no MQTT")
            return
        socket = self._client.socket()
        if isinstance(socket, ssl.SSLSocket) and socket.pending() and not self._held:
            self._loop.call_soon(self._read)  # decrypted already, so the loop does not see it
        self._flush()

    def _flush(self) -> None:
        if self._number >= 0 and self._client.want_write():
            self._loop.add_writer(self._number, self._write)

    def _write(self) -> None:
        self._client.loop_write()
        if self._number >= 0 and not self._client.want_write():
            self._loop.remove_writer(self._number)

    def _pass_time(self) -> None:
        self._tick = self._loop.call_later(_TICK, self._pass_time)
        self._client.loop_misc()
        self._flush()

    def _forget_socket(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if self._number >= 0:
            self._loop.remove_reader(self._number)
            self._loop.remove_writer(self._number)
            self._number = -1

    def _end(self, why: str) -> None:
        self._forget_socket()
        self._hang_up()
        if not self.ended.done():
            self.ended.set_result(why)

    def _connected(
        self,
        _client: Client,
        _user: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._welcome.done():
            return
        if reason.is_failure:
            self._welcome.set_exception(Refused(_in_words(reason)))
        else:
            self._held = True
            self._loop.remove_reader(self._number)
            self._welcome.set_result(flags.session_present)

    def _subscribed(
        self,
        _client: Client,
        _user: object,
        _mid: int,
        reasons: Iterable[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if not self._granted.done():
            self._granted.set_result(reasons)

    def _disconnected(
        self,
        _client: Client,
        _user: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.taken_over = reason.value == TAKEN_OVER
        self._end("it closed the connection" if reason.value == UNSPECIFIED else str(reason))


def _prepare(client: Client, broker: Broker) -> None:
    """Give paho what is read from files, anew for each connection. Raises Refused."""
    try:
        if broker.user:
            client.username_pw_set(broker.user, broker.secret())
        if (context := broker.context()) is not None:
            client.tls_set_context(context)
    except (OSError, UnicodeDecodeError) as error:
        named = getattr(error, "filename", None) or "a file it needs"
        raise Refused(
            f"{named} cannot be read ({type(error).__name__}): see `password_file`, `ca_file`,"
            " `certificate_file`, `key_file`"
        ) from error


def _in_words(reason: ReasonCode) -> str:
    remedy = _REMEDIES.get(reason.value, "the broker's own log says why")
    return f"it refuses us ({reason}): {remedy}"


_REMEDIES = {
    0x84: "set `protocol`",
    0x85: "allow the client id",
    0x86: "check `user` and `password_file`",
    0x87: "check `user` and `password_file`, and what that user may do",
}
