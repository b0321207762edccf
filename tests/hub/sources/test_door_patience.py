import asyncio
import socket
from datetime import timedelta

import pytest

from hub.sources.arrival import Arrival, Principal
from hub.sources.door_terms import Counters, Limits, Refusal
from hub.sources.door_wire import Wire
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connect, Disconnect, Pingreq, Pingresp, Puback, Version
from hub.sources.mqtt.reasons import Reason
from hub.sources.withheld import Withheld
from tests.hub.sources.front_door import (
    EVENING,
    GATEWAY,
    HASTY,
    PATIENCE,
    TOPIC,
    Caller,
    House,
    Intake,
    limits,
    open_house,
    press,
    yes,
)
from tests.hub.sources.fuzz import Victim

OLD, NEW = Version.V311, Version.V5
SOON = timedelta(milliseconds=20)


async def test_the_65th_unacknowledged_message_waits_and_pings_behind_it_do_not(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(*map(press, range(1, 67)), Pingreq(), press(67), Pingreq())
    assert len(await house.intake.called(64)) == 64
    assert await caller.receive_all(2) == [Pingresp(), Pingresp()]
    assert len(house.intake.arrivals) == 64
    house.intake.commit(slice(0, 1))
    assert await caller.receive() == yes(1)
    assert await house.intake.called() == [b"65"]


async def test_pings_are_answered_however_long_there_is_no_room(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(*map(press, range(1, 200)))
    for number in range(200, 210):
        assert await caller.has_heard_nothing()
        caller.send(press(number, b"x" * 10_000))
    assert await caller.has_heard_nothing()
    house.intake.withheld = False
    house.intake.commit()
    assert await caller.receive_all(209) == list(map(yes, range(1, 210)))
    assert house.door.counters.pending_bytes == 0


async def test_what_is_read_behind_a_message_without_room_is_bounded(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    (connection,) = house.door._shared.everybody
    caller.send(*(press(number, b"x" * 20_000) for number in range(1, 400)))
    await house.intake.called(50)
    other = await Caller.inside(house, version, "other")
    async with asyncio.timeout(PATIENCE):
        while len(connection.wire.buffer) < Limits().ahead_bytes:
            assert await other.has_heard_nothing()
    for _ in range(50):
        assert await other.has_heard_nothing()
    assert len(connection.wire.buffer) <= Limits().ahead_bytes + 64 * 1024
    house.intake.withheld = False
    house.intake.commit()
    assert await caller.receive_all(399) == list(map(yes, range(1, 400)))


async def test_with_64_unacknowledged_the_door_still_listens(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(*map(press, range(1, 65)))
    await house.intake.called(64)
    assert await caller.has_heard_nothing()
    assert await caller.has_heard_nothing()


async def test_thousands_of_messages_in_one_breath_are_all_answered_in_order(
    house: House, version: Version
) -> None:
    caller = await Caller.inside(house, version)
    caller.send(*map(press, range(1, 3001)))
    assert await caller.receive_all(3000) == list(map(yes, range(1, 3001)))


async def test_whoever_sends_thousands_of_packets_at_once_lets_others_come_between() -> None:
    victim = Victim(1)
    line = await victim.guest(NEW)
    line.feed(b"\xc0\x00" * 10_000)
    turns = 0
    while line.paused:  # the rest of it is left for later
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 10_000 // HASTY.packets_in_a_turn - 1
    assert not line.closed
    await victim.close()


async def test_thousands_of_pings_in_one_breath_are_all_answered(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(*[Pingreq()] * 5000, press(1))
    assert await caller.receive_all(5001) == [*[Pingresp()] * 5000, yes(1)]


async def test_what_is_held_of_one_connection_is_bounded_in_bytes() -> None:
    held = Withheld(Intake(withheld=True), lambda *_: None, Limits(), Counters(), set())
    size = 64 * 1024
    while held.has_room(size):
        held.add(Arrival(GATEWAY, "", bytes(size), 1, EVENING))
    assert len(held._assured) == 16


async def test_while_the_database_is_away_one_message_knocks_and_pings_are_answered(
    house: House, version: Version
) -> None:
    house.intake.away = ConnectionError("gone")
    caller = await Caller.inside(house, version)
    caller.send(press(1), press(2), press(3))
    assert await house.intake.called(3) == [b"1", b"2", b"3"]
    assert await house.intake.called(3) == [b"1", b"1", b"1"]
    assert await caller.has_heard_nothing()
    assert house.door.counters.withheld == 3
    house.intake.away = None
    assert await caller.receive_all(3) == [yes(1), yes(2), yes(3)]
    assert house.door.counters.withheld == 0


async def test_a_message_sent_while_the_database_is_away_comes_after_the_others(
    house: House,
) -> None:
    house.intake.away = TimeoutError()
    caller = await Caller.inside(house, OLD)
    caller.send(press(1), press(2))
    await house.intake.called(3)
    caller.send(press(3), press(4, qos=0), press(5))
    assert await caller.has_heard_nothing()
    house.intake.away = None
    assert await caller.receive_all(4) == [yes(1), yes(2), yes(3), yes(5)]
    assert [arrival.payload for arrival in house.intake.arrivals[-4:]] == [b"2", b"3", b"4", b"5"]


async def test_a_message_that_cannot_be_taken_in_holds_up_no_other(house: House) -> None:
    house.intake.broken = b"1"
    caller = await Caller.inside(house, OLD)
    caller.send(press(1))
    assert await house.intake.called(2) == [b"1", b"1"]
    caller.send(press(2))
    async with asyncio.timeout(PATIENCE):
        while await house.intake.called() != [b"2"]:
            continue
    assert await caller.has_heard_nothing()
    house.intake.broken = None
    assert await caller.receive_all(2) == [yes(1), yes(2)]


async def test_messages_without_a_yes_are_dropped_and_counted_when_too_many_wait() -> None:
    house = await open_house(limits(unassured=2))
    house.intake.withheld = True
    caller = await Caller.inside(house, OLD)
    caller.send(*(press(number, qos=0) for number in range(1, 6)), press(6))
    assert await house.intake.called(3) == [b"1", b"2", b"6"]
    assert house.door.counters.dropped == 3
    assert house.refused == [(GATEWAY, Refusal.OVERFLOW)]
    await house.close()


async def test_a_message_being_taken_in_outlives_its_connection(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(press(1), press(2, qos=0), Disconnect())
    assert await caller.receive() is None
    assert not any(committed.cancelled() for _, committed in house.intake.waiting)
    assert len(house.intake.waiting) == 2


async def test_after_the_connection_nothing_is_tried_again(house: House) -> None:
    house.intake.away = ConnectionError()
    caller = await Caller.inside(house, OLD)
    caller.send(press(1), press(2, qos=0), Disconnect())
    assert await caller.receive() is None
    assert house.door.counters == Counters(received=2, dropped=1)


async def test_a_shutdown_answers_what_is_being_taken_in_and_then_says_so(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(press(1))
    await house.intake.called()
    closing = asyncio.create_task(house.door.close())
    assert not (await asyncio.wait([closing], timeout=0.05))[0]
    with pytest.raises(OSError, match=r"refused|failed|Connect"):
        await Caller.dial(house, version)
    house.intake.commit()
    assert await caller.receive() == yes(1)
    last = Disconnect(Reason.SERVER_SHUTTING_DOWN) if version is NEW else None
    assert await caller.hung_up_on() == last
    caller.writer.close()
    await closing


async def test_a_shutdown_does_not_wait_for_ever() -> None:
    house = await open_house(limits(shutdown=SOON))
    house.intake.withheld = True
    caller = await Caller.inside(house, OLD)
    caller.send(press(1))
    await house.intake.called()
    await asyncio.wait_for(house.door.close(), PATIENCE)
    assert await caller.hung_up_on() is None
    await house.close()


async def test_silence_ends_a_connection_unless_it_is_we_who_do_not_read() -> None:
    house = await open_house(limits(unacknowledged=1, second_look=SOON))
    house.intake.withheld = True
    connect = Connect(NEW, "", True, timedelta(seconds=1), "zorg/gw1", b"secret")
    unread, silent = await Caller.dial(house, NEW), await Caller.dial(house, NEW)
    await unread.introduce(connect)
    unread.send(press(1), press(2))
    await house.intake.called()
    await silent.introduce(connect)
    assert await silent.hung_up_on() == Disconnect(Reason.KEEP_ALIVE_TIMEOUT)
    house.intake.withheld = False
    house.intake.commit()
    assert await unread.receive_all(2) == [yes(1), yes(2)]
    await house.close()


class Chatterbox:
    """Says far more at once than a peer that does not read can be sent."""

    def __init__(self) -> None:
        self.wire = Wire(self, memoryview(bytearray(64)), limits(read_within=SOON))
        self.hung_up = asyncio.Event()

    def opened(self) -> None:
        self.wire.send(bytes(50_000_000))

    def heard(self) -> None: ...

    def silent(self) -> None: ...

    def gone(self) -> None:
        self.hung_up.set()


async def test_a_client_that_does_not_read_is_cut() -> None:
    ear, loop = Chatterbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: ear.wire, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        await asyncio.wait_for(ear.hung_up.wait(), PATIENCE)
    server.close()


async def test_when_passwords_cannot_be_checked_the_client_hears_not_now(
    version: Version,
) -> None:
    async def away(_user_name: str, _password: bytes) -> Principal | None:
        raise ConnectionError

    house = await open_house(asking=away)
    caller = await Caller.dial(house, version)
    assert (await caller.introduce()).reason is Reason.SERVER_UNAVAILABLE
    assert await caller.hung_up_on() is None
    await house.close()


async def test_a_password_that_takes_too_long_to_check_is_not_now_either() -> None:
    async def never(_user_name: str, _password: bytes) -> Principal | None:
        await asyncio.Event().wait()
        return None

    house = await open_house(limits(connect_within=SOON), never)
    caller = await Caller.dial(house, OLD)
    assert (await caller.introduce()).reason is Reason.SERVER_UNAVAILABLE
    await house.close()


async def test_a_client_may_go_on_before_it_is_let_in(house: House, version: Version) -> None:
    caller = await Caller.dial(house, version)
    connect = Connect(version, "c1", user_name="zorg/gw1", password=b"secret")
    caller.send(connect, press(1), Pingreq())
    assert getattr(await caller.receive(), "reason", None) is Reason.SUCCESS
    assert {type(packet) for packet in await caller.receive_all(2)} == {Puback, Pingresp}


async def test_packets_may_come_byte_by_byte(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    for byte in encode(press(1, b"x" * 200), version):
        caller.write(bytes((byte,)))
        await caller.writer.drain()
    assert await caller.receive() == yes(1)
    assert house.intake.arrivals[0].topic == TOPIC
