"""The front door: our own MQTT endpoint, where a PUBACK means that the message is stored."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from uuid import UUID, uuid4

from hub.clock import Clock
from hub.sources.certificates import Certificates
from hub.sources.door_connection import Connection
from hub.sources.door_room import Room
from hub.sources.door_shared import Refused, Shared
from hub.sources.door_terms import Counters, Limits
from hub.sources.introduction import Authenticate, Guesses, Recognise
from hub.sources.mqtt.reasons import Reason
from hub.sources.session import Keeper, Session
from hub.sources.subscription_delivery import Streams
from hub.sources.tls_listener import TlsListener
from hub.sources.withheld import TakeIn
from hub.store.mqtt_hubs import Mine
from hub.store.mqtt_packets import Confirmed

_READ_BYTES = 64 * 1024
_BACKLOG = 4096  # thousands of gateways come back at once after a power cut
log = logging.getLogger(__name__)


class Door:
    """A publish endpoint for MQTT 3.1.1 and 5.0 over TCP and TLS, QoS 0 to 2.

    `authenticate(user name, password)` answers None for a stranger; an error means "not now".
    `take_in(arrival)` returns once the message is stored; until then the "yes" is withheld. It may
    raise, an OSError when the database is away, and is then called again for as long as the
    connection lives. The door never cancels it. `keeper` keeps the sessions.
    `refused(principal, why)` tells of what a known gateway lost at the door, and must not raise.
    `certificates` are what `open_tls` needs, and `recognise(name)` finds the gateway that a
    client certificate names. `streams` are what integrators may subscribe to.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        take_in: TakeIn,
        keeper: Keeper,
        clock: Clock,
        limits: Limits | None = None,
        refused: Refused | None = None,
        new_id: Callable[[], UUID] = uuid4,
        certificates: Certificates | None = None,
        recognise: Recognise | None = None,
        streams: Streams | None = None,
    ) -> None:
        scratch, limits = memoryview(bytearray(_READ_BYTES)), limits or Limits()
        self._shared = Shared(
            authenticate,
            take_in,
            keeper,
            clock,
            limits,
            refused,
            new_id,
            scratch,
            Guesses(limits),
            Room(limits),
            recognise=recognise,
            certificates=certificates,
            streams=streams,
        )
        self._server: asyncio.Server | None = None
        self._tls: TlsListener | None = None

    @property
    def counters(self) -> Counters:
        """What has gone through so far; a copy."""
        return replace(self._shared.counters)

    async def open(self, host: str, port: int) -> int:
        """Start listening and say on which port (`port` 0 takes a free one); OSError when taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._shared).wire, host, port, backlog=_BACKLOG
        )
        listening: int = self._server.sockets[0].getsockname()[1]
        log.info("front door open", extra={"port": listening})
        return listening

    async def open_tls(self, host: str, port: int) -> int:
        """Start listening with TLS, for a door made with `certificates`; else as `open`."""
        shared, certificates = self._shared, self._shared.certificates
        assert certificates is not None
        self._tls = TlsListener(
            lambda: Connection(shared).wire, certificates, shared.limits, shared.counters
        )
        listening = await self._tls.open(host, port, _BACKLOG)
        log.info("front door open with TLS", extra={"port": listening})
        return listening

    def show_out(self, gone: Collection[UUID]) -> None:
        """Hang up on these gateways, and on every client whose certificate has been revoked."""
        for connection in tuple(self._shared.online.values()):
            if connection.gateway_id in gone or connection.disowned() is not None:
                connection.leave(Reason.ADMINISTRATIVE_ACTION)

    async def close(self) -> None:
        """Let nobody in, answer what is being taken in, tell everybody, and hang up."""
        if self._server is not None:
            self._server.close()
        if self._tls is not None:
            await self._tls.close()
        shared = self._shared
        for connection in shared.everybody:
            connection.stop()
        if shared.taking:
            await asyncio.wait(shared.taking, timeout=shared.limits.shutdown.total_seconds())
        for connection in shared.everybody:
            connection.leave(Reason.SERVER_SHUTTING_DOWN)
        await self._everybody_left()
        log.info("front door closed", extra={"unfinished": len(shared.taking)})

    def mine(self) -> set[Mine]:
        """The connections this door has now."""
        return {one.mine for one in self._shared.online.values()}

    def hang_up(self, those: Callable[[Mine], bool], reason: Reason) -> None:
        """Hang up on connections that are no longer wanted here."""
        for connection in tuple(self._shared.online.values()):
            if those(connection.mine):
                connection.leave(reason)

    def confirmed(self) -> dict[Session, Confirmed]:
        """How far clients have their "yes", as far as that is news."""
        told = {session: session.confirmed() for session in self._shared.unconfirmed}
        return {session: said for session, said in told.items() if said is not None}

    def stored(self, told: Mapping[Session, Confirmed]) -> None:
        """This much is on disk; what was said since is still news."""
        for session, said in told.items():
            if session.stored(said):
                self._shared.unconfirmed.discard(session)

    async def _everybody_left(self) -> None:
        """Every wire cuts itself after the farewell, so this ends."""
        leaving = [connection.left for connection in self._shared.everybody]
        if leaving:
            await asyncio.wait(leaving)
