"""The front door as the settings want it: with and without TLS, with its sessions and rounds."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import uuid4

from hub.access.gateways import Entrance
from hub.clock import Clock
from hub.settings import Settings, pepper
from hub.sources.certificates import Certificates, Files
from hub.sources.door import Door
from hub.sources.door_shared import Refused
from hub.sources.door_terms import Limits
from hub.sources.rounds import Rounds
from hub.sources.sessions import Sessions
from hub.sources.subscription_delivery import Streams
from hub.sources.withheld import TakeIn
from hub.store.unit_of_work import Store
from hub.workers import Worker


class Doorway:
    """The door of one hub; raises CertificatesUnusable when it is made with files that are.

    `store` is asked who gateways are and keeps their sessions, and is for that alone: thousands
    of passwords to check at once must not hold up an alarm.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        take_in: TakeIn,
        clock: Clock,
        refused: Refused,
        streams: Streams | None = None,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._certificates = _certificates(settings)
        limits = Limits(
            connections=settings.most_connections,
            connections_of_an_address=settings.most_connections_per_address
            or settings.most_connections,
            longest_session=settings.longest_session,
        )
        entrance = Entrance(store, pepper(settings))
        sessions = Sessions(store, clock, uuid4(), limits.will_grace)
        self.door = Door(
            entrance.authenticate,
            take_in,
            sessions,
            clock,
            limits,
            refused,
            certificates=self._certificates,
            recognise=entrance.recognise,
            streams=streams,
        )
        self.rounds = Rounds(store, sessions, self.door)
        self.workers = [Worker("rounds", self.rounds.step, ("sessions", "registry"))]
        if self._certificates is not None:
            self.workers.append(Worker("certificates", self._certificates.look, ()))

    async def open(self) -> tuple[int | None, int | None]:
        """Let people in; the ports without and with TLS, None for what stays shut.

        The rounds must have begun. Raises OSError when a port is taken.
        """
        settings, plain, tls = self._settings, None, None
        if settings.listens_plainly:
            plain = await self.door.open(settings.mqtt_host, settings.mqtt_port)
        if self._certificates is not None:
            tls = await self.door.open_tls(settings.mqtt_host, settings.mqtt_tls_port)
        return plain, tls

    async def close(self) -> None:
        """Let nobody in, answer what is being taken in, and say goodbye to clients and hubs."""
        await self.door.close()
        await self.rounds.end()

    def figures(self) -> Mapping[str, int]:
        """What went through the door, and how its certificate is; numbers only."""
        counted = asdict(self.door.counters)
        if self._certificates is not None:
            counted |= self._certificates.figures(self._clock())
        return counted


def _certificates(settings: Settings) -> Certificates | None:
    certificate, key = settings.mqtt_certificate, settings.mqtt_key
    if certificate is None or key is None:
        return None
    authority, revoked = settings.mqtt_client_authority, settings.mqtt_revoked
    return Certificates(Files(certificate, key, authority, revoked))
