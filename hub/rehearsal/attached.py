"""A rehearsal hub that somebody else runs: how it is found out to be one, furnished and left.

Nothing is published before the hub has proved over HTTP that the very connection in hand, known
by a fresh nonce, is at its own front door, and that its database is the one that was named.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx
import psycopg
import sqlalchemy as sa

from hub.clock import LedClock, system_clock
from hub.feed import CHANNEL
from hub.rehearsal.live_hub import HubFailed
from hub.rehearsal.region import known
from hub.store import tables as t
from hub.store.tables.columns import metadata
from hub.store.unit_of_work import Store, UnitOfWork
from hub.store.url import plain_url
from simulators.knock import NotLetIn, at_the_door

STAYS = (t.mqtt_hubs,)  # the hub's own
PLAYED = 0x6E69676874  # the advisory lock of whoever plays a night
NOT_ONE = (
    "a night wakes whoever that hub calls. Start one for rehearsals only, with "
    "NACHTWACHT_REHEARSAL=true on a database of its own"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A rehearsal hub: its front door with an account there, its pages, its database, its secret.

    `named` is the door's address without the password.
    """

    mqtt: tuple[str, int]
    user: str
    password: str
    pages: str
    database: str
    pepper: bytes

    @property
    def named(self) -> str:
        """Where the door is, for people to read."""
        return f"mqtt://{self.mqtt[0]}:{self.mqtt[1]}"


def door(address: str) -> tuple[tuple[str, int], str, str]:
    """Read mqtt://user:password@host:port as broker, user and password; ValueError says what to
    do. A slash in the user may stand as it is.
    """
    scheme, _, rest = address.partition("://")
    account, at, place = rest.rpartition("@")
    user, colon, password = account.partition(":")
    host, _, port = place.rpartition(":")
    if scheme == "mqtts":
        raise ValueError(
            "mqtts:// is not played to: the hub is on this machine, so nothing leaves it and its "
            "plain port will do; give mqtt:// with the port of NACHTWACHT_MQTT_PORT"
        )
    if scheme != "mqtt" or not (at and colon and user and host) or not port.isdecimal():
        raise ValueError("give mqtt://ORGANISATION/GATEWAY:PASSWORD@HOST:PORT")
    if not 0 < int(port) < 65536:
        raise ValueError(f"{port} is no port; give one from 1 to 65535")
    return (host.strip("[]"), int(port)), unquote(user), unquote(password)


@dataclass(slots=True)
class AttachedHub:
    """A running hub that is not ours to start or kill; it is gone when `died` says so."""

    mqtt: tuple[str, int]
    url: str
    speed: float
    clock: LedClock
    runs: bool = True

    async def start(self, _: httpx.AsyncClient) -> None:
        """It runs already."""

    def kill(self) -> None:
        """It is somebody else's, and stays."""

    def died(self) -> str:
        """Nobody here can see its process."""
        return ""

    def errors(self) -> list[str]:
        """Its log is where whoever started it keeps it."""
        return []

    def waited(self) -> int:
        """Not seen from here, as its log is not."""
        return 0


async def attach(place: Place, store: Store, http: httpx.AsyncClient) -> AttachedHub:
    """Find out that this is a rehearsal hub on this database, with nobody in it.

    Raises HubFailed, whose message says what to do; nothing was said to the hub then.
    """
    nonce = uuid4()
    try:
        async with at_the_door(place.mqtt, place.user, place.password, f"rehearsal-{nonce}"):
            said = await _says_so(place, http, nonce)
            async with store.transaction() as uow:
                if not await uow.mqtt_sessions.is_connected(f"rehearsal-{nonce}"):
                    raise HubFailed(
                        f"the hub at {place.named} does not work in the database of "
                        "NACHTWACHT_DATABASE_URL; set it to the one that hub was started with"
                    )
                await _has_nobody(uow)
    except NotLetIn as error:
        raise HubFailed(
            f"{place.user} is not let in at {place.named}: {error}. Start the rehearsal hub, or "
            f"make the account with `nachtwacht gateway add {place.user} --adapters native`"
        ) from error
    return AttachedHub(place.mqtt, place.pages, said["speed"], LedClock(Path(said["clock"])))


async def _says_so(place: Place, http: httpx.AsyncClient, nonce: UUID) -> Mapping[str, Any]:
    try:
        answer = await http.get(f"{place.pages}/rehearsal/{nonce}")
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise HubFailed(
            f"no pages answer at {place.pages}; name those of the hub with --pages"
        ) from error
    said = answer.json() if answer.status_code == 200 else {}
    if said.get("rehearsal") is not True:
        raise HubFailed(f"the hub at {place.pages} is no rehearsal hub, and {NOT_ONE}")
    if not said["at_the_door"]:
        raise HubFailed(
            f"{place.named} is not the front door of the rehearsal hub at {place.pages}, and "
            f"{NOT_ONE}. Where it is one, name its pages with --pages"
        )
    if not _can_be_led(said["clock"]):
        raise HubFailed(
            f"the clock of the hub at {place.pages} cannot be led from here: it must be a "
            "`nachtwacht serve` on this machine, not a demo"
        )
    return said


def _can_be_led(clock: str) -> bool:
    return bool(clock) and Path(clock).exists()


async def _has_nobody(uow: UnitOfWork) -> None:
    """What a rehearsal that was killed left there is nobody."""
    clients = await uow.db.execute(sa.select(t.clients.c.id, t.clients.c.external_id))
    if any(one.id != known("client", one.external_id) for one in clients):
        raise HubFailed(
            "clients live in that hub's database, and a night begins by emptying it: give the "
            "rehearsal hub a database of its own"
        )


@asynccontextmanager
async def alone_on(database: str) -> AsyncIterator[None]:
    """Be the only one who plays on this database while inside; HubFailed when somebody else does.

    Whoever is killed has let go of it, as their connection is gone.
    """
    async with await psycopg.AsyncConnection.connect(plain_url(database), autocommit=True) as held:
        taken = await (await held.execute("SELECT pg_try_advisory_lock(%s)", (PLAYED,))).fetchone()
        if taken != (True,):
            raise HubFailed(
                "another night is being played on that hub, and two would wake each other's "
                "people; wait until it is over, or give this one a hub of its own"
            )
        yield


@asynccontextmanager
async def furnished(store: Store, hub: AttachedHub, account: str) -> AsyncIterator[None]:
    """Empty the hub but for the account; what was put there meanwhile is gone again on leaving."""
    await _forget(store, account)
    try:
        yield
    finally:
        await _forget(store, account)
        hub.clock.set(system_clock(), hub.speed)


async def _forget(store: Store, account: str) -> None:
    async def work(uow: UnitOfWork) -> None:
        organisation, _, gateway = account.partition("/")
        owner = sa.select(t.organisations.c.id).where(t.organisations.c.external_id == organisation)
        own = t.gateways.c.organisation_id.in_(owner) & (t.gateways.c.external_id == gateway)
        mine = sa.select(t.gateways.c.id).where(own)
        kept = {
            t.organisations: t.organisations.c.id.in_(owner),
            t.gateways: own,
            t.mqtt_sessions: t.mqtt_sessions.c.gateway_id.in_(mine),
        }
        await uow.db.execute(t.organisations.update().values(backup_contact_id=None))
        await uow.db.execute(t.gateways.update().values(home_id=None))
        for table in reversed(metadata.sorted_tables):
            if table not in STAYS:
                gone = table.delete()
                await uow.db.execute(gone.where(~kept[table]) if table in kept else gone)
        await uow.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "registry due outbox board")))

    await store.retried(work)
