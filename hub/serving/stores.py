"""The pools of connections of one hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from hub.feed import Feed
from hub.settings import Settings
from hub.store.unit_of_work import Store, open_store
from hub.store.url import sqlalchemy_url


@dataclass(frozen=True, slots=True)
class Stores:
    """One pool of connections per kind of work, so that none can starve another."""

    intake: Store
    bulk: Store
    work: Store
    deliver: Store
    pages: Store
    entrance: Store  # thousands of passwords to check at once must not hold up an alarm
    out: Store


@asynccontextmanager
async def open_stores(settings: Settings, url: str, feed: Feed) -> AsyncIterator[Stores]:
    """Open the pools; they are closed on leaving."""
    opened = partial(open_store, sqlalchemy_url(url), told=feed.changed)
    stores = Stores(
        intake=opened(size=settings.pool, statement_timeout=5),
        bulk=opened(size=2, statement_timeout=10),
        work=opened(size=settings.pool, statement_timeout=5),
        deliver=opened(size=settings.pool, statement_timeout=5),
        pages=opened(size=settings.pool, statement_timeout=5),
        entrance=opened(size=3, statement_timeout=5),
        out=opened(size=3, statement_timeout=5),
    )
    try:
        yield stores
    finally:
        for name in Stores.__slots__:
            await getattr(stores, name).close()
