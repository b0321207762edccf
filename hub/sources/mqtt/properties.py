"""The properties of MQTT 5.0 (section 2.2.2): what each holds and which packet may carry it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from hub.sources.mqtt import fields
from hub.sources.mqtt.fields import Reader
from hub.sources.mqtt.reasons import Malformed, Reason
from hub.sources.mqtt.topics import is_topic

Value = int | str | bytes


class PacketType(IntEnum):
    """The high four bits of a packet's first byte, which also say what it may carry.

    Zero is reserved on the wire; here it stands for the will inside a CONNECT.
    """

    WILL = 0
    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


class Property(IntEnum):
    """A property's identifier."""

    PAYLOAD_FORMAT_INDICATOR = 0x01
    MESSAGE_EXPIRY_INTERVAL = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_IDENTIFIER = 0x0B
    SESSION_EXPIRY_INTERVAL = 0x11
    ASSIGNED_CLIENT_IDENTIFIER = 0x12
    SERVER_KEEP_ALIVE = 0x13
    AUTHENTICATION_METHOD = 0x15
    AUTHENTICATION_DATA = 0x16
    REQUEST_PROBLEM_INFORMATION = 0x17
    WILL_DELAY_INTERVAL = 0x18
    REQUEST_RESPONSE_INFORMATION = 0x19
    RESPONSE_INFORMATION = 0x1A
    SERVER_REFERENCE = 0x1C
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    TOPIC_ALIAS_MAXIMUM = 0x22
    TOPIC_ALIAS = 0x23
    MAXIMUM_QOS = 0x24
    RETAIN_AVAILABLE = 0x25
    USER_PROPERTY = 0x26
    MAXIMUM_PACKET_SIZE = 0x27
    WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28
    SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29
    SHARED_SUBSCRIPTION_AVAILABLE = 0x2A


@dataclass(frozen=True, slots=True)
class Properties:
    """What came along with a packet; a property that is absent is simply not there.

    `subscriptions` are subscription identifiers: one at most in a SUBSCRIBE, and in a PUBLISH to a
    client those of all its subscriptions that it falls under.
    """

    values: Mapping[Property, Value] = field(default_factory=dict)
    user: tuple[tuple[str, str], ...] = ()
    subscriptions: tuple[int, ...] = ()

    def number(self, which: Property, absent: int = 0) -> int:
        """A property that holds a number, or `absent`."""
        value = self.values.get(which, absent)
        return value if isinstance(value, int) else absent

    def text(self, which: Property) -> str:
        """A property that holds text, or ""."""
        value = self.values.get(which, "")
        return value if isinstance(value, str) else ""


NOTHING = Properties()


class Shape(NamedTuple):
    """How a property's value is read and written, and the least it may be."""

    read: Callable[[Reader], Value]
    size: int = 0  # bytes of a fixed-size number; 0 for the others
    least: int = 0


def _topic(reader: Reader) -> str:
    topic = reader.text()
    if not is_topic(topic):
        raise Malformed(Reason.PROTOCOL_ERROR)
    return topic


_FLAG = Shape(Reader.flag, 1)
_SHORT = Shape(Reader.short, 2)
_COUNT = Shape(Reader.short, 2, least=1)
_LONG = Shape(Reader.long, 4)
_SIZE = Shape(Reader.long, 4, least=1)
_VARIABLE = Shape(Reader.variable, least=1)
_TEXT = Shape(Reader.text)
_DATA = Shape(Reader.data)

_MESSAGE = frozenset({PacketType.PUBLISH, PacketType.WILL})
_CONNECTING = frozenset({PacketType.CONNECT, PacketType.CONNACK})
_CONNACK = frozenset({PacketType.CONNACK})
_AUTHENTICATING = _CONNECTING | {PacketType.AUTH}
_ACKNOWLEDGING = frozenset(
    {
        PacketType.PUBACK,
        PacketType.PUBREC,
        PacketType.PUBREL,
        PacketType.PUBCOMP,
        PacketType.SUBACK,
        PacketType.UNSUBACK,
    }
)

