"""The database as the rest of the hub sees it: a store that opens units of work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import psycopg
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.access.viewer import Viewer
from hub.store.access import Access
from hub.store.activations import Activations
from hub.store.alerts import Alerts
from hub.store.care import Care
from hub.store.devices import Devices
from hub.store.events import Events
from hub.store.gateways import Gateways
from hub.store.journal import Journal
from hub.store.links import Links
from hub.store.messages import Messages
from hub.store.modes import Modes
from hub.store.mqtt_hubs import MqttHubs
from hub.store.mqtt_packets import MqttPackets
from hub.store.mqtt_sessions import MqttSessions
from hub.store.out import Out
from hub.store.out_webhooks import Webhooks
from hub.store.outbox import Outbox
from hub.store.people import People
from hub.store.proofs import Proofs
from hub.store.registered import Registered
from hub.store.registry import Registry
from hub.store.ripenings import Ripenings
from hub.store.sharing import Sharings
from hub.store.straight import Straight
from hub.store.supervision import Supervision
from hub.store.suspects import Suspects

T = TypeVar("T")
Told = Callable[..., None]
TRIES = 3
LAST_SECONDS = 5.0
AGAIN = ("40001", "40P01")  # serialization_failure, deadlock_detected
ONE_OPEN = "uq_alerts_one_open"  # somebody else opened the alert meanwhile: it can be joined
# The server was stopped, is full or broken, or ended a session that was idle inside a transaction;
# or its tables are not this release's (no such table, no such column), or not ours to touch.
GONE = ("08", "25P03", "25P04", "42501", "42703", "42P01", "53", "57P", "58")
BUSY = (*AGAIN, "55", "57")  # a deadlock, a lock, a time-out; not 54, which is too large a row


def _nobody(*_topics: str) -> None:
    """Tell nobody."""


@asynccontextmanager
async def _in_one_family() -> AsyncIterator[None]:
    """Raise what psycopg says of a statement as SQLAlchemy does, so that all know one family.

    A cancellation stays one: when it comes while a statement fails, psycopg ends the connection,
    and what SQLAlchemy then says of that connection would take its place.
    """
    try:
        yield
    except (psycopg.Error, SQLAlchemyError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        if isinstance(error, psycopg.Error):
            raise DBAPIError.instance(None, None, error, psycopg.Error) from error
        raise


def lost(error: BaseException) -> bool:
    """Say whether the fault is the database's: it says nothing about what was being stored."""
    if isinstance(error, InterfaceError | NoConnectionFree | OSError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error)
    unreachable = not state and isinstance(error.orig, OperationalError)
    return error.connection_invalidated or unreachable or state.startswith(GONE)


def held(error: BaseException) -> bool:
    """Say whether somebody else held what was asked for: it can be asked for again."""
    return isinstance(error, DBAPIError) and _state(error).startswith((*AGAIN, "55P03"))


def away(error: BaseException) -> bool:
    """Say whether the database was lost or busy: a lock or a time-out is nobody's data either."""
    busy = isinstance(error, DBAPIError) and _state(error).startswith(BUSY)
    return lost(error) or busy


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _came_in_between(error: DBAPIError) -> bool:
    """Say whether others did something at the same moment, which is there to be read now."""
    broken = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None
    return _state(error) in AGAIN or broken == ONE_OPEN


class UnitOfWork:
    """One transaction. `viewer` is None for the hub's own workers, which may see everything."""

    def __init__(self, db: AsyncConnection, viewer: Viewer | None) -> None:
        self.db, self.viewer = db, viewer
        self.touched: set[str] = set()  # the feed's topics, told after the commit
        self.straight = straight = Straight(db)
        self.access = Access(db)
        self.activations = Activations(db)
        self.alerts = Alerts(db, straight, viewer)
        self.care = Care(db, straight)
        self.devices = Devices(db, straight)
        self.events = Events(db, straight)
        self.gateways = Gateways(db)
        self.journal = Journal(db, straight)
        self.links = Links(db)
        self.modes = Modes(db)
        self.mqtt_hubs = MqttHubs(db)
        self.mqtt_packets = MqttPackets(db)
        self.mqtt_sessions = MqttSessions(db)
        self.out = Out(db, straight)
        self.messages = Messages(db, straight, viewer)
        self.outbox = Outbox(db, straight)
        self.people = People(db)
        self.registered = Registered(db, straight)
        self.proofs = Proofs(db)
        self.registry = Registry(db, viewer)
        self.ripenings = Ripenings(db, straight)
        self.sharing = Sharings(db, viewer)
        self.supervision = Supervision(db)
        self.suspects = Suspects(db)
        self.webhooks = Webhooks(db, straight)


class Store:
    """Opens units of work on one pool of connections.

    `told` is called after a commit with the topics that were touched.
    """

    def __init__(self, engine: AsyncEngine, told: Told = _nobody) -> None:
        self.engine, self.told = engine, told
        self._inside, self._empty = 0, asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def transaction(self, viewer: Viewer | None = None) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work; leaving the block commits, an exception rolls back."""
        async with self._counted(), _in_one_family(), self.engine.begin() as db:
            uow = UnitOfWork(db, viewer)
            yield uow
        if uow.touched:
            self.told(*uow.touched)

    async def retried(
        self, work: Callable[[UnitOfWork], Awaitable[T]], viewer: Viewer | None = None
    ) -> T:
        """Run `work` in a transaction, again (three times in all) when others came in between."""
        for attempt in range(TRIES):
            try:
                async with self.transaction(viewer) as uow:
                    return await work(uow)
            except DBAPIError as error:
                if attempt == TRIES - 1 or not _came_in_between(error):
                    raise
            await asyncio.sleep(0)
        raise AssertionError

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    async def close(self) -> None:
        """Give every connection back to the server.

        Whoever was told to stop inside a transaction is given `LAST_SECONDS` to roll it back.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self._empty.wait()
        await self.engine.dispose()


def open_store(url: str, *, size: int, statement_timeout: float, told: Told = _nobody) -> Store:
    """Open a pool of `size` connections that can never hold a lock for long.

    A hub that stops inside a transaction would otherwise hide its alert for ever: the server
    ends such a session after 2 s. `statement_timeout` is in seconds.
    """
    options = {
        "idle_in_transaction_session_timeout": "2s",
        "lock_timeout": "1s",
        "statement_timeout": f"{int(statement_timeout * 1000)}ms",
        "timezone": "UTC",
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "jit": "off",
    }
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        pool_use_lifo=True,  # the one that was used last has its statements prepared
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            "keepalives_idle": 10,
            "prepare_threshold": 3,
            "connect_timeout": 5,
        },
    )
    return Store(engine, told)
