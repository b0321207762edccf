"""What becomes of suspects, messages whose decoding ended uncleanly, once they have been read.

The reader keeps them raw first; here they are settled, and followed up when nobody settled them.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid5

from adapters.contract import Rejected
from hub.decoders.heard import Heard
from hub.decoders.reading import FOLLOWED_UP_AFTER, twice
from hub.decoders.versions import Version
from hub.incoming.recording import record_quarantined
from hub.sources.arrival import Arrival, Principal
from hub.store.messages import pairs
from hub.store.unit_of_work import Store, UnitOfWork
from hub.workers import do_or_put_aside

A_ROUND = 50


async def settle(store: Store, heard: Heard) -> None:
    """Note that a suspect is stored; one that could be read after all is none any more."""
    async with store.transaction() as uow:
        if isinstance(heard.outcome, Rejected):
            await uow.suspects.settle(heard.suspect)
        else:
            await uow.suspects.clear(heard.suspect)


class FollowUp:
    """The worker that quarantines suspects nobody stored: their hub was killed, or gave up."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def step(self, now: datetime) -> datetime | None:
        """Quarantine what is due at `now`; when to look again."""
        async with self.store.transaction() as uow:
            due = await uow.suspects.due(now, A_ROUND)
            if not due:
                return await uow.suspects.next_due_at()
        for digest in due:
            await do_or_put_aside(
                self.store,
                partial(_quarantine, digest=digest, now=now),
                partial(_put_off, digest=digest, now=now),
                suspect=digest.hex(),
            )
        return now


async def _quarantine(uow: UnitOfWork, digest: bytes, now: datetime) -> None:
    row = await uow.suspects.claim(digest, now)
    if row is None:
        return
    heard = _heard(row)
    if row.key:
        device = await uow.devices.find(row.gateway_id, row.adapter, row.key)
        heard = replace(heard, device=device, key=row.key)
    await record_quarantined(uow, heard, twice("").detail)
    await uow.suspects.settle(digest)


async def _put_off(uow: UnitOfWork, digest: bytes, now: datetime) -> None:
    await uow.suspects.put_off(digest, now + FOLLOWED_UP_AFTER)


def _heard(row: Any) -> Heard:
    principal = Principal(row.gateway_id, row.organisation_id, "", "", frozenset())
    arrival = Arrival(
        principal,
        row.topic,
        bytes(row.payload),
        row.qos,
        row.received_at,
        replayed=row.replayed,
        content_type=row.content_type,
        user_properties=pairs(row.user_properties),
        source=row.source,
    )
    name = f"{row.digest.hex()}/{row.received_at.isoformat()}"
    version = Version(row.adapter_version, row.contract)
    return Heard(uuid5(row.gateway_id, name), arrival, row.adapter, twice(""), version=version)
