"""How far the clock of a live night may leap, as read in the database of a hub that rests."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from hub.clock import LedClock
from hub.rehearsal.listening import Listening
from hub.rehearsal.live_look import in_the_hub
from hub.rehearsal.live_stage import Exchange, LedStage
from hub.store.ripenings import Ripening
from hub.store.unit_of_work import Store
from hub.waiting.supervision import LATEST
from simulators.night_file import find
from simulators.night_reading import load
from tests.hub.house import furnish, known, open_house

NIGHT = load(find("quiet"))
NOW = NIGHT.start.astimezone(UTC)
WAITED_FOR_AT = NOW + timedelta(hours=1)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A hub's database in which nobody has a limit of silence."""
    store = open_house(database_url)
    await furnish(store)
    yield store
    await store.close()


@pytest.fixture
async def exchange(store: Store, tmp_path: Path) -> AsyncIterator[Exchange]:
    """Telephones that nobody rings."""
    async with httpx.AsyncClient() as http:
        stage = LedStage(LedClock(tmp_path / "clock"), 1.0, http)
        yield Exchange(NIGHT, stage, Starlette(), Listening(store, NIGHT, lambda: NOW, b""))


async def leaps_to(store: Store, exchange: Exchange, what: str, due_at: datetime) -> datetime:
    """Where the clock may go while the hub waits for one thing only."""
    async with store.transaction() as uow:
        waiting = Ripening(known("zorg"), known("anna"), what, {}, due_at)
        await uow.ripenings.put([waiting])
    _, upcoming, _ = await in_the_hub(store, exchange, NOW, NOW)
    assert upcoming is not None
    return upcoming


@pytest.mark.parametrize("what", ["doses", "lifestyle"])
async def test_the_clock_leaps_over_no_note_of_listening_while_silence_is_waited_for(
    what: str, store: Store, exchange: Exchange
) -> None:
    assert await leaps_to(store, exchange, what, WAITED_FOR_AT) == NOW + LATEST


async def test_the_clock_leaps_over_notes_of_listening_that_nobody_asks_for(
    store: Store, exchange: Exchange
) -> None:
    assert await leaps_to(store, exchange, "hold:zone", WAITED_FOR_AT) == WAITED_FOR_AT


async def test_silence_that_counts_after_the_night_holds_no_clock(
    store: Store, exchange: Exchange
) -> None:
    afterwards = NIGHT.end + timedelta(hours=1)
    assert await leaps_to(store, exchange, "doses", afterwards) == afterwards
