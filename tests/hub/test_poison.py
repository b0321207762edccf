"""One broken message in a batch: only the culprit is rejected, and nobody overlooks it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from types import SimpleNamespace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapters.contract import Binding, Decoded, Edge, Inbound, Kind, Outcome
from hub.intake import Intake, store_alarms
from hub.reading import Heard, Reader
from hub.sources.arrival import Arrival, Principal, Receipt
from hub.store import tables as t
from tests.hub.house import House, known
from tests.hub.staging import begun, held, said

MAKER = Principal(known("gateway"), known("zorg"), "zorg", "gw1", frozenset({"maker"}))
HOW_MANY, CULPRIT = 20, 7
HANG_UP = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def identify(inbound: Inbound) -> str:
    return inbound.topic


def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """A stranger's adapter: what the database cannot hold, or no answer at all."""
    said = json.loads(inbound.payload)
    value = {"note": "\0" if said == "unstorable" else str(said)}
    if said == "broken":
        raise ZeroDivisionError
    return Decoded((Edge(binding.device, Kind.BUTTON, value=value),))


@pytest.fixture
async def intake(house: House) -> AsyncIterator[Intake]:
    """An intake with a stranger's adapter, twenty of whose devices are registered."""
    made = SimpleNamespace(identify=identify, decode=decode)
    intake = Intake(house.store, house.store, Reader(house.store, {"maker": made}, uuid4))
    rows = [
        {"id": known(f"maker-{one}"), "organisation_id": known("zorg"), "external_id": f"m-{one}",
         "gateway_id": known("gateway"), "adapter": "maker", "key": f"m-{one}", "role": "pendant"}
        for one in range(HOW_MANY)
    ]  # fmt: skip
    await house.changes(sa.insert(t.devices).values(rows))
    running = asyncio.create_task(intake.run())
    yield intake
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def heard(house: House, intake: Intake, worst: str) -> Sequence[Heard]:
    said = [worst if one == CULPRIT else "pressed" for one in range(HOW_MANY)]
    return [await intake.reader.hear(arrival(house, one, what)) for one, what in enumerate(said)]


def arrival(house: House, device: int, said: str) -> Arrival:
    topic = f"in/zorg/gw1/maker/m-{device}"
    return Arrival(MAKER, topic, json.dumps(said).encode(), qos=1, received_at=house.now)


async def outcomes(house: House) -> dict[str, str]:
    rows = await house.rows(sa.select(t.messages.c.topic, t.messages.c.outcome))
    return {row.topic.rpartition("/")[2]: row.outcome for row in rows}


def only_the_culprit(outcomes: dict[str, str]) -> bool:
    rejected = [topic for topic, outcome in outcomes.items() if outcome == "rejected"]
    return len(outcomes) == HOW_MANY and rejected == [f"m-{CULPRIT}"]


@pytest.mark.parametrize("worst", ["unstorable", "broken"])
async def test_of_twenty_alarms_only_the_broken_one_is_rejected_and_it_still_calls(
    house: House, intake: Intake, worst: str
) -> None:
    await store_alarms(house.store, await heard(house, intake, worst))
    assert only_the_culprit(await outcomes(house))
    kinds = [(one.kind, one.priority) for one in await house.alerts()]
    assert kinds.count(("alarm.button", "P1")) == HOW_MANY - 1
    assert kinds.count(("technical.undecodable", "P2")) == 1


async def test_a_hub_says_yes_to_all_of_them_once_they_are_stored(
    house: House, intake: Intake
) -> None:
    said = ["unstorable" if one == CULPRIT else "pressed" for one in range(HOW_MANY)]
    async with asyncio.timeout(10):
        receipts = await asyncio.gather(
            *(intake.take_in(arrival(house, one, what)) for one, what in enumerate(said))
        )
    assert set(receipts) == {Receipt.STORED}
    assert only_the_culprit(await outcomes(house))


async def test_a_press_of_somebody_about_whom_nothing_can_be_decided_is_kept_and_calls(
    house: House,
) -> None:
    no_moment = sa.text("UPDATE clients SET care_ended_at = 'infinity'")  # Python has none such
    await house.changes(no_moment)
    await house.press()
    assert await outcomes(house) == {"pendant-1": "quarantined"}
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "P2")
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"


async def test_a_connection_that_is_lost_is_never_taken_for_a_broken_message(
    house: House,
) -> None:
    heard = await house.reader.hear(said(house, "alarm.button"))
    async with held(house.store, t.homes):
        storing = await begun(house.store, store_alarms(house.store, [heard]))
        await house.rows(HANG_UP)
    with pytest.raises(ConnectionError):
        await storing
    assert await outcomes(house) == {}
    await store_alarms(house.store, [heard])
    assert await outcomes(house) == {"pendant-1": "decoded"}


async def test_a_connection_that_is_lost_is_never_taken_for_a_stuck_alert(house: House) -> None:
    await house.press()
    (alert,) = await house.alerts()
    house.now = alert.due_at
    async with held(house.store, t.organisations):
        climbing = await begun(house.store, house.sweep.step(house.now))
        await house.rows(HANG_UP)
    with pytest.raises(ConnectionError):
        await climbing
    await house.quiet()
    assert (await house.journal(alert.id)).count("due") == 1
    assert "stuck" not in await house.journal(alert.id)
