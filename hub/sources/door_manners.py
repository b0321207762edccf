"""The terms of the front door: what it asks of a client, what it promises and what it grants."""

import re
from datetime import timedelta
from uuid import UUID

from hub.sources.arrival import Arrival, Principal, Receipt
from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import (
    Connack,
    Connect,
    Puback,
    Publish,
    Pubrec,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)
from hub.sources.mqtt.properties import NOTHING, Properties, Property
from hub.sources.mqtt.reasons import Malformed, Reason
from hub.sources.mqtt.topics import is_filter
from hub.sources.subscription_delivery import Terms
from hub.store.mqtt_sessions import Opened, Opening, Will

_USER_NAME = re.compile(r"[a-z0-9-]{1,63}/[a-z0-9-]{1,63}")


def objection(connect: Connect, limits: Limits, proved: str = "") -> Reason | None:
    """What is wrong with an introduction before its password is looked at, if anything.

    `proved` is the name a client certificate has proved; a user name is then the same or none.
    """
    if Property.AUTHENTICATION_METHOD in connect.properties.values:
        return Reason.BAD_AUTHENTICATION_METHOD
    if proved and (connect.user_name or proved) != proved:
        return Reason.NOT_AUTHORIZED
    if not proved and (connect.user_name is None or connect.password is None):
        return Reason.BAD_USER_NAME_OR_PASSWORD
    if connect.version is Version.V311 and not connect.client_id and not connect.clean_start:
        return Reason.CLIENT_IDENTIFIER_NOT_VALID
    if len(connect.client_id) > limits.client_id_characters:
        return Reason.CLIENT_IDENTIFIER_NOT_VALID
    return None


def opening(
    connect: Connect, principal: Principal, client_id: str, new_id: UUID, limits: Limits
) -> Opening:
    """What an introduction asks of its session; 3.1.1 knows "for good", which we bound."""
    expiry = timedelta()
    if connect.version is Version.V5:
        asked = connect.properties.number(Property.SESSION_EXPIRY_INTERVAL)
        expiry = min(timedelta(seconds=asked), limits.longest_session)
    elif not connect.clean_start:
        expiry = limits.longest_session
    will, after = None, None
    if (last := connect.will) is not None:
        kind = last.properties.text(Property.CONTENT_TYPE)
        will = Will(last.topic, last.payload.hex(), last.qos, kind, last.properties.user)
        delay = last.properties.number(Property.WILL_DELAY_INTERVAL)
        after = min(timedelta(seconds=delay), expiry)
    return Opening(
        principal.organisation_id,
        principal.gateway_id,
        client_id,
        new_id,
        connect.clean_start,
        expiry,
        will,
        after,
    )


def listening(
    connect: Connect, principal: Principal, wanted: Opening, opened: Opened, limits: Limits
) -> Terms:
    """How an integrator is delivered to: as many unacknowledged as both sides can bear."""
    most = connect.properties.number(Property.RECEIVE_MAXIMUM, limits.unacknowledged)
    return Terms(
        principal,
        connect.version,
        min(most, limits.unacknowledged),
        opened.id if wanted.expiry else None,
        opened.resumed,
    )


def welcome(
    connect: Connect, assigned: str, limits: Limits, expiry: timedelta, resumed: bool
) -> Connack:
    """The CONNACK of an accepted client; `assigned` is its client id where it had none."""
    if connect.version is Version.V311:
        return Connack(session_present=resumed)
    promised: dict[Property, int | str | bytes] = {
        Property.SESSION_EXPIRY_INTERVAL: int(expiry.total_seconds()),
        Property.RECEIVE_MAXIMUM: limits.unacknowledged,
        # What is read past too: a client that was told less keeps a large message to itself, and
        # nobody ever learns of it.
        Property.MAXIMUM_PACKET_SIZE: limits.discarded_bytes,
        Property.TOPIC_ALIAS_MAXIMUM: limits.aliases,
        Property.SHARED_SUBSCRIPTION_AVAILABLE: 0,
    }
    if assigned:
        promised[Property.ASSIGNED_CLIENT_IDENTIFIER] = assigned
    return Connack(session_present=resumed, properties=Properties(promised))


