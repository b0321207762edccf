"""The hub's own failure is an alarm somewhere else: a sign of life that stays away."""

from datetime import timedelta

from hub.upkeep.watchdog import EVERY, Watchdog
from tests.hub.house import MINUTE, House

WATCHER = "http://watcher.test/hub"


async def test_a_sign_of_life_goes_out_each_half_minute(house: House) -> None:
    watchdog = Watchdog(house.store, house.telephones.send, WATCHER)
    assert await watchdog.step(house.now) == house.now + EVERY
    assert [call.url for call in house.telephones.calls] == [WATCHER]


async def test_it_stays_away_while_an_alert_is_overdue(house: House) -> None:
    await house.press()
    house.now += 5 * MINUTE  # nobody swept
    watchdog = Watchdog(house.store, house.telephones.send, WATCHER)
    await watchdog.step(house.now)
    assert house.telephones.calls == []
    await house.quiet()
    house.telephones.calls.clear()
    await watchdog.step(house.now + timedelta(seconds=1))
    assert [call.url for call in house.telephones.calls] == [WATCHER]


async def test_a_watcher_that_does_not_answer_stops_nothing(house: House) -> None:
    house.telephones.away = True
    watchdog = Watchdog(house.store, house.telephones.send, WATCHER)
    assert await watchdog.step(house.now) == house.now + EVERY
