"""What is remembered of the registry is never what was there before somebody changed it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.store.remembered import TRUSTED_FOR, Remembered

NOW = datetime(2026, 1, 12, 22, 0, tzinfo=UTC)


class Registry:
    """A registry that answers when it is told to, with what was there when it was asked."""

    def __init__(self) -> None:
        self.there: str | None = "old"
        self.asked = 0
        self.asks, self.answers = asyncio.Event(), asyncio.Event()
        self.breaks = False

    async def look_up(self, _: str) -> str | None:
        """What was there at the moment of asking."""
        found, self.asked = self.there, self.asked + 1
        self.asks.set()
        await self.answers.wait()
        if self.breaks:
            raise ConnectionError
        return found


async def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    registry = Registry()
    remembered = Remembered(registry.look_up, most=10)
    asking = [asyncio.create_task(remembered.find("gw1", NOW)) for _ in range(3)]
    await registry.asks.wait()
    asking[0].cancel()
    registry.answers.set()
    assert await asyncio.gather(*asking[1:]) == ["old", "old"]
    assert await remembered.find("gw1", NOW + TRUSTED_FOR - timedelta(seconds=1)) == "old"
    assert registry.asked == 1
    await remembered.find("gw1", NOW + TRUSTED_FOR)
    assert registry.asked == 2


async def test_what_was_on_its_way_when_the_registry_changed_is_given_to_nobody_after() -> None:
    registry = Registry()
    remembered = Remembered(registry.look_up, most=10)
    order: list[str | None] = []

    async def ask() -> None:
        order.append(await remembered.find("gw1", NOW))

    before = asyncio.create_task(ask())
    await registry.asks.wait()
    registry.there = "new"
    remembered.forget()
    after = [asyncio.create_task(ask()) for _ in range(2)]
    await asyncio.sleep(0)
    registry.answers.set()
    await asyncio.gather(before, *after)
    assert order == ["old", "new", "new"]
    assert await remembered.find("gw1", NOW) == "new"
    assert registry.asked == 2


async def test_no_answer_is_raised_to_all_who_asked_and_not_remembered() -> None:
    registry = Registry()
    registry.breaks = True
    registry.answers.set()
    remembered = Remembered(registry.look_up, most=10)
    asking = (remembered.find("gw1", NOW) for _ in range(2))
    said = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(one) for one in said] == [ConnectionError] * 2
    with pytest.raises(ConnectionError):
        await remembered.find("gw1", NOW)
    registry.breaks = False
    assert await remembered.find("gw1", NOW) == "old"


async def test_only_so_many_are_remembered_and_only_what_is_worth_it() -> None:
    registry = Registry()
    registry.answers.set()
    remembered = Remembered(registry.look_up, most=2, keeps=lambda found: found is not None)
    for name in ("gw1", "gw2", "gw3", "gw3"):
        await remembered.find(name, NOW)
    assert registry.asked == 3
    await remembered.find("gw1", NOW)
    assert registry.asked == 4
    registry.there = None
    for _ in range(2):
        assert await remembered.find("gw4", NOW) is None
    assert registry.asked == 6