def reply(asked: Subscribe | Unsubscribe, version: Version) -> Suback | Unsuback:
    """The answer to a subscription: granted, and nothing is ever delivered on it.

    Zigbee2MQTT and its like subscribe before they publish and give up when they are refused.
    """
    match asked:
        case Unsubscribe():
            return Unsuback(asked.packet_id, tuple(Reason.SUCCESS for _ in asked.topic_filters))
        case Subscribe():
            reasons = tuple(_granted(one, version) for one in asked.subscriptions)
            return Suback(asked.packet_id, reasons)


def _granted(wanted: Subscription, version: Version) -> Reason:
    if not is_filter(wanted.topic_filter):
        return Reason.TOPIC_FILTER_INVALID
    if version is Version.V5 and wanted.topic_filter.startswith("$share/"):
        return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    return Reason.GRANTED_QOS_1 if wanted.qos else Reason.SUCCESS


def check(publish: Publish) -> None:
    """Malformed, with the reason, when this door does not take such a message from anybody."""
    if publish.properties.subscriptions:
        raise Malformed(Reason.PROTOCOL_ERROR)


def said_of_itself(publish: Publish, limits: Limits) -> tuple[tuple[str, str], ...]:
    """The user properties of a message, as far as they fit; what is too much is left out.

    A call for help is not refused for what came along with it.
    """
    kept, room = list[tuple[str, str]](), limits.user_property_bytes
    for name, value in publish.properties.user[: limits.user_properties]:
        room -= len(name.encode()) + len(value.encode())
        if room < 0:
            break
        kept.append((name, value))
    return tuple(kept)


def breaks_its_word(publish: Publish) -> bool:
    """Whether it says that its payload is UTF-8 (Payload Format Indicator 1) and it is not."""
    if not publish.properties.number(Property.PAYLOAD_FORMAT_INDICATOR):
        return False
    try:
        publish.payload.decode()
    except UnicodeDecodeError:
        return True
    return False


def answer(arrival: Arrival, reason: Reason) -> Puback | Pubrec:
    """The "yes" to a message, by its quality of service."""
    packet_id = arrival.packet_id or 0
    return Pubrec(packet_id, reason) if arrival.qos == 2 else Puback(packet_id, reason)


def verdict(arrival: Arrival, receipt: Receipt) -> Reason:
    """What is said of a stored message; 3.1.1 can only say yes, and no client repeats it.

    0x97 is the only reason a PUBACK or PUBREC knows for "larger than we allow" (3.4.2.1): 0x95
    ends a connection, and a client that is hung up on sends the same again, for ever.
    """
    if receipt is Receipt.REFUSED:
        return Reason.NOT_AUTHORIZED
    if arrival.discarded:
        return Reason.QUOTA_EXCEEDED
    return Reason.PAYLOAD_FORMAT_INVALID if arrival.not_text else Reason.SUCCESS


def in_words(reason: Reason, arrival: Arrival, connect: Connect, limits: Limits) -> Properties:
    """What to change, for people to read; nothing for a client that asked not to be told."""
    if not connect.properties.number(Property.REQUEST_PROBLEM_INFORMATION, 1):
        return NOTHING
    words = {
        Reason.NOT_AUTHORIZED: _where(arrival.principal),
        Reason.QUOTA_EXCEEDED: f"send at most {limits.payload_bytes} bytes of payload",
        Reason.PAYLOAD_FORMAT_INVALID: "the payload is not UTF-8: leave out the payload format"
        " indicator; the message is stored",
    }
    return Properties({Property.REASON_STRING: words[reason]}) if reason in words else NOTHING


def _where(principal: Principal) -> str:
    if principal.listens:
        return f"this user listens: subscribe under out/{principal.organisation}/"
    return f"publish under {principal.prefix}<adapter>/, with an adapter this gateway has"


def fit_to_log(user_name: str | None) -> str:
    """A user name that is a gateway's id, or "" for whatever else a stranger typed."""
    return user_name if user_name and _USER_NAME.fullmatch(user_name) else ""
