"""The date to talk about an agreement again: work for the team when it has come, once."""

from datetime import date, timedelta

import sqlalchemy as sa

from escalation.model import Level
from hub.plans.room import Room
from hub.store import tables as t
from tests.hub.house import House
from tests.hub.plans.test_plans import CONSENT, agrees
from tests.hub.plans.test_proving import hit, proves, room

__all__ = ["room"]

TODAY = date(2026, 1, 12)  # of the house


async def evaluates(house: House, day: date) -> None:
    """The team writes down when they talk about it."""
    (row,) = await house.rows(sa.select(t.agreements.c.body))
    consent = {"consent": CONSENT | {"evaluate_on": str(day)}}
    await house.changes(sa.update(t.agreements).values(body=row.body | consent))


async def work(house: House, room: Room) -> list[str]:
    """What stands on the board of it, after a night's proof."""
    await hit(house, "anne")
    await proves(house, room)
    open_ones = [one for one in await house.alerts() if one.resolved_at is None]
    return [one.explanation for one in open_ones if one.kind == "plan.review"]


async def test_the_day_it_comes_it_is_work_and_no_sooner(house: House, room: Room) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    await evaluates(house, TODAY + timedelta(days=1))
    assert await work(house, room) == []
    house.now += timedelta(days=1)
    (told,) = await work(house, room)
    assert "“alles, altijd”" in told
    assert "13-01-2026" in told
    assert await work(house, room) == [told]


async def test_a_new_date_takes_it_off_the_board_and_it_comes_back_then(
    house: House, room: Room
) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    await evaluates(house, TODAY)
    assert len(await work(house, room)) == 1
    await evaluates(house, TODAY + timedelta(days=30))
    assert await work(house, room) == []
    house.now += timedelta(days=30)
    assert len(await work(house, room)) == 1


async def test_what_nobody_follows_any_more_needs_no_talk(house: House, room: Room) -> None:
    await agrees(house, "own", Level.OWN_TEAM, Level.CARE_CENTRE)
    await evaluates(house, TODAY)
    ended = sa.func.tstzrange(house.now - timedelta(days=9), house.now - timedelta(days=1))
    await house.changes(sa.update(t.agreements).values(valid=ended))
    assert await work(house, room) == []
