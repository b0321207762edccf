"""A will is taken in once its client is lost, and not when only a hub was."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import Disconnect, Version, Will
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason
from hub.store import tables as t
from hub.store.mqtt_sessions import Closing
from tests.hub.house import House, known
from tests.hub.sessions.hotel import (
    PENDANT,
    Hub,
    breaks_off,
    later,
    says_goodbye,
    sessions,
    stored,
)
from tests.hub.sources.front_door import Caller

OLD, NEW = Version.V311, Version.V5
LOST = json.dumps({"kind": "alarm.button"}).encode()
GRACE = Limits().will_grace


def last_will(delay: int = 0, topic: str = PENDANT) -> Will:
    said = Properties({Property.WILL_DELAY_INTERVAL: delay}) if delay else Properties()
    return Will(topic, LOST, 1, properties=said)


async def is_lost(caller: Caller, hub: Hub) -> None:
    """The network is gone, and the hub has noticed."""
    await breaks_off(caller)
    await hub.has_let_go()


async def passes(house: House, *hubs: Hub, seconds: int) -> None:
    """Time passes, and these hubs go round each four seconds of it."""
    for _ in range(0, seconds, 4):
        later(house, seconds=4)
        for hub in hubs:
            await hub.goes_round()


async def dies(house: House, hub: Hub) -> None:
    """A hub was killed: it was not seen for a minute, and its connections stay where they are."""
    ours = t.mqtt_hubs.c.id == hub.rounds.sessions.hub_id
    seen = t.mqtt_hubs.c.seen_at - timedelta(minutes=1)
    await house.changes(sa.update(t.mqtt_hubs).where(ours).values(seen_at=seen))


@pytest.mark.parametrize("version", [OLD, NEW])
async def test_a_will_is_a_message_of_its_gateway_once_the_client_is_lost(
    house: House, hub: Hub, version: Version
) -> None:
    caller, _ = await hub.lets_in(version=version, will=last_will())
    await hub.goes_round()
    assert await stored(house) == []
    await is_lost(caller, hub)
    await hub.goes_round()
    assert await stored(house) == [("will", LOST)]
    assert len(await house.alerts()) == 1
    later(house, hours=1)
    await hub.goes_round()
    assert len(await stored(house)) == 1


@pytest.mark.parametrize("reason", [Reason.SUCCESS, Reason.DISCONNECT_WITH_WILL])
async def test_who_says_goodbye_has_no_will_unless_they_want_it(
    house: House, hub: Hub, reason: Reason
) -> None:
    caller, _ = await hub.lets_in(will=last_will())
    await says_goodbye(caller, Disconnect(reason))
    await hub.goes_round()
    assert len(await stored(house)) == (reason is not Reason.SUCCESS)


async def test_a_client_that_is_back_before_its_delay_has_no_will(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in(will=last_will(delay=60))
    await is_lost(caller, hub)
    later(house, seconds=59)
    await hub.goes_round()
    caller, _ = await hub.lets_in()
    later(house, seconds=60)
    await hub.goes_round()
    assert await stored(house) == []


async def test_a_will_comes_with_the_end_of_its_session_at_the_latest(
    house: House, hub: Hub
) -> None:
    caller, _ = await hub.lets_in(expiry=10, will=last_will(delay=3600))
    await is_lost(caller, hub)
    later(house, seconds=9)
    await hub.goes_round()
    assert await stored(house) == []
    later(house, seconds=1)
    await hub.goes_round()
    assert len(await stored(house)) == 1


async def test_a_will_outside_the_gateways_topics_is_refused(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in(will=last_will(topic="in/zorg/gw2/native/p"))
    await is_lost(caller, hub)
    await hub.goes_round()
    rows = await house.rows(sa.select(t.messages))
    assert [(row.source, row.outcome) for row in rows] == [("will", "refused")]


async def test_the_will_of_a_disabled_gateway_is_dropped(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in(will=last_will(delay=60))
    await is_lost(caller, hub)
    gateway = t.gateways.c.id == known("gateway")
    await house.changes(sa.update(t.gateways).where(gateway).values(disabled_at=house.now))
    later(house, seconds=60)
    await hub.goes_round()
    assert await stored(house) == []
    assert [row.will_due_at for row in await sessions(house)] == [None]


async def test_taking_over_a_connection_is_no_loss(house: House, hub: Hub, other: Hub) -> None:
    await hub.lets_in(will=last_will())
    await other.lets_in(will=last_will())
    await passes(house, hub, other, seconds=60)
    assert await stored(house) == []


@pytest.mark.parametrize("seconds", [31, 3600])
async def test_a_will_that_was_half_done_is_taken_in_once(
    house: House, hub: Hub, other: Hub, seconds: int
) -> None:
    caller, _ = await hub.lets_in(will=last_will())
    await is_lost(caller, hub)
    due = await hub.wills._claim(house.now)
    assert await other.wills._claim(house.now) == []
    await hub.wills._take_in(due[0], house.now)  # and is killed before it notes that
    later(house, seconds=seconds)
    await other.goes_round()
    assert len(await stored(house)) == 1
    assert [row.will for row in await sessions(house)] == [None]


async def test_a_hub_that_stops_gives_its_clients_time_to_come_back(
    house: House, hub: Hub, other: Hub
) -> None:
    await hub.lets_in("back", will=last_will())
    await hub.lets_in("gone", will=last_will())
    await hub.door.close()
    await hub.rounds.end()
    await other.goes_round()
    await other.lets_in("back", will=last_will())
    await passes(house, other, seconds=28)
    assert await stored(house) == []
    await passes(house, other, seconds=4)
    assert len(await stored(house)) == 1


async def test_a_hub_that_dies_swallows_no_will_and_lets_none_loose_that_is_not_needed(
    house: House, hub: Hub, other: Hub
) -> None:
    await hub.lets_in("back", will=last_will())
    await hub.lets_in("gone", will=last_will())
    await dies(house, hub)
    await passes(house, other, seconds=12)
    assert {row.hub_id for row in await sessions(house)} == {hub.rounds.sessions.hub_id}
    await passes(house, other, seconds=4)
    assert {row.hub_id for row in await sessions(house)} == {None}
    _, answer = await other.lets_in("back", will=last_will())
    assert answer.session_present
    await passes(house, other, seconds=int(GRACE.total_seconds()))
    assert len(await stored(house)) == 1


@pytest.mark.parametrize("ending", ["dies", "stops"])
async def test_a_session_does_not_remember_for_ever_whom_it_was_taken_over_from(
    house: House, hub: Hub, other: Hub, ending: str
) -> None:
    await hub.lets_in()
    await other.lets_in()
    assert [row.former for row in await sessions(house)] == [[hub.rounds.sessions.hub_id]]
    if ending == "dies":
        await dies(house, hub)
    else:
        await hub.rounds.end()
    await passes(house, other, seconds=16)
    assert [row.former for row in await sessions(house)] == [[]]


async def test_a_hub_given_up_for_lost_takes_its_connections_back(
    house: House, hub: Hub, other: Hub
) -> None:
    stays, _ = await hub.lets_in("stays", will=last_will())
    moves, _ = await hub.lets_in("moves", will=last_will())
    await dies(house, hub)
    await passes(house, other, seconds=16)
    await other.lets_in("moves", will=last_will())
    await passes(house, hub, other, seconds=60)
    assert await stays.has_heard_nothing()
    assert isinstance(await moves.hung_up_on(), Disconnect)
    assert await stored(house) == []
    later(house, hours=2)
    assert (await other.lets_in("stays"))[1].session_present


async def test_who_is_lost_while_the_database_is_away_has_time_to_come_back(
    house: House, hub: Hub
) -> None:
    caller, _ = await hub.lets_in(will=last_will())
    (mine,) = hub.door.mine()
    hub.rounds.sessions._ended[
        Closing(mine.gateway_id, "c1", 1, timedelta(hours=1), timedelta(), house.now)
    ] = None
    later(house, minutes=5)
    await hub.goes_round()
    later(house, seconds=29)
    await hub.goes_round()
    assert await stored(house) == []
    later(house, seconds=1)
    await hub.goes_round()
    assert len(await stored(house)) == 1
    assert await caller.has_heard_nothing()


async def test_after_an_outage_of_the_database_no_hub_is_given_up_for_lost(
    house: House, hub: Hub, other: Hub
) -> None:
    caller, _ = await hub.lets_in(will=last_will())
    await passes(house, hub, other, seconds=16)
    await dies(house, hub)  # neither hub could say that it is alive
    later(house, minutes=1)
    await other.goes_round()
    await hub.goes_round()
    await passes(house, hub, other, seconds=60)
    assert await caller.has_heard_nothing()
    assert await stored(house) == []
