"""Every built-in adapter on the whole road: over MQTT, over a restart, in any order."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from hub.sources.mqtt.packets import Puback, Publish
from hub.store import tables as t
from tests.hub.house import MINUTE, House, known
from tests.hub.incoming.test_time_and_order_properties import PROPERTY, afresh, deliveries
from tests.hub.posting import posting_at
from tests.hub.sessions.hotel import a_hub
from tests.hub.vendors import GATEWAY, OF_A_STATE, VENDORS, Vendor, fresh, hang_up

EXIT_LASTS = 2 * MINUTE  # a tracker that says so once is believed after that
FEW = settings(PROPERTY, max_examples=6)
ADDRESSES = {
    "thethingsstack": "v3/zorg@ttn/devices/sos-1/up",
    "chirpstack": "events?event=up",
    "owntracks": "client-7/telefoon",
    "traccar": "events",
    "milesight": "radar",
}
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda one: str(one.adapter))
EVERYTHING = (*VENDORS, *OF_A_STATE)


async def test_what_each_sends_over_mqtt_raises_its_own_alert_for_its_own_client(
    house: House, database_url: str
) -> None:
    await hang_up(house, *EVERYTHING)
    async with a_hub(house, database_url, GATEWAY) as hub:
        caller, _ = await hub.lets_in()
        for number, one in enumerate(EVERYTHING, start=1):
            caller.send(Publish(one.address, one.payload(number, house.now), 1, number))
            assert await caller.receive() == Puback(number)
    await house.passes(EXIT_LASTS)
    events = await house.rows(sa.select(t.events).where(t.events.c.alert_id.is_not(None)))
    told = sorted((one.adapter, one.kind) for one in events)
    assert told == sorted((one.adapter, one.kind) for one in EVERYTHING)
    assert {alert.client_ids[0] for alert in await house.alerts()} == {known("anne")}
    groups = {"body", "away", "alarm.smoke"}
    assert {alert.emergency for alert in await house.alerts()} == groups


async def test_what_servers_post_to_the_addresses_of_their_pages_raises_the_same_alerts(
    house: House,
) -> None:
    """A webhook with variables filled in, one address for all devices, a query behind it."""
    posted = {one.adapter: one for one in VENDORS if one.adapter in ADDRESSES}
    await hang_up(house, *posted.values())
    await house.changes(sa.update(t.gateways).values(adapters=sorted(posted)))
    async with posting_at(house) as posting:
        for name, address in ADDRESSES.items():
            body = posted[name].payload(1, house.now)
            answer = await posting.post(body, f"/in/zorg/gw1/{name}/{address}")
            assert (answer.status_code, answer.json()["outcome"]) == (202, "decoded")
    await house.passes(EXIT_LASTS)
    told = await house.rows(sa.select(t.events.c.adapter, t.events.c.kind))
    assert sorted(map(tuple, told)) == sorted((name, one.kind) for name, one in posted.items())


@pytest.mark.parametrize("vendor", EVERYTHING, ids=lambda one: f"{one.adapter} {one.kind}")
async def test_after_a_restart_what_a_broker_kept_rings_nothing_and_the_next_press_once(
    house: House, vendor: Vendor
) -> None:
    await hang_up(house, vendor)
    await happens(house, vendor, 1)
    kept = vendor.payload(1, house.now)
    await house.passes(EXIT_LASTS)
    first = await house.only_alert()
    await house.resolves(first)
    house.now += 10 * MINUTE
    house.reader = fresh(house)
    await house.receives(vendor.address, kept, principal=GATEWAY, replayed=True)
    assert await house.only_alert() == first
    await happens(house, vendor, 2)
    await house.passes(EXIT_LASTS)
    assert [alert.kind for alert in await house.alerts()] == [vendor.kind] * 2


async def happens(house: House, vendor: Vendor, number: int) -> None:
    """It happens at this moment, and is told live."""
    if vendor.over is not None:
        await house.receives(vendor.address, vendor.over(number, house.now), principal=GATEWAY)
    await house.receives(vendor.address, vendor.payload(number, house.now), principal=GATEWAY)


@every_vendor
@given(order=deliveries)
@FEW
async def test_in_any_order_late_or_twice_the_same_has_happened(
    house: House, vendor: Vendor, order: Sequence[tuple[int, timedelta]]
) -> None:
    await afresh(house)
    await house.changes(sa.delete(t.devices).where(t.devices.c.adapter == vendor.adapter))
    await hang_up(house, vendor)
    began = house.now
    said = [vendor.payload(n, began + n * timedelta(seconds=20)) for n in range(5)]
    for number, delay in [*order, *((number, timedelta()) for number in range(5))]:
        house.now += delay
        await house.receives(vendor.address, said[number], principal=GATEWAY)
    await house.passes(EXIT_LASTS)
    told = t.events.c.kind == vendor.kind
    events = await house.rows(sa.select(t.events.c.alert_id).where(told))
    assert len(events) == len(said)
    alerts = [alert.id for alert in await house.alerts() if alert.kind == vendor.kind]
    assert {one.alert_id for one in events} == set(alerts)
    assert len(alerts) == 1
