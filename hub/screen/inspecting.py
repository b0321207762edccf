"""The live list of messages: read again when something may have come, sent when it changed."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from hub.access.viewer import Viewer
from hub.contain import without_its_text
from hub.feed import Feed
from hub.screen.live import READ_WITHIN
from hub.store.inspection import Followed, Sought, follow
from hub.store.unit_of_work import Store

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # telemetry rings no bell
AT_MOST_EVERY = 0.25
HEARTBEAT = 5.0


@dataclass(frozen=True, slots=True)
class Sight:
    """The messages as they were last read, None when they are as before; `age` of that in s."""

    messages: Sequence[Followed] | None
    age: float


async def watch(
    store: Store, feed: Feed, viewer: Viewer, sought: Sought, closing: asyncio.Event
) -> AsyncGenerator[Sight, None]:
    """Yield the messages now, whenever they change, and at least a sign of life each 5 s."""
    loop, bell = asyncio.get_running_loop(), feed.bell("board")
    last: Sequence[Followed] | None = None
    read_at, told_at = float("-inf"), loop.time()
    try:
        while not closing.is_set():
            began = loop.time()
            found = await _read(store, viewer, sought)
            read_at = read_at if found is None else began
            if found is not None and found != last:
                last, told_at = found, loop.time()
                yield Sight(found, loop.time() - read_at)
            elif loop.time() - told_at >= HEARTBEAT:
                told_at = loop.time()
                yield Sight(None, loop.time() - read_at if last is not None else -1.0)
            await asyncio.sleep(AT_MOST_EVERY)
            await bell.wait(LOOK_EVERY - AT_MOST_EVERY)
    finally:
        bell.close()


async def _read(store: Store, viewer: Viewer, sought: Sought) -> Sequence[Followed] | None:
    try:
        async with asyncio.timeout(READ_WITHIN), store.transaction(viewer) as uow:
            return await follow(uow.db, viewer, sought)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("messages not read", extra=without_its_text(error))
        return None
