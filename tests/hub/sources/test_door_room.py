"""Too many at the door: who is let in, and who goes for it."""

import asyncio

from hub.sources.door_terms import Refusal
from hub.sources.mqtt.packets import Connect, Disconnect, Version
from hub.sources.mqtt.reasons import Reason
from tests.hub.sources.front_door import GATEWAY, Caller, House, limits, open_house, press, yes

OLD, NEW = Version.V311, Version.V5


async def come_in(house: House, count: int, user_name: str = "zorg/gw1") -> list[Caller]:
    callers = []
    for number in range(count):
        caller = await Caller.dial(house, NEW)
        hello = Connect(NEW, f"c{number}", user_name=user_name, password=b"secret")
        assert (await caller.introduce(hello)).reason is Reason.SUCCESS
        callers.append(caller)
    return callers


async def speaks_later(caller: Caller) -> None:
    """Be heard at a later moment than all before; uvloop's clock counts milliseconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() == began:
        assert await caller.has_heard_nothing()
    assert await caller.has_heard_nothing()


async def test_who_says_nothing_makes_room_for_who_comes_after() -> None:
    house = await open_house(limits(connections=3))
    silent = [await Caller.dial(house, OLD) for _ in range(3)]
    (first,) = await come_in(house, 1)
    (second,) = await come_in(house, 1, "zorg/gw2")
    assert [await caller.hung_up_on() for caller in silent[:2]] == [None, None]
    first.send(press(1))
    assert await first.receive() == yes(1)
    assert await second.has_heard_nothing()
    assert house.door.counters.turned_away == 0
    await house.close()


async def test_a_gateway_that_is_in_makes_room_for_no_stranger() -> None:
    house = await open_house(limits(connections=1))
    (inside,) = await come_in(house, 1)
    late = await Caller.dial(house, OLD)
    assert await late.hung_up_on() is None
    assert await inside.has_heard_nothing()
    assert (house.door.counters.connections, house.door.counters.turned_away) == (1, 1)
    await house.close()


async def test_of_one_gateway_the_longest_silent_goes_and_people_are_told() -> None:
    house = await open_house(limits(connections_of_a_gateway=3))
    callers = await come_in(house, 3)
    for spoke in (1, 0, 2):
        await speaks_later(callers[spoke])
    (neighbour,) = await come_in(house, 1, "zorg/gw2")
    caller = await Caller.dial(house, NEW)
    assert (await caller.introduce(client_id="one more")).reason is Reason.SUCCESS
    assert await callers[1].hung_up_on() == Disconnect(Reason.QUOTA_EXCEEDED)
    assert house.refused == [(GATEWAY, Refusal.CONNECTIONS)]
    for other in (callers[0], callers[2], neighbour, caller):
        assert await other.has_heard_nothing()
    await house.close()


async def test_a_take_over_is_no_connection_more() -> None:
    house = await open_house(limits(connections_of_a_gateway=1))
    await come_in(house, 1)
    (again,) = await come_in(house, 1)
    assert await again.has_heard_nothing()
    assert house.refused == []
    await house.close()


async def test_one_address_has_so_many_and_they_are_given_back() -> None:
    house = await open_house(limits(connections_of_an_address=2))
    first, second = await come_in(house, 2)
    third = await Caller.dial(house, OLD)
    assert await third.hung_up_on() is None
    assert house.door.counters.turned_away == 1
    first.send(Disconnect())
    assert await first.receive() is None
    assert await second.has_heard_nothing()  # and by now the door has seen the first go
    (fourth,) = await come_in(house, 1, "zorg/gw2")
    assert await fourth.has_heard_nothing()
    await house.close()


async def test_when_all_are_gone_nobody_is_remembered() -> None:
    house = await open_house(limits())
    await come_in(house, 5)
    for _ in range(5):
        await Caller.dial(house, OLD)
    await house.close()
    room = house.door._shared.room
    kept = room.everybody, room._strangers, room._inside, dict(room._addresses)
    assert kept == ({}, {}, {}, {})