TABLE: Mapping[int, tuple[Property, Shape, frozenset[PacketType]]] = {
    which.value: (which, shape, where)
    for which, shape, where in (
        (Property.PAYLOAD_FORMAT_INDICATOR, _FLAG, _MESSAGE),
        (Property.MESSAGE_EXPIRY_INTERVAL, _LONG, _MESSAGE),
        (Property.CONTENT_TYPE, _TEXT, _MESSAGE),
        (Property.RESPONSE_TOPIC, Shape(_topic), _MESSAGE),
        (Property.CORRELATION_DATA, _DATA, _MESSAGE),
        (
            Property.SUBSCRIPTION_IDENTIFIER,
            _VARIABLE,
            frozenset({PacketType.PUBLISH, PacketType.SUBSCRIBE}),
        ),
        (Property.SESSION_EXPIRY_INTERVAL, _LONG, _CONNECTING | {PacketType.DISCONNECT}),
        (Property.ASSIGNED_CLIENT_IDENTIFIER, _TEXT, _CONNACK),
        (Property.SERVER_KEEP_ALIVE, _SHORT, _CONNACK),
        (Property.AUTHENTICATION_METHOD, _TEXT, _AUTHENTICATING),
        (Property.AUTHENTICATION_DATA, _DATA, _AUTHENTICATING),
        (Property.REQUEST_PROBLEM_INFORMATION, _FLAG, frozenset({PacketType.CONNECT})),
        (Property.WILL_DELAY_INTERVAL, _LONG, frozenset({PacketType.WILL})),
        (Property.REQUEST_RESPONSE_INFORMATION, _FLAG, frozenset({PacketType.CONNECT})),
        (Property.RESPONSE_INFORMATION, _TEXT, _CONNACK),
        (Property.SERVER_REFERENCE, _TEXT, frozenset({PacketType.CONNACK, PacketType.DISCONNECT})),
        (
            Property.REASON_STRING,
            _TEXT,
            _ACKNOWLEDGING | {PacketType.CONNACK, PacketType.DISCONNECT, PacketType.AUTH},
        ),
        (Property.RECEIVE_MAXIMUM, _COUNT, _CONNECTING),
        (Property.TOPIC_ALIAS_MAXIMUM, _SHORT, _CONNECTING),
        (Property.TOPIC_ALIAS, _SHORT, frozenset({PacketType.PUBLISH})),
        (Property.MAXIMUM_QOS, _FLAG, _CONNACK),
        (Property.RETAIN_AVAILABLE, _FLAG, _CONNACK),
        (Property.USER_PROPERTY, _TEXT, frozenset(PacketType)),
        (Property.MAXIMUM_PACKET_SIZE, _SIZE, _CONNECTING),
        (Property.WILDCARD_SUBSCRIPTION_AVAILABLE, _FLAG, _CONNACK),
        (Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE, _FLAG, _CONNACK),
        (Property.SHARED_SUBSCRIPTION_AVAILABLE, _FLAG, _CONNACK),
    )
}


def read_properties(reader: Reader, carrier: PacketType) -> Properties:
    """Read a property block; unknown, misplaced, doubled or impossible ones are refused."""
    length = reader.variable()
    if length == 0:
        return NOTHING
    block = reader.part(length)
    values: dict[Property, Value] = {}
    user: list[tuple[str, str]] = []
    subscriptions: list[int] = []
    while block.more():
        which, shape = _next_kind(block, carrier)
        if which is Property.USER_PROPERTY:
            user.append((block.text(), block.text()))
        elif which is Property.SUBSCRIPTION_IDENTIFIER:
            subscriptions.append(int(_allowed(shape, block.variable())))
        elif which in values:
            raise Malformed(Reason.PROTOCOL_ERROR)
        else:
            values[which] = _allowed(shape, shape.read(block))
    if len(subscriptions) > 1 and carrier is PacketType.SUBSCRIBE:
        raise Malformed(Reason.PROTOCOL_ERROR)
    return Properties(values, tuple(user), tuple(subscriptions))


def _next_kind(block: Reader, carrier: PacketType) -> tuple[Property, Shape]:
    known = TABLE.get(block.variable())
    if known is None or carrier not in known[2]:
        raise Malformed
    return known[0], known[1]


def _allowed(shape: Shape, value: Value) -> Value:
    if isinstance(value, int) and value < shape.least:
        raise Malformed(Reason.PROTOCOL_ERROR)
    return value


def write_properties(properties: Properties) -> bytes:
    """The property block, its length in front."""
    out = bytearray()
    for which, value in properties.values.items():
        out.append(which)
        out += _written(value, TABLE[which][1].size)
    for number in properties.subscriptions:
        out.append(Property.SUBSCRIPTION_IDENTIFIER)
        out += fields.variable(number)
    for name, value in properties.user:
        out.append(Property.USER_PROPERTY)
        out += fields.text(name) + fields.text(value)
    return fields.variable(len(out)) + bytes(out)


def _written(value: Value, size: int) -> bytes:
    match value:
        case int():
            return value.to_bytes(size, "big") if size else fields.variable(value)
        case str():
            return fields.text(value)
        case bytes():
            return fields.data(value)
