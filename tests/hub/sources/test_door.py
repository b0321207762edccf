from datetime import timedelta

import pytest

from hub.sources.door_terms import Refusal
from hub.sources.mqtt.packets import (
    Auth,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason
from tests.hub.sources.front_door import (
    EVENING,
    GATEWAY,
    TOPIC,
    Caller,
    House,
    limits,
    open_house,
    press,
    yes,
)

OLD, NEW = Version.V311, Version.V5


async def test_yes_means_stored_and_comes_no_sooner(house: House, version: Version) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(press(1))
    assert await house.intake.called() == [b"1"]
    assert await caller.has_heard_nothing()
    house.intake.commit()
    assert await caller.receive() == yes(1)


async def test_yes_is_said_in_the_order_of_the_messages(house: House, version: Version) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(press(1), press(2), press(3))
    assert await house.intake.called(3) == [b"1", b"2", b"3"]
    house.intake.commit(slice(1, 3))
    assert await caller.has_heard_nothing()
    house.intake.commit()
    assert await caller.receive_all(3) == [yes(1), yes(2), yes(3)]


async def test_a_message_arrives_as_it_was_sent(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    properties = Properties({Property.CONTENT_TYPE: "application/json"}, (("k", "v"),))
    caller.send(Publish(TOPIC, b"\0\xff", 1, 9, retain=True, properties=properties))
    await caller.receive()
    (arrival,) = house.intake.arrivals
    assert (arrival.principal, arrival.topic, arrival.payload) == (GATEWAY, TOPIC, b"\0\xff")
    assert (arrival.qos, arrival.packet_id, arrival.received_at) == (1, 9, EVENING)
    assert (arrival.content_type, arrival.user_properties) == ("application/json", (("k", "v"),))
    assert not arrival.replayed  # RETAIN on the way in means "please keep"


async def test_a_message_outside_the_gateways_topics_is_stored_and_told(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(press(1, topic="in/zorg/gw2/native/p1"))
    answer = await caller.receive()
    assert getattr(answer, "reason", None) is Reason.NOT_AUTHORIZED
    assert house.door.counters.refused == len(house.intake.arrivals) == 1


async def test_an_old_client_is_not_made_to_repeat_a_refused_message_for_ever(
    house: House,
) -> None:
    caller = await Caller.inside(house, OLD)
    caller.send(press(1, topic="elsewhere"), press(2))
    assert await caller.receive_all(2) == [yes(1), yes(2)]


async def test_an_impatient_copy_is_taken_in_once_and_answered_once(
    house: House, version: Version
) -> None:
    house.intake.withheld = True
    caller = await Caller.inside(house, version)
    caller.send(press(1), Publish(TOPIC, b"1", 1, 1, duplicate=True))
    assert await caller.has_heard_nothing()
    house.intake.commit()
    assert await caller.receive() == yes(1)
    assert await caller.has_heard_nothing()
    assert len(house.intake.arrivals) == 1


async def test_a_copy_of_an_earlier_connection_says_so(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    caller.send(Publish(TOPIC, b"1", 1, 1, duplicate=True))
    assert await caller.receive() == yes(1)
    assert house.intake.arrivals[0].duplicate


async def test_a_message_without_a_yes_is_taken_in_too(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    caller.send(press(0, b"unassured", qos=0))
    assert await house.intake.called() == [b"unassured"]
    assert await caller.has_heard_nothing()


async def test_a_subscription_is_granted_and_stays_empty(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    wanted = (Subscription("zigbee2mqtt/#", 2), Subscription("a"), Subscription("a#"))
    caller.send(Subscribe(3, wanted), Unsubscribe(4, ("a",)), press(5))
    wrong = Reason.TOPIC_FILTER_INVALID if version is NEW else Reason.UNSPECIFIED_ERROR
    granted = (Reason.GRANTED_QOS_1, Reason.SUCCESS, wrong)
    assert await caller.receive() == Suback(3, granted)
    assert await caller.receive() == Unsuback(4, (Reason.SUCCESS,) if version is NEW else ())
    assert await caller.receive() == yes(5)
    assert await caller.has_heard_nothing()


async def test_what_is_not_offered_to_subscribers_is_said(house: House) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(Subscribe(1, (Subscription("$share/g/a"),)))
    assert await caller.receive() == Suback(1, (Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,))
    caller.send(Subscribe(2, (Subscription("a"),), Properties(subscriptions=(1,))))
    assert await caller.receive() == Suback(2, (Reason.SUCCESS,))


async def test_a_new_client_hears_what_the_door_promises(house: House) -> None:
    caller = await Caller.dial(house, NEW)
    asked = Properties({Property.SESSION_EXPIRY_INTERVAL: 3600})
    answer = await caller.introduce(
        Connect(NEW, "", user_name="zorg/gw1", password=b"secret", properties=asked)
    )
    promised = answer.properties
    assert not answer.session_present
    assert promised.number(Property.SESSION_EXPIRY_INTERVAL) == 3600
    assert promised.number(Property.RECEIVE_MAXIMUM) == 64
    assert promised.number(Property.MAXIMUM_QOS, 2) == 2
    assert promised.number(Property.MAXIMUM_PACKET_SIZE) > 64 * 1024
    assert promised.number(Property.TOPIC_ALIAS_MAXIMUM) == 16
    assert promised.text(Property.ASSIGNED_CLIENT_IDENTIFIER).startswith("nachtwacht-")


async def test_a_second_connection_takes_over(house: House, version: Version) -> None:
    first = await Caller.inside(house, version, "same")
    second = await Caller.inside(house, version, "same")
    last = Disconnect(Reason.SESSION_TAKEN_OVER) if version is NEW else None
    assert await first.hung_up_on() == last
    second.send(press(1))
    assert await second.receive() == yes(1)


async def test_a_client_id_belongs_to_its_gateway(house: House, version: Version) -> None:
    first = await Caller.inside(house, version, "same")
    second = await Caller.dial(house, version)
    await second.introduce(Connect(version, "same", user_name="zorg/gw2", password=b"secret"))
    assert await first.has_heard_nothing()
    assert await second.has_heard_nothing()


async def test_a_wrong_password_is_refused(house: House, version: Version) -> None:
    caller = await Caller.dial(house, version)
    answer = await caller.introduce(password=b"guess")
    assert answer.reason is Reason.BAD_USER_NAME_OR_PASSWORD
    assert await caller.hung_up_on() is None
    assert house.door.counters.unauthorised == 1


async def test_nobody_comes_in_without_a_password(house: House, version: Version) -> None:
    caller = await Caller.dial(house, version)
    answer = await caller.introduce(Connect(version, "c1", user_name="zorg/gw1"))
    assert answer.reason is Reason.BAD_USER_NAME_OR_PASSWORD


async def test_an_old_client_without_a_name_cannot_have_a_session(house: House) -> None:
    caller = await Caller.dial(house, OLD)
    nameless = Connect(OLD, "", clean_start=False, user_name="zorg/gw1", password=b"secret")
    assert (await caller.introduce(nameless)).reason is Reason.CLIENT_IDENTIFIER_NOT_VALID


async def test_an_unknown_way_to_authenticate_is_refused(house: House) -> None:
    caller = await Caller.dial(house, NEW)
    method = Properties({Property.AUTHENTICATION_METHOD: "SCRAM-SHA-1"})
    answer = await caller.introduce(Connect(NEW, "c1", properties=method))
    assert answer.reason is Reason.BAD_AUTHENTICATION_METHOD


async def test_an_older_protocol_is_refused_in_words_it_knows(house: House) -> None:
    caller = await Caller.dial(house, OLD)
    caller.write(bytes.fromhex("10 0f 0006 4d5149736470 03 02 003c 0001 61"))
    answer = await caller.receive()
    assert getattr(answer, "reason", None) is Reason.UNSUPPORTED_PROTOCOL_VERSION
    assert await caller.hung_up_on() is None


@pytest.mark.parametrize(
    "packet",
    [
        Connect(NEW, "again", user_name="zorg/gw1", password=b"secret"),
        Auth(Reason.REAUTHENTICATE),
        Puback(1),
        Pingresp(),
        Publish("t", b"", properties=Properties(subscriptions=(1,))),
    ],
    ids=["CONNECT", "AUTH", "PUBACK", "PINGRESP", "numbered PUBLISH"],
)
async def test_what_a_client_may_not_send_ends_the_connection(
    house: House,
    packet: Connect | Auth | Puback | Pingresp | Publish,
) -> None:
    caller = await Caller.inside(house, NEW)
    caller.send(packet)
    assert await caller.hung_up_on() == Disconnect(Reason.PROTOCOL_ERROR)
    assert house.refused == [(GATEWAY, Refusal.MALFORMED)]


async def test_the_largest_message_is_taken(house: House, version: Version) -> None:
    caller = await Caller.inside(house, version)
    caller.send(press(1, bytes(64 * 1024)))
    assert await caller.receive() == yes(1)


async def test_nothing_is_sent_that_is_larger_than_the_client_takes(house: House) -> None:
    caller = await Caller.dial(house, NEW)
    small = Properties({Property.MAXIMUM_PACKET_SIZE: 5})
    caller.send(Connect(NEW, "c", user_name="zorg/gw1", password=b"secret", properties=small))
    caller.send(Subscribe(1, (Subscription("a"), Subscription("b"))), Pingreq())
    assert await caller.receive() == Pingresp()


async def test_a_stranger_cannot_make_the_door_remember_much(house: House) -> None:
    caller = await Caller.dial(house, OLD)
    caller.write(b"\x10\x80\x80\x02" + bytes(100))
    assert await caller.hung_up_on() is None


async def test_nothing_else_comes_before_an_introduction(house: House) -> None:
    caller = await Caller.dial(house, OLD)
    caller.send(Pingreq())
    assert await caller.hung_up_on() is None


async def test_who_does_not_introduce_himself_is_shown_out() -> None:
    house = await open_house(limits(connect_within=timedelta(milliseconds=20)))
    caller = await Caller.dial(house, OLD)
    caller.write(b"\x10")
    assert await caller.hung_up_on() is None
    await house.close()


async def test_above_the_number_of_connections_nobody_is_let_in() -> None:
    house = await open_house(limits(connections=1))
    first = await Caller.inside(house, OLD)
    second = await Caller.dial(house, OLD)
    assert await second.hung_up_on() is None
    assert await first.has_heard_nothing()
    assert (house.door.counters.connections, house.door.counters.turned_away) == (1, 1)
    await house.close()
