"""What is lost at the front door, or too large to read, is work that people see."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from escalation.model import Lane
from hub.serving.refusals import Refusals
from hub.sources.arrival import Principal
from hub.sources.door_terms import Refusal
from hub.store import tables as t
from hub.store.board import read_board
from hub.store.troubles import list_troubles
from tests.hub.house import PRINCIPAL, House, known, viewer

HOUR = timedelta(hours=1)
OTHER = Principal(known("gateway-2"), known("zorg"), "zorg", "gw2", frozenset({"native"}))


def refusals(house: House) -> Refusals:
    return Refusals(house.store, lambda: house.now, uuid4)


async def kept(house: House, door: Refusals, why: Refusal, times: int = 1) -> None:
    """The door refuses so many times, and all that was reported is stored."""
    for _ in range(times):
        door.report(PRINCIPAL, why)
    while not door._waiting.empty():
        assert await door.keep(*door._waiting.get_nowait())


async def refused(house: House) -> list[str]:
    rows = await house.rows(sa.select(t.messages.c.reason).where(t.messages.c.outcome == "refused"))
    return sorted(row.reason for row in rows)


@pytest.mark.parametrize("why", list(Refusal))
async def test_a_loss_at_the_door_is_a_row_with_its_reason_and_work_on_the_board(
    house: House, why: Refusal
) -> None:
    await kept(house, refusals(house), why)
    async with house.store.transaction(viewer()) as uow:
        board = await read_board(uow.db, viewer(), Lane.ALARM, house.now)
        (trouble,) = await list_troubles(uow.db, viewer(), house.now)
    assert board.counts.troubles == 1
    assert (trouble.outcome, trouble.gateway, trouble.topic) == ("refused", "gw1", "in/zorg/gw1/")
    assert trouble.reason.startswith(f"{why}: ")
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority, alert.lane) == ("technical.undecodable", "T", "queue")


async def test_a_gateway_that_comes_back_for_ever_is_told_of_once_an_hour(house: House) -> None:
    door = refusals(house)
    await kept(house, door, Refusal.MALFORMED, times=50)
    await kept(house, refusals(house), Refusal.MALFORMED)  # another hub, or after a restart
    assert len(await refused(house)) == 1
    house.now += HOUR
    await kept(house, door, Refusal.MALFORMED)
    assert len(await refused(house)) == 2
    assert len(await house.alerts()) == 1


async def test_each_reason_is_a_row_and_one_alert_holds_them_all(house: House) -> None:
    door = refusals(house)
    for why in Refusal:
        await kept(house, door, why)
    assert len(await refused(house)) == len(Refusal)
    assert len(await house.alerts()) == 1


async def test_only_so_many_reports_wait_while_the_database_is_away(house: House) -> None:
    door = refusals(house)
    for number in range(1500):
        gateway = Principal(UUID(int=number), known("zorg"), "zorg", "gw", frozenset())
        door.report(gateway, Refusal.OVERFLOW)
    assert door._waiting.qsize() == 1000


async def test_administration_that_is_too_large_is_read_past_without_a_word(house: House) -> None:
    for topic in ("bridge/definitions", "zigbee2mqtt/bridge/devices"):
        await house.receives(f"in/zorg/gw1/zigbee2mqtt/{topic}", b'[{"ieee', discarded=99_993)
    rows = await house.rows(sa.select(t.messages))
    assert {(row.outcome, row.reason) for row in rows} == {
        ("ignored", "administration, and too large to be read")
    }
    assert await house.alerts() == []


async def test_a_device_that_is_named_as_administration_is_heard_all_the_same(
    house: House,
) -> None:
    await house.receives("in/zorg/gw1/zigbee2mqtt/hal/bridge/devices", b"{", discarded=99_993)
    (alert,) = await house.alerts()
    assert alert.kind == "technical.undecodable"


async def test_an_event_of_a_bridge_that_is_too_large_is_kept_by_its_topic_and_told_of_once(
    house: House,
) -> None:
    topic = "in/zorg/gw1/zigbee2mqtt/bridge/event"
    for _ in range(3):  # at every restart of Zigbee2MQTT
        await house.receives(topic, b'[{"ieee', discarded=99_993)
    rows = await house.rows(sa.select(t.messages))
    assert {(row.outcome, row.topic, bytes(row.payload)) for row in rows} == {
        ("rejected", topic, b'[{"ieee')
    }
    assert rows[0].reason == "too_large: 100000 bytes, at most 65536; send it in parts"
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "T")


async def test_a_message_too_large_to_read_from_a_pendant_may_be_a_call_for_help(
    house: House,
) -> None:
    beginning = json.dumps({"kind": "alarm.button", "seq": 1}).encode()  # never trusted
    heard = await house.receives("in/zorg/gw1/native/pendant-1", beginning, discarded=100_000)
    assert heard.device is not None
    assert heard.readings == ()
    (alert,) = await house.alerts()
    assert (alert.kind, alert.priority) == ("technical.undecodable", "P2")


async def test_a_large_message_on_somebody_elses_topic_is_refused(house: House) -> None:
    await house.receives("in/zorg/gw2/native/p1", b"", discarded=100_000)
    assert await refused(house) == ["topic is outside in/zorg/gw1/#"]
    (alert,) = await house.alerts()
    assert (alert.lane, alert.gateway_id) == ("queue", known("gateway"))
