"""More than the door takes: large messages, wrong passwords, everybody at once."""

import asyncio
from datetime import timedelta

import pytest

from hub.sources.arrival import Arrival
from hub.sources.door_terms import Counters, Limits, Refusal
from hub.sources.introduction import Guesses
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connack, Disconnect, Publish, Pubrec, Version
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason
from hub.sources.withheld import Withheld
from tests.hub.sources.front_door import (
    EVENING,
    GATEWAY,
    TOPIC,
    Caller,
    House,
    Intake,
    limits,
    open_house,
    press,
    yes,
)

OLD, NEW = Version.V311, Version.V5
MOST = Limits().discarded_bytes
SIZES = [64 * 1024 + 1, 72 * 1024, 100 * 1024, 1_000_000]


@pytest.mark.parametrize("size", SIZES)
async def test_a_message_that_is_too_large_is_handed_on_without_its_payload(
    house: House, version: Version, size: int
) -> None:
    caller = await Caller.inside(house, version)
    caller.send(press(1, b"x" * size), press(2))
    answers = await caller.receive_all(2)
    refused = Reason.QUOTA_EXCEEDED if version is NEW else Reason.SUCCESS
    assert [(one.packet_id, one.reason) for one in answers] == [(1, refused), (2, 0)]  # type: ignore[union-attr]
    large, small = house.intake.arrivals
    assert (large.topic, large.packet_id, large.size) == (TOPIC, 1, size)
    assert large.payload == b"x" * 256
    assert (small.payload, small.discarded) == (b"2", 0)
    assert house.refused == []


async def test_a_large_message_without_a_yes_is_handed_on_too(
    house: House, version: Version
) -> None:
    caller = await Caller.inside(house, version)
    caller.send(press(0, bytes(100_000), qos=0), press(2))
    assert await caller.receive() == yes(2)
    assert [arrival.size for arrival in house.intake.arrivals] == [100_000, 1]
    assert house.door.counters.refused == 1


