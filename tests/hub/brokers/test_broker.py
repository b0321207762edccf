"""An outside broker, a real one: what it hands over is stored before it hears "yes"."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.sources.broker import LIMITS
from hub.sources.broker_wire import Wire
from hub.sources.door_terms import Refusal
from hub.store import tables as t
from tests.conftest import connected
from tests.hub.brokers.listening import listening, stored, until
from tests.hub.brokers.outside import EVERY_SORT, PASSWORD, gateway, outside
from tests.hub.house import House, known

PRESS = json.dumps({"kind": "alarm.button"})
PENDANT = "in/zorg/gw1/native/pendant-1"
every_sort = pytest.mark.parametrize("sort", EVERY_SORT)
ENDED = sa.text("'-infinity'")
mosquitto = pytest.mark.parametrize("sort", EVERY_SORT[:1])
nats = pytest.mark.parametrize("sort", EVERY_SORT[1:])

# NATS gives again what was left with it only after three seconds, so it is given room.
ROOMS = [
    pytest.param(*EVERY_SORT[one].values, room, marks=EVERY_SORT[one].marks)
    for one, room in ((0, 10), (0, 1000), (1, 1000))
]


@every_sort
async def test_a_press_through_an_outside_broker_opens_an_alert(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker()):
            gw1.says(PENDANT, PRESS)
            (message,) = await stored(house.store, 1)
        (alert,) = await house.alerts()
    assert (message.source, message.topic, message.replayed) == ("broker", PENDANT, False)
    assert alert.kind == "alarm.button"


@every_sort
async def test_what_was_said_while_no_hub_listened_comes_in_order_and_live(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker()):
            pass
        for number in range(30):
            gw1.says(PENDANT, json.dumps({"kind": "presence.heartbeat", "seq": number}))
        async with listening(house.store, broker.broker()):
            messages = await stored(house.store, 30)
    said = [json.loads(one.payload)["seq"] for one in messages]
    assert sorted(said) == list(range(30))
    assert not any(one.replayed for one in messages)


@every_sort
async def test_a_retained_message_is_marked_as_replayed_and_comes_once(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        gw1.says(PENDANT, PRESS, retain=True)
        for _ in range(3):  # each time a hub starts again, it finds its session there
            async with listening(house.store, broker.broker()):
                message, *again = await stored(house.store, 1)
    (alert,) = await house.alerts()
    assert message.replayed
    assert "replayed" in (await opened(house, alert.id))["marks"]
    # NATS may give what it did not see answered once more, under another packet id.
    assert sort == "nats" or not again


@every_sort
async def test_a_gateway_writes_under_its_own_name_only_and_reads_nothing(
    sort: str, house: House, tmp_path: Path
) -> None:
    with (
        outside(sort, tmp_path) as broker,
        gateway(broker.port) as gw1,
        gateway(broker.port, "zorg/elders") as other,
    ):
        assert other.there.wait(10)
        other.client.subscribe("in/#", qos=1)
        async with listening(house.store, broker.broker()):
            other.publish(PENDANT, PRESS)
            gw1.says(PENDANT, json.dumps({"kind": "presence.heartbeat"}))
            (message,) = await stored(house.store, 1)
    assert json.loads(message.payload)["kind"] == "presence.heartbeat"
    assert other.heard == []
    assert await house.alerts() == []


@mosquitto
async def test_a_gateway_that_is_not_registered_is_refused_and_told_of(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port, "zorg/elders") as stranger:
        async with listening(house.store, broker.broker()):
            stranger.says("in/zorg/elders/native/p1", PRESS)
            (message,) = await stored(house.store, 1)
            await until_alerts(house, 1)
    (alert,) = await house.alerts()
    assert message.outcome == "refused"
    assert "'zorg/elders' is not registered" in message.reason
    assert alert.kind == "technical.undecodable"


@mosquitto
async def test_a_vendor_s_own_broker_speaks_for_one_gateway_with_one_adapter(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as vendor:
        fixed = broker.broker(subscribe=["in/+/+/v3/#"], gateway="gw1", adapter="native")
        async with listening(house.store, fixed):
            vendor.says("in/zorg/gw1/v3/pendant-1", PRESS)
            (message,) = await stored(house.store, 1)
    assert message.topic == "in/zorg/gw1/native/in/zorg/gw1/v3/pendant-1"
    assert (message.gateway_id, message.adapter) == (known("gateway"), "native")


@mosquitto
async def test_poison_is_stored_and_holds_up_nothing(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker()) as source:
            for payload in (b"\xff\0", b"", b"[" * 60_000, b"x" * 70_000):
                gw1.says(PENDANT, payload)
            gw1.says(PENDANT, PRESS)
            messages = await stored(house.store, 5)
            await until(lambda: source.counters.acknowledged == 5, "a yes to all")
    outcomes = [one.outcome for one in messages]
    assert outcomes.count("decoded") == 1
    assert set(outcomes) == {"decoded", "rejected"}


@mosquitto
@pytest.mark.parametrize("properties", ["260005efbbbf6b7600000176", "0102", "030003efbbbf"])
async def test_properties_that_a_broker_lets_through_hold_up_nothing(
    sort: str, properties: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker:
        async with listening(house.store, broker.broker()):
            by_hand(broker.port, bytes.fromhex(properties), PRESS.encode())
            by_hand(broker.port, b"", PRESS.encode())
            messages = await stored(house.store, 2)
    assert [one.payload for one in messages] == [PRESS.encode()] * 2
    assert {one.outcome for one in messages} == {"decoded"}


@mosquitto
async def test_nothing_is_acknowledged_before_the_commit(
    sort: str, house: House, tmp_path: Path, database_url: str
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker()) as source:
            gw1.says(PENDANT, json.dumps({"kind": "presence.heartbeat"}))
            await until(lambda: source.counters.acknowledged == 1, "the way is open")
            with locked(database_url, "clients"):
                gw1.says(PENDANT, PRESS)
                await until(lambda: source.counters.withheld == 1, "the press is with the hub")
                assert source.counters.acknowledged == 1
            await until(lambda: source.counters.acknowledged == 2, "yes after the commit")
    assert len(await house.alerts()) == 1


@pytest.mark.parametrize(("sort", "room"), ROOMS)
async def test_an_outage_of_the_database_loses_nothing_and_holds_no_more_than_there_is_room(
    sort: str, room: int, house: House, tmp_path: Path, database_url: str
) -> None:
    few = replace(LIMITS, unacknowledged=room)
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker(), limits=few) as source:
            with locked(database_url, "organisations"):
                for number in range(60):
                    gw1.says(PENDANT, json.dumps({"kind": "presence.heartbeat", "seq": number}))
                full = min(room, 60)
                await until(lambda: source.counters.withheld >= full, "the hub is full")
                assert source.counters.acknowledged == 0
                assert source.counters.withheld == full
            await until(lambda: source.counters.acknowledged >= 60, "a yes to all")
            said: set[int] = set()
            while said != set(range(60)):
                messages = await stored(house.store, len(said) + 1)
                said = {json.loads(one.payload)["seq"] for one in messages}


@every_sort
async def test_a_broker_that_was_killed_is_found_again_and_loses_nothing_it_wrote(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker()) as source:
            gw1.says(PENDANT, PRESS)
            await stored(house.store, 1)
            broker.kill()
            await until(lambda: not source.connected, "the hub notices")
            broker.start()
            await until(lambda: source.connected, "connected again")
            gw1.publish(PENDANT, PRESS)
            await stored(house.store, 2)
    assert len(await house.alerts()) == 1


@every_sort
async def test_a_session_without_its_subscription_is_subscribed_again(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        wire = Wire(broker.broker(), lambda _: None)
        await wire.open()
        wire.close()
        async with listening(house.store, broker.broker()):
            gw1.says(PENDANT, PRESS)
            await stored(house.store, 1)


@mosquitto
async def test_a_broker_that_forgot_what_it_kept_for_us_is_told_of(
    sort: str, house: House, tmp_path: Path
) -> None:
    reported: list[Refusal] = []
    with outside(sort, tmp_path) as broker:
        async with listening(house.store, broker.broker(), reported=reported) as source:
            assert reported == []  # a first session is no news
            broker.kill()
            (broker.folder / "mosquitto.db").unlink(missing_ok=True)
            await until(lambda: not source.connected, "the hub notices")
            broker.start()
            await until(lambda: source.connected, "connected again")
            assert reported == [Refusal.FORGOTTEN]
            with gateway(broker.port) as gw1:  # it is subscribed once more
                gw1.says(PENDANT, PRESS)
                await stored(house.store, 1)


@mosquitto
async def test_another_hub_takes_over_when_the_first_one_goes(
    sort: str, house: House, tmp_path: Path
) -> None:
    with outside(sort, tmp_path) as broker, gateway(broker.port) as gw1:
        async with listening(house.store, broker.broker(), "hub-a") as first:
            async with listening(house.store, broker.broker(), "hub-b", connected=False) as second:
                await house.changes(sa.update(t.broker_sessions).values(expires_at=ENDED))
                await until(lambda: second.connected, "taken over")
                await until(lambda: not first.holds, "the first one notices")
                gw1.says(PENDANT, PRESS)
                await stored(house.store, 1)
            await until(lambda: first.connected, "back at the first")
            gw1.says(PENDANT, PRESS)
            await stored(house.store, 2)


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Hold every row of a table for as long as the block lasts, so that nothing can be stored."""
    with connected(url) as connection, connection.transaction():
        connection.execute(f"SELECT 1 FROM {table} FOR UPDATE".encode())
        yield


def by_hand(port: int, properties: bytes, payload: bytes) -> None:
    """Publish what no library would: MQTT 5.0, byte by byte."""
    user, password, name = b"zorg/gw1", PASSWORD.encode(), b"by hand"
    connect = text(b"MQTT") + b"\x05\xc2\x00\x3c\x00" + text(name) + text(user) + text(password)
    publish = text(PENDANT.encode()) + b"\x00\x01" + bytes([len(properties)]) + properties + payload
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        for first, body in ((0x10, connect), (0x32, publish)):
            wire.sendall(bytes([first, len(body)]) + body)
            assert wire.recv(1000)


def text(said: bytes) -> bytes:
    return len(said).to_bytes(2, "big") + said


async def opened(house: House, alert_id: Any) -> Any:
    asked = sa.select(t.journal.c.facts).where(
        t.journal.c.alert_id == alert_id, t.journal.c.what == "opened"
    )
    return (await house.rows(asked))[0].facts


async def until_alerts(house: House, count: int) -> None:
    async def enough() -> bool:
        return len(await house.alerts()) >= count

    for _ in range(500):
        if await enough():
            return
    raise AssertionError(f"no {count} alerts")
