"""Sessions outlive connections and hubs; a packet sent again is known for what it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.sources.mqtt.packets import (
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Version,
)
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason
from hub.store import tables as t
from hub.store.mqtt_packets import Confirmed, Packet, Release
from tests.hub.house import House, known
from tests.hub.sessions.hotel import (
    Hub,
    a_press,
    again,
    breaks_off,
    hello,
    later,
    says_goodbye,
    sessions,
    stored,
)
from tests.hub.sources.front_door import PATIENCE, Caller

OLD, NEW = Version.V311, Version.V5
OTHER_DEVICE = "in/zorg/gw1/native/sensor-1"


async def handed_over(caller: Caller, publish: Publish) -> bool:
    """Whether a message of QoS 2 went all four steps."""
    number = publish.packet_id or 0
    caller.send(publish)
    received = await caller.receive() == Pubrec(number)
    caller.send(Pubrel(number))
    return received and await caller.receive() == Pubcomp(number)


async def test_a_session_is_present_at_every_hub_until_it_expires(
    house: House, hub: Hub, other: Hub
) -> None:
    first, answer = await hub.lets_in(expiry=60)
    assert not answer.session_present
    await says_goodbye(first)
    await hub.has_let_go()
    later(house, seconds=59)
    second, answer = await other.lets_in(expiry=60)
    assert answer.session_present
    await says_goodbye(second)
    await other.has_let_go()
    later(house, seconds=60)
    _, answer = await hub.lets_in()
    assert not answer.session_present


async def test_an_old_client_has_a_session_when_it_asks_for_one(hub: Hub, other: Hub) -> None:
    caller, answer = await hub.lets_in(version=OLD)
    assert not answer.session_present
    await says_goodbye(caller)
    caller, answer = await other.lets_in(version=OLD)
    assert answer.session_present
    await says_goodbye(caller)
    caller, answer = await other.lets_in(version=OLD, clean=True)
    assert not answer.session_present
    await says_goodbye(caller)
    assert not (await other.lets_in(version=OLD))[1].session_present


async def test_a_session_is_bounded_and_the_client_hears_to_what(house: House, hub: Hub) -> None:
    _, answer = await hub.lets_in(expiry=0xFFFFFFFF)
    week = timedelta(days=7)
    assert answer.properties.number(Property.SESSION_EXPIRY_INTERVAL) == week.total_seconds()
    assert [row.expiry for row in await sessions(house)] == [week]


async def test_a_client_may_end_its_session_when_it_leaves_but_not_make_one(
    house: House, hub: Hub
) -> None:
    caller, _ = await hub.lets_in(expiry=60)
    ending = Disconnect(properties=Properties({Property.SESSION_EXPIRY_INTERVAL: 0}))
    await says_goodbye(caller, ending)
    caller, answer = await hub.lets_in(expiry=0)
    assert not answer.session_present
    caller.send(Disconnect(properties=Properties({Property.SESSION_EXPIRY_INTERVAL: 60})))
    assert await caller.hung_up_on() == Disconnect(Reason.PROTOCOL_ERROR)
    await hub.goes_round()
    assert await sessions(house) == []


async def test_a_client_id_belongs_to_its_gateway_and_may_not_be_endless(hub: Hub) -> None:
    _, answer = await hub.lets_in("x" * 513)
    assert answer.reason is Reason.CLIENT_IDENTIFIER_NOT_VALID
    assert (await hub.lets_in("é" * 512))[1].reason is Reason.SUCCESS


async def test_a_client_that_connects_elsewhere_is_taken_over_from_here(
    hub: Hub, other: Hub, house: House
) -> None:
    first, _ = await hub.lets_in()
    bystander, _ = await hub.lets_in("c2")
    second, answer = await other.lets_in()
    assert answer.session_present
    await hub.goes_round()
    assert await first.hung_up_on() == Disconnect(Reason.SESSION_TAKEN_OVER)
    assert await bystander.has_heard_nothing()
    await other.goes_round()
    await hub.goes_round()
    assert await second.has_heard_nothing()
    assert {row.hub_id for row in await sessions(house)} == {
        hub.rounds.sessions.hub_id,
        other.rounds.sessions.hub_id,
    }


async def test_a_client_taken_over_while_it_was_still_on_its_way_in_is_hung_up_on_too(
    hub: Hub, other: Hub, house: House
) -> None:
    first, _ = await hub.lets_in()
    await other.lets_in()
    online = hub.door._shared.online
    on_its_way = dict(online)
    online.clear()  # the database let it in, and this hub's loop has not come to it
    await hub.goes_round()
    online |= on_its_way
    await hub.goes_round()
    assert await first.hung_up_on() == Disconnect(Reason.SESSION_TAKEN_OVER)
    assert hub.rounds._taken
    later(house, seconds=6)
    await hub.goes_round()
    assert not hub.rounds._taken  # a new session of that name may begin to count anew


async def test_back_and_forth_between_hubs_only_the_last_connection_stays(
    hub: Hub, other: Hub
) -> None:
    first, _ = await hub.lets_in()
    second, _ = await other.lets_in()
    third, _ = await hub.lets_in()
    for one in (hub, other, hub, other):
        await one.goes_round()
    taken_over = Disconnect(Reason.SESSION_TAKEN_OVER)
    assert [await first.hung_up_on(), await second.hung_up_on()] == [taken_over] * 2
    assert await third.has_heard_nothing()


@pytest.mark.parametrize("version", [OLD, NEW])
async def test_a_message_of_quality_two_is_stored_before_its_pubrec_and_only_once(
    house: House, hub: Hub, other: Hub, version: Version
) -> None:
    caller, _ = await hub.lets_in(version=version)
    caller.send(a_press(7))
    assert await caller.receive() == Pubrec(7)
    assert len(await stored(house)) == 1
    await breaks_off(caller)
    caller, answer = await other.lets_in(version=version)
    assert answer.session_present
    caller.send(again(a_press(7)))
    assert await caller.receive() == Pubrec(7)
    caller.send(Pubrel(7))
    assert await caller.receive() == Pubcomp(7)
    assert len(await stored(house)) == 1
    unknown = Reason.PACKET_IDENTIFIER_NOT_FOUND if version is NEW else Reason.SUCCESS
    caller.send(Pubrel(7))
    assert await caller.receive() == Pubcomp(7, unknown)


async def test_a_released_packet_id_is_for_the_next_message(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in()
    for _ in range(3):
        assert await handed_over(caller, a_press(7))
    assert len(await stored(house)) == 3


async def test_a_packet_id_with_other_bytes_is_another_message(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in()
    for number in range(3):
        caller.send(again(a_press(7, seq=number, boot="b")))
        assert await caller.receive() == Pubrec(7)
    assert len(await stored(house)) == 3


async def test_without_the_mark_of_a_copy_a_packet_id_is_believed_for_ten_minutes(
    house: House, hub: Hub
) -> None:
    for _ in range(2):  # paho forgets the mark after two attempts to connect
        caller, _ = await hub.lets_in()
        caller.send(a_press(1))
        assert await caller.receive() == Pubrec(1)
        await breaks_off(caller)
        later(house, minutes=9)
    assert len(await stored(house)) == 1
    later(house, minutes=1)
    caller, _ = await hub.lets_in()
    caller.send(a_press(1))  # a device that lost its memory, and somebody presses
    assert await caller.receive() == Pubrec(1)
    assert len(await stored(house)) == 2


async def test_a_message_is_a_copy_until_its_last_answer_has_been_read(house: House) -> None:
    sent = Packet(uuid4(), 1, 2, "00", 1, 1, house.now, duplicate=False)
    later_on = replace(sent, generation=2, duplicate=True)
    async with house.store.transaction() as uow:
        packets = uow.mqtt_packets
        assert await packets.note([sent]) == [False]
        assert await packets.release([Release(sent.session_id, 1, 1)])
        assert await packets.note([later_on]) == [True]  # as paho does before it has the PUBCOMP
        await packets.release([Release(sent.session_id, 2, 1)])
        assert await packets.note([replace(later_on, number=2)]) == [False]
        await packets.release([Release(sent.session_id, 2, 1)])
        await packets.confirm([Confirmed(sent.session_id, 2, 0, fresh=False, completed=(1,))])
        assert await packets.note([replace(later_on, generation=3)]) == [False]


async def test_what_is_stored_again_as_the_database_did_not_say_so_is_one_message(
    house: House,
) -> None:
    sent = Packet(uuid4(), 1, 1, "00", 1, 1, house.now, duplicate=False)
    for number, copy in ((1, False), (1, True), (2, False)):  # the third has the same id and bytes
        async with house.store.transaction() as uow:
            assert await uow.mqtt_packets.note([replace(sent, number=number)]) == [copy]


async def test_an_id_completed_again_while_that_is_stored_is_free_for_the_next_message(
    house: House, hub: Hub
) -> None:
    caller, _ = await hub.lets_in()
    assert await handed_over(caller, a_press(1))
    await hub.has_been_read()
    on_its_way = hub.door.confirmed()
    assert await handed_over(caller, a_press(1))
    hub.door.stored(on_its_way)
    await says_goodbye(caller)
    caller, _ = await hub.lets_in()
    assert await handed_over(caller, a_press(1))  # a device that counts anew each time
    assert len(await stored(house)) == 3


async def test_a_press_whose_yes_came_too_late_to_be_sent_is_one_press(
    house: House, hub: Hub
) -> None:
    caller, _ = await hub.lets_in()
    hub.withheld.clear()
    caller.send(a_press(5, qos=1))
    assert await caller.has_heard_nothing()
    hub.door.hang_up(lambda _: True, Reason.SERVER_BUSY)
    hub.withheld.set()  # it is stored before the client has hung up as well
    async with asyncio.timeout(PATIENCE):
        while not await stored(house):
            pass
    assert isinstance(await caller.receive(), Disconnect)
    await hub.goes_round()
    caller, _ = await hub.lets_in()
    caller.send(again(a_press(5, qos=1)))
    assert await caller.receive() == Puback(5)
    assert len(await stored(house)) == 1


async def test_an_impatient_copy_of_quality_two_is_answered_once(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in()
    caller.send(a_press(1), a_press(1))
    assert await caller.receive() == Pubrec(1)
    assert await caller.has_heard_nothing()
    caller.send(a_press(1))
    assert await caller.receive() == Pubrec(1)
    assert len(await stored(house)) == 1


async def test_telemetry_of_quality_two_is_stored_once_too(house: House, hub: Hub) -> None:
    sign = Publish(OTHER_DEVICE, b'{"channel":"motion","active":true}', 2, 9)
    for packet in (sign, again(sign)):
        caller, _ = await hub.lets_in()
        caller.send(packet)
        assert await caller.receive() == Pubrec(9)
    assert len(await stored(house)) == 1


async def test_a_refused_message_of_quality_two_says_why_and_frees_its_id(
    house: House, hub: Hub
) -> None:
    caller, _ = await hub.lets_in()
    caller.send(Publish("elsewhere", b"x", 2, 3))
    answer = await caller.receive()
    assert isinstance(answer, Pubrec)
    assert answer.reason is Reason.NOT_AUTHORIZED
    caller.send(a_press(3))
    assert await caller.receive() == Pubrec(3)
    assert len(await stored(house)) == 2


async def test_an_unanswered_press_sent_again_is_one_press(
    house: House, hub: Hub, other: Hub
) -> None:
    caller, _ = await hub.lets_in()
    hub.withheld.clear()
    caller.send(a_press(5, qos=1))
    assert await caller.has_heard_nothing()
    await breaks_off(caller)
    await hub.has_let_go()
    hub.withheld.set()  # it is stored, and nobody is there to hear so
    caller, _ = await other.lets_in()
    caller.send(again(a_press(5, qos=1)))
    assert await caller.receive() == Puback(5)
    assert len(await stored(house)) == 1
    assert len(await house.rows(sa.select(t.events))) == 1


async def test_a_press_under_an_id_that_was_answered_before_rings(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in()
    caller.send(a_press(5, qos=1))
    assert await caller.receive() == Puback(5)
    await hub.has_been_read()
    await hub.goes_round()
    await breaks_off(caller)
    caller, _ = await hub.lets_in()
    caller.send(again(a_press(5, qos=1)))  # the next press got lost and is sent again
    assert await caller.receive() == Puback(5)
    assert len(await house.rows(sa.select(t.events))) == 2


async def test_a_clean_start_forgets_what_may_come_again(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in()
    caller.send(a_press(5))
    await caller.receive()
    await breaks_off(caller)
    caller, _ = await hub.lets_in(clean=True)
    caller.send(again(a_press(5)))
    assert await caller.receive() == Pubrec(5)
    assert len(await stored(house)) == 2


async def test_a_hub_that_stood_still_stores_no_second_copy_and_takes_no_id_away(
    house: House, hub: Hub, other: Hub
) -> None:
    hub.withheld.clear()
    slow, _ = await hub.lets_in()
    slow.send(a_press(7))
    assert await slow.has_heard_nothing()
    caller, _ = await other.lets_in()
    assert await handed_over(caller, again(a_press(7)))
    caller.send(a_press(7, seq=2, boot="b"))
    assert await caller.receive() == Pubrec(7)
    hub.withheld.set()
    slow.send(Pubrel(7))
    answers = [await slow.receive() for _ in range(2)]
    assert Pubrec(7) in answers
    assert Pubcomp(7, Reason.PACKET_IDENTIFIER_NOT_FOUND) in answers
    assert await handed_over(caller, again(a_press(7, seq=2, boot="b")))


async def test_what_is_released_or_of_no_session_is_tidied(house: House, hub: Hub) -> None:
    caller, _ = await hub.lets_in(expiry=60)
    caller.send(a_press(2))
    assert await caller.receive() == Pubrec(2)
    assert await handed_over(caller, a_press(1))
    await hub.has_been_read()
    await hub.goes_round()
    later(house, minutes=3)
    await hub.goes_round()
    assert [row.packet_id for row in await house.rows(sa.select(t.mqtt_packets))] == [2]
    await says_goodbye(caller)
    await hub.rounds.sessions.flush()
    later(house, minutes=3)
    await hub.goes_round()
    later(house, minutes=3)
    await hub.goes_round()
    assert await house.rows(sa.select(t.mqtt_packets)) == []
    assert await sessions(house) == []


async def test_only_so_many_sessions_of_one_gateway_are_kept(house: House, hub: Hub) -> None:
    for number in range(103):
        caller, _ = await hub.lets_in(f"c{number}")
        await says_goodbye(caller)
        later(house, seconds=1)
    await hub.rounds.sessions.flush()
    await hub.goes_round()
    assert len(await sessions(house)) == 100
    assert not (await hub.lets_in("c0"))[1].session_present
    assert (await hub.lets_in("c102"))[1].session_present


@pytest.mark.parametrize(
    "change",
    [
        {"disabled_at": sa.literal_column("'2026-01-12'::timestamptz")},
        {"secret_hash": b"another"},
        {"adapters": ["native"]},
    ],
    ids=["disabled", "another secret", "other adapters"],
)
async def test_a_gateway_that_changes_is_hung_up_on(
    house: House, hub: Hub, change: dict[str, object]
) -> None:
    caller, _ = await hub.lets_in()
    await hub.goes_round()
    assert await caller.has_heard_nothing()
    await house.changes(
        sa.update(t.gateways).where(t.gateways.c.id == known("gateway")).values(change)
    )
    await hub.goes_round()
    assert await caller.hung_up_on() == Disconnect(Reason.ADMINISTRATIVE_ACTION)


async def test_many_come_in_at_once_and_each_has_its_own_session(house: House, hub: Hub) -> None:
    callers = [await Caller.dial(hub, NEW) for _ in range(60)]  # type: ignore[arg-type]
    for number, caller in enumerate(callers):
        caller.send(hello(f"c{number % 30}"))
    answers = [await caller.receive() for caller in callers]
    assert {getattr(answer, "reason", None) for answer in answers} == {Reason.SUCCESS}
    assert len(await sessions(house)) == 30


@pytest.mark.parametrize("quality", [1, 2])
async def test_a_client_that_is_back_and_pings_has_nothing_to_send_again(
    house: House, hub: Hub, other: Hub, quality: int
) -> None:
    """The hub from which it heard "yes" was killed before it could note that the client did."""
    caller, _ = await hub.lets_in()
    await hears_yes(caller, a_press(1, quality))
    caller, _ = await other.lets_in()
    caller.send(Pingreq())
    assert await caller.receive() == Pingresp()
    await other.has_been_read()
    await other.goes_round()
    await breaks_off(caller)  # and with it the press that followed
    caller, _ = await other.lets_in()
    await hears_yes(caller, again(a_press(1, quality)))
    assert len(await stored(house)) == 2


async def hears_yes(caller: Caller, publish: Publish) -> None:
    """A message goes all steps of its quality of service."""
    if publish.qos == 2:
        assert await handed_over(caller, publish)
        return
    caller.send(publish)
    assert await caller.receive() == Puback(publish.packet_id or 0)
