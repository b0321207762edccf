"""The live board: read and rendered once for everybody of one organisation, then handed out.

A screen always gets the whole board, so a missed message heals itself. A read that fails leaves
the last board standing with its age, and the screens say how old it is.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from escalation.model import Lane
from hub.access.viewer import Viewer
from hub.clock import Clock
from hub.contain import without_its_text
from hub.feed import Feed
from hub.screen.board_view import board_view
from hub.screen.looks import Looks, shown_on
from hub.screen.pages import render
from hub.store.board import Board, Desk, read_board
from hub.store.unit_of_work import Store
from hub.words.times import zone

log = logging.getLogger(__name__)

MOST_PER_SECOND = 5  # boards sent
AT_ONCE = 3  # of these, after a quiet second: the next press need not wait for the last one's board
MOST_LOOKS = 20  # and reads that may turn out to hold nothing new
LOOK_ANYWAY = 1.0
READ_WITHIN = 5.0
HEARTBEAT = 5.0

Scope = tuple[UUID, Lane]


@dataclass(frozen=True, slots=True)
class Tabs:
    """The counters of the tabs, and how many troubled messages nobody has seen."""

    alarm: int
    queue: int
    trend: int
    troubles: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One read of the board with what surrounds it."""

    board: Board
    desk: Desk
    tabs: Tabs


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendered board. `read_at` is on this process's own steady clock, for its age."""

    revision: int
    html: str
    tabs: Tabs
    read_at: float
    shown: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a screen is sent: a picture when it is new, else only a sign of life."""

    picture: Picture | None
    age: float


@dataclass
class _Show:
    viewers: int = 0
    picture: Picture | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Pace:
    """Spaces what happens `interval` seconds apart on average; after a rest, a few come sooner."""

    interval: float
    at_once: int
    _free_at: float = float("-inf")

    def pause(self, now: float) -> float:
        """Count one that happened at `now`; seconds until the next may."""
        rested = now - (self.at_once - 1) * self.interval
        self._free_at = max(self._free_at, rested) + self.interval
        return max(self._free_at - now, 0.0)


async def read(store: Store, viewer: Viewer, lane: Lane, clock: Clock) -> Reading:
    """Read one tab of the board for a viewer, in one snapshot of the database."""
    now = clock()
    async with store.transaction(viewer) as uow:
        board = await read_board(uow.db, viewer, lane, now)
    counts = board.counts
    in_all = counts.alarm_claimed + counts.alarm_unclaimed
    tabs = Tabs(in_all, counts.queue, counts.trends, counts.troubles)
    return Reading(board, board.desk, tabs)


class Boards:
    """Every board somebody looks at. `close` ends all streams, so that a shutdown can go on."""

    def __init__(self, store: Store, feed: Feed, clock: Clock) -> None:
        self.store, self.feed, self.clock = store, feed, clock
        self.looks = Looks(store, clock)
        self.closing = asyncio.Event()
        self._shows: dict[Scope, _Show] = {}

    def close(self) -> None:
        """End every stream; a stream opened later ends at once."""
        self.closing.set()

    async def watch(self, viewer: Viewer, lane: Lane) -> AsyncGenerator[Sent, None]:
        """Yield the board now, whenever it changes, and at least a sign of life each 5 s."""
        scope = (viewer.organisation_id, lane)
        show = self._shows.setdefault(scope, _Show())
        show.viewers += 1
        if show.task is None:
            show.task = asyncio.create_task(self._run(scope, viewer, show))
        try:
            last: Picture | None = None
            while not self.closing.is_set():
                picture = await self._next(show, last)
                if self.closing.is_set():
                    return
                fresh = picture if _is_new(picture, last) else None
                last = picture or last
                yield Sent(fresh, _age(picture))
        finally:
            show.viewers -= 1
            await self._leave(scope, show)

    async def _next(self, show: _Show, last: Picture | None) -> Picture | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT), show.changed:
                await show.changed.wait_for(
                    lambda: self.closing.is_set() or _is_new(show.picture, last)
                )
        return show.picture

    async def _leave(self, scope: Scope, show: _Show) -> None:
        if show.viewers or show.task is None:
            return
        show.task.cancel()
        show.task = None
        if self._shows.get(scope) is show:
            del self._shows[scope]

    async def _run(self, scope: Scope, viewer: Viewer, show: _Show) -> None:
        bell, pace = self.feed.bell("board"), Pace(1 / MOST_PER_SECOND, AT_ONCE)
        try:
            while not self.closing.is_set():
                news = await self._look(scope, viewer, show)
                pause = pace.pause(asyncio.get_running_loop().time()) if news else 0.0
                await asyncio.sleep(max(pause, 1 / MOST_LOOKS))
                await bell.wait(LOOK_ANYWAY)
        finally:
            bell.close()
            async with show.changed:
                show.changed.notify_all()

    async def _look(self, scope: Scope, viewer: Viewer, show: _Show) -> bool:
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(READ_WITHIN):
                reading = await read(self.store, viewer, scope[1], self.clock)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            facts = {"organisation": str(scope[0]), **without_its_text(error)}
            log.warning("board not read", extra=facts)
            return False
        before = show.picture
        if before is not None and reading.board.revision < before.revision:
            return False
        html = fragment(reading, scope[1], self.clock)
        async with show.changed:
            shown = shown_on(reading.board)
            show.picture = Picture(reading.board.revision, html, reading.tabs, began, shown)
            news = before is None or before.html != html
            if news:
                show.changed.notify_all()
        return news


def _is_new(picture: Picture | None, last: Picture | None) -> bool:
    return picture is not None and (last is None or picture.html != last.html)


def _age(picture: Picture | None) -> float:
    if picture is None:
        return -1.0
    return asyncio.get_running_loop().time() - picture.read_at


def fragment(reading: Reading, lane: Lane, clock: Clock) -> str:
    """Render the lists of a board without anything of one viewer or one second in it."""
    local = zone(reading.desk.time_zone)
    total = reading.tabs.queue if lane is Lane.QUEUE else None
    return render(
        "board_lists.html",
        view=board_view(reading.board, local, clock(), total),
        tab=lane.value,
        troubles=reading.tabs.troubles,
        me=None,
        now=None,
        local=local,
    )
