"""Subscribers at the front door: delivered from their own cursor, at their own speed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import paho.mqtt.client as paho
import pytest
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion

from hub.access.secrets import Purpose, keyed_hash
from hub.sources.mqtt.packets import (
    Disconnect,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsubscribe,
    Version,
)
from hub.sources.mqtt.properties import Property
from hub.sources.mqtt.reasons import Reason
from hub.store import tables as t
from hub.store.journal import Line
from tests.hub.house import House, known
from tests.hub.out.listener import EVERYTHING, PATIENCE, PEPPER, Client, Hub, close, open_hub
from tests.hub.out.stream import number, read, types


@pytest.fixture
async def hub(house: House, database_url: str) -> AsyncIterator[Hub]:
    secret = keyed_hash(PEPPER, Purpose.GATEWAY, "secret")
    await house.changes(sa.update(t.gateways).values(secret_hash=secret))
    await house.changes(
        sa.insert(t.gateways).values(
            id=known("record"),
            organisation_id=known("zorg"),
            external_id="record",
            secret_hash=secret,
            adapters=[],
            listens=True,
        )
    )
    opened = await open_hub(house, database_url)
    yield opened
    await close(opened)


@pytest.fixture(params=list(Version), ids=["3.1.1", "5.0"])
def version(request: pytest.FixtureRequest) -> Version:
    return Version(request.param)


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_subscriber_hears_what_happens_from_then_on(
    hub: Hub, version: Version, qos: int
) -> None:
    await hub.tells("pendant-2")
    client = await Client.inside(hub, version)
    assert await client.subscribes(qos=qos) == qos
    events = await hub.tells()
    heard = [await client.told() for _ in events]
    assert [json.loads(one.payload) for one in heard] == events
    assert [one.topic for one in heard] == [
        f"out/zorg/alerts/{event['subject']}/{word}"
        for event, word in zip(events, types(events), strict=True)
    ]
    assert {(one.qos, one.retain, one.duplicate) for one in heard} == {(qos, False, False)}
    if version is Version.V5:
        kind = heard[0].properties.text(Property.CONTENT_TYPE)
        assert kind == "application/cloudevents+json"


async def test_a_narrower_filter_hears_less_and_an_unsubscribed_one_nothing(
    hub: Hub, version: Version
) -> None:
    client = await Client.inside(hub, version)
    await client.subscribes("out/zorg/alerts/+/rang")
    await hub.tells()
    assert (await client.told()).topic.endswith("/rang")
    client.send(Unsubscribe(8, ("out/zorg/alerts/+/rang",)))
    await client.receive()
    await hub.tells("pendant-2")
    await client.hears_nothing()


async def test_a_subscriber_hears_by_number_what_it_subscribed_to_after_a_restart_too(
    hub: Hub, house: House, database_url: str
) -> None:
    client = await Client.inside(hub, Version.V5, stored=True)
    await client.subscribes(numbered=268_435_455)
    await client.subscribes("out/zorg/alerts/+/opened", numbered=2)
    await client.subscribes("out/zorg/alerts/+/rang")
    await hub.tells()
    heard = {(one := await client.told()).topic.rpartition("/")[2]: one for _ in range(2)}
    numbers = {word: one.properties.subscriptions for word, one in heard.items()}
    assert numbers == {"opened": (268_435_455, 2), "rang": (268_435_455,)}
    client.send(Disconnect())
    await client.hangs_up()
    await hub.streams.finish()
    other = await open_hub(house, database_url)
    client = await Client.inside(other, Version.V5, stored=True)
    await other.tells("pendant-2")
    assert (await client.told()).properties.subscriptions == (268_435_455, 2)
    await close(other)


async def test_another_organisations_events_are_refused(hub: Hub, version: Version) -> None:
    client = await Client.inside(hub, version)
    refused = Reason.NOT_AUTHORIZED if version is Version.V5 else Reason.UNSPECIFIED_ERROR
    assert await client.subscribes("out/nacht/#") == refused
    assert await client.subscribes("out/#") == refused
    assert await client.subscribes("zigbee2mqtt/#") == Reason.GRANTED_QOS_1
    await hub.tells()
    await client.hears_nothing()


async def test_a_gateway_is_granted_and_never_hears_anything(hub: Hub, version: Version) -> None:
    gateway = await Client.inside(hub, version, "zorg/gw1")
    assert await gateway.subscribes() == Reason.GRANTED_QOS_1
    await hub.tells()
    await gateway.hears_nothing()


async def test_no_more_is_sent_than_the_client_can_hold(hub: Hub) -> None:
    client = await Client.inside(hub, Version.V5, receive_maximum=2)
    await client.subscribes()
    events = await hub.tells("pendant-1") + await hub.tells("pendant-2")
    first, second = await client.told(yes=False), await client.told(yes=False)
    await client.hears_nothing()
    for one in (first, second):
        assert one.packet_id is not None
        client.send(Puback(one.packet_id))
    heard = [first, second, *[await client.told() for _ in events[2:]]]
    assert [json.loads(one.payload) for one in heard] == events


async def test_what_was_missed_is_delivered_once_the_session_is_back(
    hub: Hub, version: Version
) -> None:
    client = await Client.inside(hub, version, stored=True)
    await client.subscribes()
    first = await hub.tells()
    heard = [await client.told() for _ in first]
    client.send(Disconnect())
    await client.hangs_up()
    await hub.streams.finish()
    missed = await hub.tells("pendant-2")
    client = await Client.inside(hub, version, stored=True)
    assert client.resumed
    again = [await client.told() for _ in missed]
    assert [json.loads(one.payload) for one in heard + again] == first + missed
    assert {one.duplicate for one in again} == {False}


async def test_what_was_not_acknowledged_comes_again_with_its_id_and_dup(
    hub: Hub, version: Version, house: House, database_url: str
) -> None:
    """On another hub: what a session knows is in the database."""
    client = await Client.inside(hub, version, stored=True)
    await client.subscribes()
    events = await hub.tells()
    heard = [await client.told(yes=False) for _ in events]
    client.send(Puback(heard[0].packet_id or 0))
    client.send(Disconnect())
    await client.hangs_up()
    await hub.streams.finish()
    other = await open_hub(house, database_url)
    client = await Client.inside(other, version, stored=True)
    again = [await client.told() for _ in events[1:]]
    assert [one.payload for one in again] == [one.payload for one in heard[1:]]
    assert [one.packet_id for one in again] == [one.packet_id for one in heard[1:]]
    assert {one.duplicate for one in again} == {True}
    await client.hears_nothing()
    await close(other)


async def test_a_clean_start_begins_at_the_present(hub: Hub, version: Version) -> None:
    client = await Client.inside(hub, version, stored=True)
    await client.subscribes()
    await client.hangs_up()
    await hub.streams.finish()
    await hub.tells("pendant-2")
    client = await Client.inside(hub, version)
    await client.subscribes()
    events = await hub.tells()
    assert json.loads((await client.told()).payload) == events[0]


async def test_who_missed_too_much_is_told_what_to_fetch(hub: Hub, version: Version) -> None:
    hub.streams.most_missed = 3
    client = await Client.inside(hub, version, stored=True)
    await client.subscribes()
    await client.hangs_up()
    await hub.streams.finish()
    missed = await hub.tells("pendant-1") + await hub.tells("pendant-2")
    assert len(missed) > 3
    client = await Client.inside(hub, version, stored=True)
    gap = await client.told()
    event = json.loads(gap.payload)
    assert gap.topic == "out/zorg/gap"
    assert event["type"] == "nl.nachtwacht.stream.gap"
    fetched = await read(hub.house, after=int(event["data"]["after"]))
    assert fetched == missed
    later = await hub.tells("pendant-3")
    assert json.loads((await client.told()).payload) == later[0]


async def test_who_was_away_for_longer_than_events_are_kept_is_told(
    hub: Hub, version: Version
) -> None:
    client = await Client.inside(hub, version, stored=True)
    await client.subscribes()
    await client.hangs_up()
    await hub.streams.finish()
    await hub.tells("pendant-2")
    async with hub.house.store.transaction() as uow:
        await uow.db.execute(sa.update(t.out_streams).values(forgotten=t.out_streams.c.position))
    client = await Client.inside(hub, version, stored=True)
    assert (await client.told()).topic == "out/zorg/gap"


async def test_a_subscriber_that_does_not_read_costs_no_memory_and_delays_nobody(
    hub: Hub,
) -> None:
    deaf = await Client.inside(hub, Version.V5, client_id="deaf")
    good = await Client.inside(hub, Version.V5, client_id="good")
    await deaf.subscribes()
    await good.subscribes()
    alert_id = UUID((await hub.tells())[0]["subject"])
    async with hub.house.store.transaction() as uow:
        lines = [Line("stuck")] * 300
        await uow.journal.write(known("zorg"), alert_id, lines, hub.house.now)
    await number(hub.house)
    hub.streams.feed.changed("out")
    total = len(await read(hub.house))
    assert len({(await good.told()).payload for _ in range(total)}) == total
    for _ in range(64):
        await deaf.told(yes=False)
    await deaf.hears_nothing()


async def test_who_listens_and_publishes_is_told_what_to_do_instead(hub: Hub) -> None:
    client = await Client.inside(hub, Version.V5)
    client.send(Publish("in/zorg/record/native/p1", b"{}", 1, 7))
    answer = await client.receive()
    assert isinstance(answer, Puback)
    said = answer.properties.text(Property.REASON_STRING)
    assert "subscribe under out/zorg/" in said


async def test_paho_subscribes_as_it_would_anywhere(hub: Hub) -> None:
    loop, heard = asyncio.get_running_loop(), asyncio.Queue[Any]()
    subscribed = asyncio.Event()
    client: Any = paho.Client(CallbackAPIVersion.VERSION2, "paho", protocol=paho.MQTTv5)
    client.username_pw_set("zorg/record", "secret")
    client.on_connect = lambda *_: client.subscribe(EVERYTHING, qos=1)
    client.on_subscribe = lambda *_: loop.call_soon_threadsafe(subscribed.set)
    client.on_message = lambda _c, _u, message: loop.call_soon_threadsafe(
        heard.put_nowait, message.payload
    )
    await asyncio.to_thread(client.connect, "127.0.0.1", hub.port)
    client.loop_start()
    try:
        async with asyncio.timeout(PATIENCE):
            await subscribed.wait()
            events = await hub.tells()
            assert [json.loads(await heard.get()) for _ in events] == events
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


async def test_who_asks_more_at_once_than_anybody_needs_is_shown_out(hub: Hub) -> None:
    client = await Client.inside(hub, Version.V5)
    for packet_id in range(1, 200):
        client.send(Subscribe(packet_id, (Subscription(EVERYTHING, 1),)))
    while isinstance(said := await client.receive(), Suback):
        continue
    assert isinstance(said, Disconnect)
    assert said.reason is Reason.QUOTA_EXCEEDED
