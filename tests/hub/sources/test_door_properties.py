"""What a publisher of MQTT 5.0 may say beside its topic and payload."""

from dataclasses import replace

import pytest

from hub.sources.mqtt.packets import (
    Connect,
    Disconnect,
    Packet,
    Puback,
    Publish,
    Version,
)
from hub.sources.mqtt.properties import Properties, Property, Value
from hub.sources.mqtt.reasons import Reason
from tests.hub.sources.front_door import TOPIC, Caller, House, limits, open_house, press, yes

NEW = Version.V5


def saying(
    number: int,
    payload: bytes = b"x",
    topic: str = TOPIC,
    **said: Value | tuple[tuple[str, str], ...],
) -> Publish:
    user = said.pop("user", ())
    values = {Property[name.upper()]: value for name, value in said.items()}
    properties = Properties(values, user)  # type: ignore[arg-type]
    return Publish(topic, payload, 1, number, properties=properties)


def reason(packet: Packet | None) -> Reason:
    assert isinstance(packet, Puback)
    return packet.reason


async def test_a_number_stands_for_its_topic_until_it_is_given_another(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    other = TOPIC + "/other"
    caller.send(saying(1, topic_alias=16), saying(2, topic="", topic_alias=16))
    caller.send(saying(3, topic=other, topic_alias=16), saying(4, topic="", topic_alias=16))
    assert await caller.receive_all(4) == [yes(1), yes(2), yes(3), yes(4)]
    assert [one.topic for one in house.intake.arrivals] == [TOPIC, TOPIC, other, other]


async def test_as_many_numbers_as_were_granted_are_remembered(house: House) -> None:
    caller = await Caller.dial(house, NEW)
    granted = (await caller.introduce()).properties.number(Property.TOPIC_ALIAS_MAXIMUM)
    for number in range(1, granted + 1):
        caller.send(saying(number, topic=f"{TOPIC}/{number}", topic_alias=number))
    for number in range(1, granted + 1):
        caller.send(saying(100 + number, topic="", topic_alias=number))
    await caller.receive_all(2 * granted)
    named = [f"{TOPIC}/{number}" for number in range(1, granted + 1)]
    assert [one.topic for one in house.intake.arrivals] == named + named


@pytest.mark.parametrize("alias", [0, 17, 65535])
async def test_a_number_that_was_not_granted_ends_the_connection(house: House, alias: int) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, topic_alias=alias))
    assert await caller.hung_up_on() == Disconnect(Reason.TOPIC_ALIAS_INVALID)
    assert house.intake.arrivals == []


async def test_a_number_that_stands_for_nothing_ends_the_connection(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, topic="", topic_alias=1))
    assert await caller.hung_up_on() == Disconnect(Reason.PROTOCOL_ERROR)


async def test_a_number_means_nothing_on_the_next_connection(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, topic_alias=1))
    assert await caller.receive() == yes(1)
    again = await Caller.inside(house, NEW)
    again.send(saying(2, topic="", topic_alias=1))
    assert await again.hung_up_on() == Disconnect(Reason.PROTOCOL_ERROR)


async def test_a_connection_cannot_have_megabytes_of_topics_remembered(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, topic=TOPIC + "x" * 3000, topic_alias=1))
    assert await caller.receive() == yes(1)
    caller.send(saying(2, topic=TOPIC + "y" * 3000, topic_alias=2))
    assert await caller.hung_up_on() == Disconnect(Reason.QUOTA_EXCEEDED)


async def test_a_large_message_may_use_a_number_too(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, topic_alias=2), saying(2, bytes(200_000), topic="", topic_alias=2))
    assert [reason(one) for one in await caller.receive_all(2)] == [0, Reason.QUOTA_EXCEEDED]
    assert [one.topic for one in house.intake.arrivals] == [TOPIC, TOPIC]


async def test_a_client_is_told_the_size_that_is_really_read(house: House) -> None:
    caller = await Caller.dial(house, NEW)
    promised = (await caller.introduce()).properties
    assert promised.number(Property.MAXIMUM_PACKET_SIZE) == 16 * 1024 * 1024


async def test_a_payload_that_is_not_the_text_it_says_is_stored_and_the_sender_told(
    house: House,
) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, "é".encode(), payload_format_indicator=1))
    caller.send(saying(2, b"\xff", payload_format_indicator=1))
    caller.send(saying(3, b"\xff", payload_format_indicator=0))
    answers = await caller.receive_all(3)
    assert [reason(one) for one in answers] == [0, Reason.PAYLOAD_FORMAT_INVALID, 0]
    assert [one.not_text for one in house.intake.arrivals] == [False, True, False]


async def test_what_only_concerns_receivers_is_accepted_and_changes_nothing(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(
        saying(1, message_expiry_interval=0, response_topic="a/b", correlation_data=b"\0\xff")
    )
    assert await caller.receive() == yes(1)
    assert house.intake.arrivals[0].payload == b"x"


@pytest.mark.parametrize("topic", ["a/#", "+", ""])
async def test_a_response_topic_is_one_topic(house: House, topic: str) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(saying(1, response_topic=topic))
    assert await caller.hung_up_on() == Disconnect(Reason.PROTOCOL_ERROR)


async def test_only_a_server_numbers_subscriptions_in_a_message(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(replace(saying(1), properties=Properties(subscriptions=(1,))))
    assert await caller.hung_up_on() == Disconnect(Reason.PROTOCOL_ERROR)


async def test_user_properties_past_the_limit_are_left_out_and_the_message_is_not(
    house: House,
) -> None:
    caller = await Caller.inside(house, NEW)
    many = tuple((f"k{number}", "v") for number in range(100))
    caller.send(saying(1, user=many), saying(2, user=(("k", "v"), ("long", "v" * 9000))))
    assert await caller.receive_all(2) == [yes(1), yes(2)]
    assert [one.user_properties for one in house.intake.arrivals] == [many[:64], (("k", "v"),)]


@pytest.mark.parametrize(
    ("asks", "told"), [({}, True), ({Property.REQUEST_PROBLEM_INFORMATION: 0}, False)]
)
async def test_a_refusal_says_in_words_what_to_change_unless_it_may_not(
    house: House, asks: dict[Property, Value], told: bool
) -> None:
    caller = await Caller.dial(house, NEW)
    hello = Connect(NEW, "c", user_name="zorg/gw1", password=b"secret", properties=Properties(asks))
    await caller.introduce(hello)
    caller.send(press(1, topic="elsewhere"))
    answer = await caller.receive()
    assert isinstance(answer, Puback)
    assert answer.reason is Reason.NOT_AUTHORIZED
    assert ("in/zorg/gw1/" in answer.properties.text(Property.REASON_STRING)) is told


async def test_the_words_are_left_out_where_the_client_takes_only_short_packets() -> None:
    house = await open_house(limits())
    caller = await Caller.dial(house, NEW)
    small = Properties({Property.MAXIMUM_PACKET_SIZE: 50})
    await caller.introduce(
        Connect(NEW, "c", user_name="zorg/gw1", password=b"secret", properties=small)
    )
    caller.send(press(1, topic="elsewhere"))
    assert await caller.receive() == Puback(1, Reason.NOT_AUTHORIZED)
    await house.close()
