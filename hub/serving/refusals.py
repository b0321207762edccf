"""What a known gateway lost at the front door becomes work that people see."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy.exc import OperationalError

from adapters.contract import Rejected
from hub.clock import Clock
from hub.contain import contained
from hub.decoders.heard import Heard
from hub.incoming.recording import record_loss
from hub.sources.arrival import Arrival, Principal
from hub.sources.door_terms import Refusal
from hub.store.unit_of_work import Store, lost

MOST_WAITING = 1000
AFTER_A_FAILURE = 1.0
WORDS = {
    Refusal.TOO_LARGE: "a message larger than 16 MiB; the connection was closed",
    Refusal.MALFORMED: "bytes that are not MQTT, or not allowed here; the connection was closed;"
    " what was in them is lost",
    Refusal.CONNECTIONS: "more than 64 connections at once; the one longest silent was closed;"
    " use the same client ids again, and a keep-alive",
    Refusal.OVERFLOW: "more messages with QoS 0 than can wait; some were dropped; use QoS 1",
    Refusal.FORGOTTEN: "the broker no longer knew the hubs' session: what was said while no hub"
    " listened is lost; let the broker keep its sessions on disk",
}
log = logging.getLogger(__name__)


class Refusals:
    """Takes the door's reports at once, and stores each while `run` is running.

    A gateway's reason is stored once an hour, whatever the number of hubs and reconnections:
    a message row with the outcome "refused", and one technical alert that later ones join.
    """

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self.store, self.clock, self.new_id = store, clock, new_id
        self._waiting: asyncio.Queue[tuple[Heard, Refusal]] = asyncio.Queue(MOST_WAITING)
        self._told: dict[tuple[UUID, Refusal], str] = {}

    def report(self, principal: Principal, why: Refusal) -> None:
        """Note a refusal; never waits and never raises."""
        now = self.clock()
        key, hour = (principal.gateway_id, why), f"{now:%Y-%m-%dT%H}"
        if self._told.get(key) == hour:
            return
        detail = WORDS[why]
        arrival = Arrival(principal, principal.prefix, b"", 0, now)
        heard = Heard(self.new_id(), arrival, "", Rejected(why, detail), refused=f"{why}: {detail}")
        if self._waiting.full():
            log.error("refusal not kept", extra={"gateway": str(principal.gateway_id)})
            return  # told again at its next refusal
        self._waiting.put_nowait((heard, why))
        self._told[key] = hour

    async def run(self) -> None:
        """Store what is reported until cancelled; again and again while the database is away."""
        while True:
            heard, why = await self._waiting.get()
            kept = await self.keep(heard, why)
            while not kept:
                await asyncio.sleep(AFTER_A_FAILURE)
                kept = await self.keep(heard, why)

    async def keep(self, heard: Heard, why: Refusal) -> bool:
        """Store one report; False when it must be tried again."""
        with contained("refusal could not be stored", message=str(heard.id)) as storing:
            await self.store.retried(partial(record_loss, heard=heard, why=why))
        error = storing.error
        return error is None or not (lost(error) or isinstance(error, OperationalError))
