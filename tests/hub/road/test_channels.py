"""Channels fail alone: one that refuses, hangs or is gone delays nobody else's call."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapters.contract import Call
from hub.road.deliver import CLAIMED_FOR
from hub.store import tables as t
from tests.hub.house import House, known, open_house


class Hanging:
    """Telephones of which one never answers until it is let go."""

    def __init__(self, house: House, name: str) -> None:
        self.telephones, self.name = house.telephones, name
        self.free, self.tried = asyncio.Event(), list[str]()

    async def send(self, call: Call) -> tuple[int, bytes]:
        if call.url.endswith(self.name):
            self.tried.append(call.headers["Idempotency-Key"])
            await self.free.wait()
        return await self.telephones.send(call)


@pytest.fixture
async def hanging(house: House) -> AsyncIterator[Hanging]:
    """The night team's number hangs."""
    found = Hanging(house, "night")
    house.deliver.send = found.send
    yield found
    found.free.set()
    await house.deliver.finish()


async def outbox(house: House) -> list[tuple[str, str, int]]:
    rows = await house.rows(
        sa.select(t.outbox.c.address, t.outbox.c.state, t.outbox.c.attempts).order_by(
            t.outbox.c.address
        )
    )
    return [(row.address.rsplit("/", 1)[-1], row.state, row.attempts) for row in rows]


async def promised(house: House, *names: str) -> None:
    """Calls to these people that are due now."""
    await house.press()
    alert_id = await house.only_alert()
    rows = [
        {"id": uuid4(), "organisation_id": known("zorg"), "alert_id": alert_id,
         "contact_id": known(name), "way": "webhook", "address": f"http://people.test/{name}",
         "purpose": "warn", "why": "opened", "step": 0, "round": 1, "priority_rank": 1,
         "created_at": house.now, "due_at": house.now}
        for name in names
    ]  # fmt: skip
    await house.changes(sa.insert(t.outbox).values(rows))


async def test_an_address_that_hangs_holds_up_no_other_of_the_same_round(
    house: House, hanging: Hanging
) -> None:
    await promised(house, "night", "daughter")
    await house.deliver.step(house.now)
    assert house.called() == ["daughter"]
    assert await outbox(house) == [("daughter", "sent", 1), ("night", "waiting", 1)]


async def test_while_an_address_hangs_the_next_round_goes_out(
    house: House, hanging: Hanging
) -> None:
    await promised(house, "night")
    await house.deliver.step(house.now)
    await promised_again(house, "team")
    await house.deliver.step(house.now)
    assert house.called() == ["team"]
    hanging.free.set()
    await house.deliver.finish()
    assert await outbox(house) == [("night", "sent", 1), ("team", "sent", 1)]


async def promised_again(house: House, name: str) -> None:
    row = sa.select(t.outbox).limit(1)
    (first,) = await house.rows(row)
    more = {
        **first._mapping,
        "id": uuid4(),
        "contact_id": known(name),
        "address": f"http://people.test/{name}",
        "due_at": house.now,
        "attempts": 0,
    }
    await house.changes(sa.insert(t.outbox).values(more))


async def test_a_hub_that_dies_between_claim_and_answer_only_delays_the_call(
    house: House, hanging: Hanging, database_url: str
) -> None:
    await promised(house, "night")
    await house.deliver.step(house.now)  # the request is out, the answer never comes
    store = open_house(database_url)
    next_hub = House(store, house.now + CLAIMED_FOR)
    await next_hub.deliver.step(next_hub.now)
    (call,) = next_hub.telephones.calls
    assert [call.headers["Idempotency-Key"]] == hanging.tried
    assert await outbox(house) == [("night", "sent", 2)]
    await store.close()


async def test_an_answer_that_comes_after_another_hub_took_over_changes_nothing(
    house: House, hanging: Hanging, database_url: str
) -> None:
    await promised(house, "night")
    await house.deliver.step(house.now)
    store = open_house(database_url)
    next_hub = House(store, house.now + CLAIMED_FOR)
    await next_hub.deliver.step(next_hub.now)
    house.telephones.status["night"] = 503
    hanging.free.set()
    await house.deliver.finish()
    assert await outbox(house) == [("night", "sent", 2)]
    await store.close()


async def test_a_number_that_always_fails_delays_nobody_and_ends_as_unreachable(
    house: House,
) -> None:
    house.telephones.status["night"] = 500
    await promised(house, "night", "daughter")
    await house.deliver.step(house.now)
    assert await outbox(house) == [("daughter", "sent", 1), ("night", "waiting", 1)]
    while (upcoming := await house.deliver.step(house.now)) is not None:
        house.now = upcoming
    assert await outbox(house) == [("daughter", "sent", 1), ("night", "given_up", 8)]
    assert "unreachable" in await house.journal(await house.only_alert())


async def test_ladders_that_climb_faster_than_calls_go_out_pile_nothing_up(house: House) -> None:
    await house.press()
    house.workers = [one for one in house.workers if one.name != "deliver"]
    await house.passes(timedelta(minutes=30))
    waiting = [state for _, state, _ in await outbox(house) if state == "waiting"]
    assert len(waiting) == len({name for name, _, _ in await outbox(house)})


async def test_a_number_that_was_mended_is_called_though_the_old_one_still_waits(
    house: House,
) -> None:
    await house.press()
    house.workers = [one for one in house.workers if one.name != "deliver"]
    await house.passes(timedelta(minutes=30))
    ways = [{"way": "webhook", "address": "http://people.test/mended"}]
    await house.changes(
        sa.update(t.contacts).where(t.contacts.c.id == known("night")).values(ways=ways)
    )
    await house.passes(timedelta(minutes=30))
    assert {"night", "mended"} <= {name for name, _, _ in await outbox(house)}
