"""The terms of the front door: what it asks of a client, what it promises and what it grants."""

import re

from hub.sources.arrival import Arrival, Receipt
from hub.sources.door_terms import Limits
from hub.sources.mqtt.packets import (
    Connack,
    Connect,
    Pubcomp,
    Publish,
    Pubrel,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Malformed, Reason
from hub.sources.mqtt.topics import is_filter

_USER_NAME = re.compile(r"[a-z0-9-]{1,63}/[a-z0-9-]{1,63}")


def objection(connect: Connect) -> Reason | None:
    """What is wrong with an introduction before its password is looked at, if anything."""
    if Property.AUTHENTICATION_METHOD in connect.properties.values:
        return Reason.BAD_AUTHENTICATION_METHOD
    if connect.user_name is None or connect.password is None:
        return Reason.BAD_USER_NAME_OR_PASSWORD
    if connect.version is Version.V311 and not connect.client_id and not connect.clean_start:
        return Reason.CLIENT_IDENTIFIER_NOT_VALID
    if connect.version is Version.V5 and connect.will is not None and connect.will.qos > 1:
        return Reason.QOS_NOT_SUPPORTED
    return None


def welcome(connect: Connect, assigned: str, limits: Limits) -> Connack:
    """The CONNACK of an accepted client; `assigned` is its client id where it had none."""
    if connect.version is Version.V311:
        return Connack()
    promised: dict[Property, int | str | bytes] = {
        Property.SESSION_EXPIRY_INTERVAL: 0,
        Property.RECEIVE_MAXIMUM: limits.unacknowledged,
        Property.MAXIMUM_QOS: 1,
        Property.MAXIMUM_PACKET_SIZE: limits.packet_bytes,
        Property.TOPIC_ALIAS_MAXIMUM: 0,
        Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE: 0,
        Property.SHARED_SUBSCRIPTION_AVAILABLE: 0,
    }
    if assigned:
        promised[Property.ASSIGNED_CLIENT_IDENTIFIER] = assigned
    return Connack(properties=Properties(promised))


def reply(asked: Subscribe | Unsubscribe | Pubrel, version: Version) -> Suback | Unsuback | Pubcomp:
    """The answer to a subscription: granted, and nothing is ever delivered on it.

    Zigbee2MQTT and its like subscribe before they publish and give up when they are refused. A
    PUBREL is left over from a session elsewhere; without an answer its sender asks for ever.
    """
    match asked:
        case Pubrel():
            return Pubcomp(asked.packet_id, Reason.PACKET_IDENTIFIER_NOT_FOUND)
        case Unsubscribe():
            return Unsuback(asked.packet_id, tuple(Reason.SUCCESS for _ in asked.topic_filters))
        case Subscribe():
            numbered = Property.SUBSCRIPTION_IDENTIFIER in asked.properties.values
            reasons = tuple(_granted(one, version, numbered) for one in asked.subscriptions)
            return Suback(asked.packet_id, reasons)


def _granted(wanted: Subscription, version: Version, numbered: bool) -> Reason:
    if numbered:
        return Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED
    if not is_filter(wanted.topic_filter):
        return Reason.TOPIC_FILTER_INVALID
    if version is Version.V5 and wanted.topic_filter.startswith("$share/"):
        return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    return Reason.GRANTED_QOS_1 if wanted.qos else Reason.SUCCESS


def check(publish: Publish) -> None:
    """Malformed, with the reason, when this door does not take such a message from anybody."""
    if publish.qos > 1:
        raise Malformed(Reason.QOS_NOT_SUPPORTED)
    if publish.properties.values:
        if Property.TOPIC_ALIAS in publish.properties.values:
            raise Malformed(Reason.TOPIC_ALIAS_INVALID)
        if Property.SUBSCRIPTION_IDENTIFIER in publish.properties.values:
            raise Malformed(Reason.PROTOCOL_ERROR)


def verdict(arrival: Arrival, receipt: Receipt) -> Reason:
    """What a PUBACK says of a stored message; 3.1.1 can only say yes, and no client repeats it.

    0x97 is the only reason a PUBACK knows for "larger than we allow" (3.4.2.1): 0x95 ends a
    connection, and a client that is hung up on sends the same again, for ever.
    """
    if receipt is Receipt.REFUSED:
        return Reason.NOT_AUTHORIZED
    return Reason.QUOTA_EXCEEDED if arrival.discarded else Reason.SUCCESS


def fit_to_log(user_name: str | None) -> str:
    """A user name that is a gateway's id, or "" for whatever else a stranger typed."""
    return user_name if user_name and _USER_NAME.fullmatch(user_name) else ""
