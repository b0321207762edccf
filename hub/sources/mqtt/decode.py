"""Bytes to packets: strict, bounded, and never raising anything but Malformed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from hub.sources.mqtt.fields import Reader
from hub.sources.mqtt.packets import (
    Acknowledgement,
    Auth,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from hub.sources.mqtt.properties import NOTHING, PacketType, Properties, Property, read_properties
from hub.sources.mqtt.reasons import Malformed, Reason, reason_of, reason_of_return_code
from hub.sources.mqtt.topics import is_topic


class Frame(NamedTuple):
    """Where one whole packet lies in a buffer: its first byte, then body from `start` to `end`."""

    first: int
    start: int
    end: int


def next_frame(buffer: bytes | bytearray, at: int, largest: int, most: int = 0) -> Frame | None:
    """Find the packet that begins at `at`; None while it is not all there.

    `largest` bounds the whole packet in bytes: a longer one is Malformed with
    PACKET_TOO_LARGE as soon as its header is seen, before its body is kept. A longer PUBLISH of
    at most `most` bytes is found once `largest` bytes of it are there, for the rest to be skipped.
    """
    available = len(buffer)
    length = shift = 0
    here = at + 1
    while here < available:
        digit = buffer[here]
        here += 1
        length |= (digit & 0x7F) << shift
        if digit < 0x80:
            end = here + length
            if end - at > largest:
                if end - at > most or buffer[at] >> 4 != PacketType.PUBLISH:
                    raise Malformed(Reason.PACKET_TOO_LARGE)
                return Frame(buffer[at], here, end) if available - at >= largest else None
            return Frame(buffer[at], here, end) if end <= available else None
        shift += 7
        if shift > 21:
            raise Malformed
    return None


def take_out_pings(buffer: bytearray, largest: int, at: int = 0) -> tuple[int, int]:
    """Remove every whole PINGREQ from `at` on; how many there were, and where to go on looking."""
    pings = 0
    try:
        while (frame := next_frame(buffer, at, largest)) is not None:
            if frame.first == PacketType.PINGREQ << 4 and frame.start == frame.end:
                del buffer[at : frame.end]
                pings += 1
            else:
                at = frame.end
    except Malformed:
        return pings, at  # its turn comes after the packets before it
    return pings, at


def decode(first: int, body: bytes, version: Version) -> Packet:
    """Read one packet, of either direction; raises Malformed and nothing else.

    `version` is what the connection agreed on; a CONNECT says its own.
    """
    kind, flags = first >> 4, first & 0x0F
    if kind == PacketType.PUBLISH:
        return _publish(flags, body, version)
    reader = _READERS.get(kind)
    if reader is None or flags != _FLAGS.get(kind, 0):
        raise Malformed
    fields = Reader(body)
    packet = reader(fields, version)
    fields.finish()
    return packet


def _publish(flags: int, body: bytes, version: Version) -> Publish:
    qos = flags >> 1 & 3
    if qos == 3 or (qos == 0 and flags & 8):
        raise Malformed
    fields = Reader(body)
    topic = fields.text()
    packet_id = fields.packet_id() if qos else None
    properties = _properties(fields, version, PacketType.PUBLISH)
    # 5.0 leaves the topic out where an alias stands for it; whoever grants aliases looks it up.
    if not is_topic(topic) and (topic or Property.TOPIC_ALIAS not in properties.values):
        empty = not topic and version is Version.V5
        raise Malformed(Reason.PROTOCOL_ERROR if empty else Reason.MALFORMED_PACKET)
    return Publish(
        topic, fields.rest(), qos, packet_id, bool(flags & 8), bool(flags & 1), properties
    )


def _properties(fields: Reader, version: Version, carrier: PacketType) -> Properties:
    return read_properties(fields, carrier) if version is Version.V5 else NOTHING


def _connect(fields: Reader, _version: Version) -> Connect:
    version = _protocol(fields)
    flags = fields.byte()
    if flags & 0x01 or (flags >> 3 & 3) == 3 or (not flags & 0x04 and flags & 0x38):
        raise Malformed
    if version is Version.V311 and flags & 0x40 and not flags & 0x80:
        raise Malformed
    keep_alive = timedelta(seconds=fields.short())
    properties = _properties(fields, version, PacketType.CONNECT)
    _data_needs_method(properties)
    client_id = fields.text()
    will = _will(fields, flags, version) if flags & 0x04 else None
    user_name = fields.text() if flags & 0x80 else None
    password = fields.data() if flags & 0x40 else None
    clean = bool(flags & 0x02)
    return Connect(version, client_id, clean, keep_alive, user_name, password, will, properties)


def _protocol(fields: Reader) -> Version:
    name, level = fields.data(), fields.byte()
    if name not in {b"MQTT", b"MQIsdp"}:
        raise Malformed(Reason.PROTOCOL_ERROR)
    if name != b"MQTT" or level not in {Version.V311, Version.V5}:
        raise Malformed(Reason.UNSUPPORTED_PROTOCOL_VERSION)
    return Version(level)


def _data_needs_method(properties: Properties) -> None:
    known = properties.values
    if Property.AUTHENTICATION_DATA in known and Property.AUTHENTICATION_METHOD not in known:
        raise Malformed(Reason.PROTOCOL_ERROR)


def _will(fields: Reader, flags: int, version: Version) -> Will:
    properties = _properties(fields, version, PacketType.WILL)
    topic, payload = fields.text(), fields.data()
    if not is_topic(topic):
        raise Malformed
    return Will(topic, payload, flags >> 3 & 3, bool(flags & 0x20), properties)


def _connack(fields: Reader, version: Version) -> Connack:
    present = bool(fields.flag())
    code = fields.byte()
    reason = reason_of(code) if version is Version.V5 else reason_of_return_code(code)
    return Connack(reason, present, _properties(fields, version, PacketType.CONNACK))


def _acknowledgement(
    make: Callable[[int, Reason, Properties], Acknowledgement], carrier: PacketType
) -> Callable[[Reader, Version], Acknowledgement]:
    def read(fields: Reader, version: Version) -> Acknowledgement:
        packet_id = fields.packet_id()
        reason, properties = _reason_and_properties(fields, version, carrier)
        return make(packet_id, reason, properties)

    return read


def _reason_and_properties(
    fields: Reader, version: Version, carrier: PacketType
) -> tuple[Reason, Properties]:
    # 5.0 lets a sender leave out both, or the properties alone.
    if version is not Version.V5 or not fields.more():
        return Reason.SUCCESS, NOTHING
    reason = reason_of(fields.byte())
    return reason, read_properties(fields, carrier) if fields.more() else NOTHING


def _subscribe(fields: Reader, version: Version) -> Subscribe:
    packet_id = fields.packet_id()
    properties = _properties(fields, version, PacketType.SUBSCRIBE)
    subscriptions = [_subscription(fields, version)]
    while fields.more():
        subscriptions.append(_subscription(fields, version))
    return Subscribe(packet_id, tuple(subscriptions), properties)


def _subscription(fields: Reader, version: Version) -> Subscription:
    topic_filter, options = _topic_filter(fields), fields.byte()
    if options & (0xC0 if version is Version.V5 else 0xFC) or options & 3 == 3:
        raise Malformed
    handling = options >> 4 & 3
    shared = topic_filter.startswith("$share/")
    if handling == 3 or (options & 4 and shared):
        raise Malformed(Reason.PROTOCOL_ERROR)
    return Subscription(topic_filter, options & 3, bool(options & 4), bool(options & 8), handling)


def _topic_filter(fields: Reader) -> str:
    topic_filter = fields.text()
    if not topic_filter:
        raise Malformed
    return topic_filter


def _suback(fields: Reader, version: Version) -> Suback:
    packet_id = fields.packet_id()
    properties = _properties(fields, version, PacketType.SUBACK)
    reasons = tuple(reason_of(code) for code in fields.rest())
    if not reasons:
        raise Malformed
    return Suback(packet_id, reasons, properties)


def _unsubscribe(fields: Reader, version: Version) -> Unsubscribe:
    packet_id = fields.packet_id()
    properties = _properties(fields, version, PacketType.UNSUBSCRIBE)
    topic_filters = [_topic_filter(fields)]
    while fields.more():
        topic_filters.append(_topic_filter(fields))
    return Unsubscribe(packet_id, tuple(topic_filters), properties)


def _unsuback(fields: Reader, version: Version) -> Unsuback:
    packet_id = fields.packet_id()
    properties = _properties(fields, version, PacketType.UNSUBACK)
    if version is not Version.V5:
        return Unsuback(packet_id)
    reasons = tuple(reason_of(code) for code in fields.rest())
    if not reasons:
        raise Malformed
    return Unsuback(packet_id, reasons, properties)


def _disconnect(fields: Reader, version: Version) -> Disconnect:
    return Disconnect(*_reason_and_properties(fields, version, PacketType.DISCONNECT))


def _auth(fields: Reader, version: Version) -> Auth:
    if version is not Version.V5:
        raise Malformed
    return Auth(*_reason_and_properties(fields, version, PacketType.AUTH))


_FLAGS: Mapping[int, int] = {
    PacketType.PUBREL: 2,
    PacketType.SUBSCRIBE: 2,
    PacketType.UNSUBSCRIBE: 2,
}
_READERS: Mapping[int, Callable[[Reader, Version], Packet]] = {
    PacketType.CONNECT: _connect,
    PacketType.CONNACK: _connack,
    PacketType.PUBACK: _acknowledgement(Puback, PacketType.PUBACK),
    PacketType.PUBREC: _acknowledgement(Pubrec, PacketType.PUBREC),
    PacketType.PUBREL: _acknowledgement(Pubrel, PacketType.PUBREL),
    PacketType.PUBCOMP: _acknowledgement(Pubcomp, PacketType.PUBCOMP),
    PacketType.SUBSCRIBE: _subscribe,
    PacketType.SUBACK: _suback,
    PacketType.UNSUBSCRIBE: _unsubscribe,
    PacketType.UNSUBACK: _unsuback,
    PacketType.PINGREQ: lambda _fields, _version: Pingreq(),
    PacketType.PINGRESP: lambda _fields, _version: Pingresp(),
    PacketType.DISCONNECT: _disconnect,
    PacketType.AUTH: _auth,
}