async def test_a_large_message_to_somebody_elses_topic_is_not_authorized(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(press(1, bytes(100_000), topic="elsewhere"))
    assert getattr(await caller.receive(), "reason", None) is Reason.NOT_AUTHORIZED


async def test_what_a_large_message_says_of_itself_is_kept(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    said = Properties({Property.CONTENT_TYPE: "application/json"}, (("k", "v" * 5000),))
    caller.send(Publish(TOPIC, bytes(200_000), 1, 7, properties=said))
    await caller.receive()
    (arrival,) = house.intake.arrivals
    assert (arrival.content_type, arrival.user_properties) == ("application/json", said.user)
    assert arrival.size == 200_000


async def test_a_large_message_is_never_held_in_memory(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    (connection,) = house.door._shared.everybody
    packet, most = encode(press(1, bytes(4_000_000)), version), 0
    for start in range(0, len(packet), 50_000):
        caller.write(packet[start : start + 50_000])
        await caller.writer.drain()
        most = max(most, len(connection.wire.buffer))
    answer = await caller.receive()
    assert getattr(answer, "packet_id", None) == 1
    assert most <= Limits().packet_bytes + 64 * 1024


async def test_others_are_answered_while_a_large_message_comes_in(
    house: House, version: Version
) -> None:
    slow, quick = [await Caller.inside(house, version, name) for name in ("slow", "quick")]
    packet = encode(press(1, bytes(1_000_000)), version)
    slow.write(packet[:500_000])
    await slow.writer.drain()
    quick.send(press(1))
    assert await quick.receive() == yes(1)
    assert len(house.intake.arrivals) == 1  # not before all of it has come
    slow.write(packet[500_000:])
    await slow.receive()
    assert [arrival.size for arrival in house.intake.arrivals] == [1, 1_000_000]


async def test_half_a_large_message_is_none(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    caller.write(encode(press(1, bytes(200_000)), version)[:-1])
    caller.writer.write_eof()
    assert await caller.receive() is None
    assert house.intake.arrivals == []


async def test_a_large_message_waits_for_room_like_any_other(house: House) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, OLD)
    caller.send(*map(press, range(1, 65)), press(65, bytes(300_000)), press(66))
    assert len(await house.intake.called(64)) == 64
    house.intake.withheld = False
    house.intake.commit()
    assert await caller.receive_all(66) == list(map(yes, range(1, 67)))


async def test_a_copy_of_a_large_message_that_is_still_held_is_answered_once(
    house: House,
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, OLD)
    caller.send(press(1, bytes(100_000)), Publish(TOPIC, bytes(100_000), 1, 1, duplicate=True))
    await house.intake.called()
    caller.send(Publish(TOPIC, bytes(100_001), 1, 2, duplicate=True))
    await house.intake.called()
    house.intake.commit()
    assert await caller.receive_all(2) == [yes(1), yes(2)]


async def test_a_packet_past_the_second_limit_ends_the_connection(
    house: House, version: Version
) -> None:
    caller = await Caller.inside(house, version)
    header = b"\x32" + bytes((0x80 | MOST % 128, 0x80, 0x80, 0x08)) + encode(press(1), version)[2:]
    caller.write(header)
    last = Disconnect(Reason.PACKET_TOO_LARGE) if version is NEW else None
    assert await caller.hung_up_on() == last
    assert house.refused == [(GATEWAY, Refusal.TOO_LARGE)]
    assert house.intake.arrivals == []


async def test_only_a_message_may_be_large(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    caller.write(b"\x82\x80\x80\x40" + bytes(100))
    last = Disconnect(Reason.PACKET_TOO_LARGE) if version is NEW else None
    assert await caller.hung_up_on() == last


async def test_a_large_message_at_quality_two_is_handed_on_too(
    house: House, version: Version
) -> None:
    caller = await Caller.inside(house, version)
    caller.send(press(2, bytes(200_000), qos=2))
    answer = await caller.receive()
    refused = Reason.QUOTA_EXCEEDED if version is NEW else Reason.SUCCESS
    assert isinstance(answer, Pubrec)
    assert (answer.packet_id, answer.reason) == (2, refused)
    assert house.intake.arrivals[0].size == 200_000


def held(all_pending: int, count: list[Withheld], counters: Counters) -> Withheld:
    terms = limits(all_pending_bytes=all_pending, message_bytes=0)
    made = Withheld(Intake(withheld=True), lambda *_: None, terms, counters, set())
    count.append(made)
    return made


async def test_all_connections_together_hold_so_much_and_then_one_message_each() -> None:
    counters, all_of_them = Counters(), list[Withheld]()
    large = Arrival(GATEWAY, "", bytes(1000), 1, EVENING)
    talker, quiet = (held(10_000, all_of_them, counters) for _ in range(2))
    while talker.has_room(1000):
        talker.add(large)
    assert counters.pending_bytes == 10_000
    assert quiet.has_room(1000)
    quiet.add(large)
    assert not quiet.has_room(1000)
    for one in all_of_them:
        one.forget()


async def test_reading_goes_on_when_there_is_room_for_all_again() -> None:
    house = await open_house(limits(all_pending_bytes=1))
    house.intake.withheld = True
    callers = [await Caller.inside(house, OLD, name) for name in ("a", "b")]
    for caller in callers:
        caller.send(press(1), press(2), press(3))
    assert await house.intake.called(2) == [b"1", b"1"]
    house.intake.withheld = False
    house.intake.commit()
    for caller in callers:
        assert await caller.receive_all(3) == [yes(1), yes(2), yes(3)]
    assert house.door.counters.pending_bytes == 0
    await house.close()


async def test_what_is_held_is_let_go_of_when_it_is_stored_or_lost(house: House) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, OLD)
    caller.send(press(1), press(2, qos=0), press(3), Disconnect())
    await house.intake.called(3)
    assert await caller.receive() is None
    assert house.door.counters.pending_bytes > 0  # being taken in, and in memory
    house.intake.withheld = False
    house.intake.commit()
    await asyncio.wait(house.door._shared.taking)
    assert house.door.counters.pending_bytes == 0


async def test_who_guesses_passwords_waits_longer_each_time() -> None:
    guesses = Guesses(Limits())
    waits = [guesses.wait("10.0.0.1", float(at)) for at in range(10)]
    assert waits == [0, 0, 0, 0.25, 0.5, 1, 2, 4, 5, 5]
    assert guesses.wait("10.0.0.2", 10.0) == 0
    assert guesses.wait("10.0.0.1", 10_000.0) == 0


async def test_only_so_many_guessers_are_remembered() -> None:
    guesses = Guesses(limits(guessers=2, free_guesses=1))
    for address in ("a", "b", "c"):
        guesses.wait(address, 0.0)
    assert len(guesses._made) == 2
    assert guesses.wait("a", 0.0) == 0


async def test_a_right_password_is_not_slowed_by_wrong_ones_from_the_same_address(
    version: Version,
) -> None:
    house = await open_house(limits(free_guesses=1, first_wait=timedelta(seconds=60)))
    first = await Caller.dial(house, version)
    assert (await first.introduce(password=b"guess")).reason is Reason.BAD_USER_NAME_OR_PASSWORD
    guesser = await Caller.dial(house, version)
    guessing = asyncio.create_task(guesser.introduce(password=b"guess"))
    right = await Caller.inside(house, version)
    assert await right.has_heard_nothing()
    assert not guessing.done()
    guessing.cancel()
    await house.close()


async def test_who_guesses_hears_in_the_end(version: Version) -> None:
    house = await open_house(limits(free_guesses=0, first_wait=timedelta(milliseconds=10)))
    caller = await Caller.dial(house, version)
    answer: Connack = await caller.introduce(password=b"guess")
    assert answer.reason is Reason.BAD_USER_NAME_OR_PASSWORD
    assert house.door.counters.unauthorised == 1
    await house.close()
