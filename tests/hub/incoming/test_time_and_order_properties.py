"""Whatever order one device's messages come in, and however often: the same occurrences."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from hub.store import tables as t
from tests.hub.house import EVENING, House

PROPERTY = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KINDS = ("alarm.button", "alarm.fall")
delays = some.integers(0, 90).map(lambda minutes: timedelta(minutes=minutes))
deliveries = some.lists(some.tuples(some.integers(0, 4), delays), min_size=1, max_size=10)


def presses(kinds: Sequence[str], *, dated: bool) -> list[dict[str, Any]]:
    """What a pendant says, a minute apart, each with its number and perhaps its moment."""
    return [
        {"kind": kind, "boot": "7f", "seq": number}
        | ({"at": (EVENING + timedelta(minutes=number)).isoformat()} if dated else {})
        for number, kind in enumerate(kinds)
    ]


async def told(house: House, said: Sequence[Any], order: Sequence[tuple[int, timedelta]]) -> None:
    """Deliver these messages in this order, as long after another; a later copy says so."""
    seen = set[int]()
    for number, delay in order:
        house.now += delay
        body = said[number % len(said)]
        topic = f"in/zorg/gw1/native/{'mains-1' if 'channel' in body else 'pendant-1'}"
        again = number % len(said) in seen
        await house.receives(topic, body, duplicate=again)
        seen.add(number % len(said))


async def afresh(house: House) -> None:
    """Empty the house of what came in."""
    async with house.store.transaction() as uow:
        for table in (
            t.device_states,
            t.message_keys,
            t.messages,
            t.events,
            t.journal,
            t.outbox,
            t.applied_triggers,
            t.alert_parties,
            t.custodies,
            t.links,
            t.alerts,
        ):
            await uow.db.execute(sa.delete(table))
    house.now = EVENING + timedelta(minutes=5)


@given(some.lists(some.sampled_from(KINDS), min_size=1, max_size=5), some.booleans(), deliveries)
@PROPERTY
async def test_presses_with_a_number_or_a_moment_happen_once_each_in_any_order(
    house: House, kinds: list[str], dated: bool, order: list[tuple[int, timedelta]]
) -> None:
    await afresh(house)
    said = presses(kinds, dated=dated)
    await told(house, said, [*order, *((number, timedelta()) for number in range(len(said)))])
    events = await house.rows(
        sa.select(t.events.c.kind, t.events.c.value["number"].as_integer().label("number")).where(
            t.events.c.kind.like("alarm.%")
        )
    )
    assert sorted((one.number, one.kind) for one in events) == list(enumerate(kinds))
    assert [one.emergency for one in await house.alerts()].count("body") == 1


@given(some.lists(some.booleans(), min_size=1, max_size=5), deliveries)
@PROPERTY
async def test_a_level_ends_as_its_newest_number_says_and_rings_if_it_was_ever_active(
    house: House, levels: list[bool], order: list[tuple[int, timedelta]]
) -> None:
    await afresh(house)
    said = [
        {"channel": "smoke", "active": active, "boot": "a", "seq": number}
        for number, active in enumerate(levels)
    ]
    await told(house, said, [*order, *((number, timedelta()) for number in range(len(said)))])
    (state,) = await house.rows(sa.select(t.device_states.c.active))
    assert state.active == levels[-1]
    assert [one.kind for one in await house.alerts()] == ["alarm.smoke"] * any(levels)
