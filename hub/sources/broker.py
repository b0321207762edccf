"""An outside broker as a source: its session is held by one hub, and "yes" follows the commit."""

import asyncio
import logging
from dataclasses import asdict
from hashlib import sha256
from typing import Any
from uuid import uuid5

from hub.contain import contained
from hub.incoming.intake import Intake
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.broker_connection import Connection, Given
from hub.sources.broker_file import Broker
from hub.sources.broker_inbox import Inbox
from hub.sources.broker_principals import NoSuchOrganisation, Principals, own_principal
from hub.sources.broker_wire import FAREWELL
from hub.sources.door_terms import Counters, Limits
from hub.store.brokers import Brokers, Lease, LeaseLost
from hub.store.messages import Proof

RENEWS = 1.5
TRIES_BEFORE_GIVING_WAY = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
LAST_WORDS = 10.0
GENERATIONS = 2**32  # more connections than one lease will see
TAKEN_OVER_COUNTS = TRIES_BEFORE_GIVING_WAY + 3
LIMITS = Limits(
    unacknowledged=4096,
    pending_bytes=64 * 1024 * 1024,
    all_pending_bytes=64 * 1024 * 1024,
)
log = logging.getLogger(__name__)


class BrokerSource:
    """Listens to one broker while this hub holds its lease, and stands by while another does.

    `run` must be running. A broker that is away is tried again, ever more slowly; what is known
    of it stands in the database, where `hub.serving.outages` sees that people hear of it.
    """

    def __init__(self, broker: Broker, given: Given, limits: Limits = LIMITS) -> None:
        self.broker, self.given, self.limits = broker, given, limits
        self.counters = Counters()
        self.trouble, self.holds = "", False
        self._failures, self._tried = 0, False
        self._connection: Connection | None = None
        self._principals: Principals | None = None

    @property
    def connected(self) -> bool:
        """Whether this hub is connected and subscribed."""
        return self._connection is not None and self._connection.works

    @property
    def figures(self) -> dict[str, Any]:
        """What has gone through so far, and whether this hub holds the session now."""
        now = {"connected": self.connected, "holds_lease": self.holds, "trouble": self.trouble}
        return asdict(self.counters) | now

    def forget(self) -> None:
        """Drop what is remembered of the registry."""
        if self._principals is not None:
            self._principals.forget()

    async def run(self) -> None:
        """Hold the session, or wait for the lease, until cancelled."""
        while True:
            with contained("broker's session given up", broker=self.broker.name):
                if (lease := await self._claim()) is None:
                    self._failures = 0  # another hub holds it: be quick when it is gone
                else:
                    await self._serve(lease)
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Grow with each failure; a hub that only waits for the lease asks each second."""
        tries = max(self._failures - TRIES_BEFORE_GIVING_WAY + 1, 1)
        length: float = min(FIRST_PAUSE * 2 ** min(tries, 16), LONGEST_PAUSE)
        return length * (0.5 + self.given.luck())

    async def _claim(self) -> Lease | None:
        async with self.given.store.transaction() as uow:
            return await Brokers(uow.db).claim(self.broker.name, self.given.holder)

    async def _serve(self, lease: Lease) -> None:
        log.info("broker's lease taken", extra={"broker": lease.name, "fence": lease.fence})
        self.holds, self._tried = True, False
        intake = self.given.make_intake(lease)
        lanes = asyncio.create_task(intake.run())
        speaking = asyncio.create_task(self._speak(lease, intake))
        try:
            await asyncio.wait({lanes, speaking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (speaking, lanes):  # in this order: what is taken in is stored first
                task.cancel()
                await asyncio.wait({task})
            self.holds = False
            with contained("broker's lease could not be released", broker=lease.name):
                async with self.given.store.transaction() as uow:
                    await Brokers(uow.db).release(lease)
        for task in (speaking, lanes):
            if not task.cancelled():
                task.result()

    async def _speak(self, lease: Lease, intake: Intake) -> None:
        own = await self._own(lease)
        if own is None:
            return
        principals = self._principals = Principals(self.given.store, self.broker, own)

        async def take_in(arrival: Arrival) -> Receipt:
            named = await principals.named(arrival)
            if named.replayed and await self._was_replayed_before(named):
                return Receipt.STORED
            return await intake.take_in(named)

        inbox = Inbox(take_in, self.limits, self.counters)
        renewing = asyncio.create_task(self._renew(lease))
        connecting = asyncio.create_task(self._keep_connected(lease, inbox, own))
        tasks = {renewing, connecting}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._leave(inbox, lost=any(_lost(one) for one in tasks))
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _was_replayed_before(self, arrival: Arrival) -> bool:
        """Whether this retained message came with an earlier subscription of this very session.

        In 3.1.1 each subscribing brings all that is retained again. One that the broker gives
        again because it was not answered may not be stored yet, and is no such copy. Neither is
        one that we try again, as the database went away before it was stored.
        """
        proof = Proof(
            arrival.principal.organisation_id,
            f"{arrival.principal.gateway_id}/retained/{self.broker.name}",
            sha256(arrival.topic.encode()).hexdigest(),
            sha256(arrival.payload).digest(),
        )
        itself = uuid5(arrival.principal.gateway_id, f"{arrival.received_at} {arrival.delivery}")
        async with self.given.store.transaction() as uow:
            first = (await uow.messages.sight(proof, itself, arrival.received_at)).message_id
        resumed = self._connection is not None and self._connection.resumed
        return first != itself and resumed and not arrival.duplicate

    async def _leave(self, inbox: Inbox, *, lost: bool) -> None:
        """Answer what is being stored, and go; under a lost lease nothing is answered."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.leaving = True
            if lost:
                connection.wire.close()
        await inbox.end(LAST_WORDS)
        if connection is not None:
            connection.wire.finish()
            await asyncio.wait({connection.wire.ended}, timeout=FAREWELL.total_seconds())
            connection.wire.close()

    async def _own(self, lease: Lease) -> Principal | None:
        try:
            return await own_principal(self.given.store, self.broker)
        except NoSuchOrganisation as error:
            self._failures += 1
            await self._troubled(lease, str(error))
            return None

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(RENEWS)
            with contained("broker's lease not renewed", broker=lease.name) as renewing:
                await self._prove(lease)
            if isinstance(renewing.error, LeaseLost):
                raise renewing.error

    async def _prove(self, lease: Lease) -> None:
        """Renew the lease; a broker that has worked for a while is well. Raises LeaseLost."""
        connection = self._connection
        steady = connection is not None and connection.steady
        confirmed = None if connection is None else connection.confirmed()
        async with self.given.store.transaction() as uow:
            await Brokers(uow.db).renew(lease, well=steady)
            if confirmed is not None:
                await uow.mqtt_packets.confirm([confirmed])
        if steady:
            self.trouble, self._failures = "", 0

    async def _keep_connected(self, lease: Lease, inbox: Inbox, own: Principal) -> None:
        """Connect again and again; returns when another hub had better try."""
        connections = 0
        while self._failures < TRIES_BEFORE_GIVING_WAY or not self._tried:
            connections += 1
            generation = lease.fence * GENERATIONS + connections
            connection = Connection(
                self.broker, self.given, lease, inbox, own, self.limits, generation
            )
            self._connection = connection
            with contained("broker's connection failed", broker=lease.name) as connecting:
                await connection.live()
            self._connection, self._tried = None, True
            if isinstance(connecting.error, LeaseLost):
                raise connecting.error
            if connection.left_over and connecting.error is None:
                continue  # there is room again for what was left with the broker
            self._count_failure(connection)
            await self._troubled(lease, connection.why(connecting.error))
            if self._failures < TRIES_BEFORE_GIVING_WAY:
                await asyncio.sleep(self._pause())
            await self._prove(lease)  # nobody who was thrown out knocks again without the lease

    def _count_failure(self, connection: Connection) -> None:
        self._failures = 1 if connection.steady else self._failures + 1
        if connection.wire.taken_over:  # by nobody who asked for the lease: do not fight over it
            self._failures = max(self._failures, TAKEN_OVER_COUNTS)

    async def _troubled(self, lease: Lease, why: str) -> None:
        log.warning("broker away", extra={"broker": lease.name, "why": why})
        with contained("broker's trouble could not be noted", broker=lease.name) as noting:
            async with self.given.store.transaction() as uow:
                await Brokers(uow.db).troubled(lease, why, self.given.clock())
        self.trouble = why
        if isinstance(noting.error, LeaseLost):
            raise noting.error


def _lost(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and isinstance(task.exception(), LeaseLost)
