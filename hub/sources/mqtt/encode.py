"""Packets to bytes."""

from hub.sources.mqtt import fields
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
from hub.sources.mqtt.properties import NOTHING, PacketType, Properties, write_properties
from hub.sources.mqtt.reasons import Reason, return_code

PINGRESP = b"\xd0\x00"


def encode(packet: Packet, version: Version) -> bytes:
    """Write one packet as `version` has it; a CONNECT goes by its own version.

    What 3.1.1 cannot say (reasons, properties) is left out. ValueError when a field is too long.
    """
    match packet:
        case Connect():
            return _frame(PacketType.CONNECT, 0, _connect(packet))
        case Publish():
            flags = packet.duplicate << 3 | packet.qos << 1 | packet.retain
            return _frame(PacketType.PUBLISH, flags, _publish(packet, version))
        case Puback() | Pubrec() | Pubrel() | Pubcomp():
            return _acknowledgement(packet, version)
        case Subscribe() | Suback() | Unsubscribe() | Unsuback():
            return _about_subscriptions(packet, version)
        case Connack() | Disconnect() | Auth():
            return _about_the_connection(packet, version)
        case Pingreq():
            return b"\xc0\x00"
        case Pingresp():
            return PINGRESP


def yes(packet_id: int, qos: int) -> bytes:
    """A plain PUBACK, or PUBREC at QoS 2: the same four bytes in both versions."""
    return (b"\x50\x02" if qos == 2 else b"\x40\x02") + fields.short(packet_id)


def _frame(kind: PacketType, flags: int, body: bytes) -> bytes:
    return bytes((kind << 4 | flags,)) + fields.variable(len(body)) + body


def _properties(properties: Properties, version: Version) -> bytes:
    return write_properties(properties) if version is Version.V5 else b""


def _connect(packet: Connect) -> bytes:
    flags = packet.clean_start << 1
    flags |= (packet.user_name is not None) << 7 | (packet.password is not None) << 6
    will = b""
    if packet.will is not None:
        flags |= 0x04 | packet.will.qos << 3 | packet.will.retain << 5
        will = _will(packet.will, packet.version)
    return (
        fields.data(b"MQTT")
        + bytes((packet.version, flags))
        + fields.short(int(packet.keep_alive.total_seconds()))
        + _properties(packet.properties, packet.version)
        + fields.text(packet.client_id)
        + will
        + (b"" if packet.user_name is None else fields.text(packet.user_name))
        + (b"" if packet.password is None else fields.data(packet.password))
    )


def _will(will: Will, version: Version) -> bytes:
    properties = _properties(will.properties, version)
    return properties + fields.text(will.topic) + fields.data(will.payload)


def _publish(packet: Publish, version: Version) -> bytes:
    packet_id = b"" if packet.packet_id is None else fields.short(packet.packet_id)
    properties = _properties(packet.properties, version)
    return fields.text(packet.topic) + packet_id + properties + packet.payload


def _acknowledgement(packet: Acknowledgement, version: Version) -> bytes:
    kind = PacketType[type(packet).__name__.upper()]
    flags = 2 if kind is PacketType.PUBREL else 0
    body = fields.short(packet.packet_id)
    return _frame(kind, flags, body + _reason(packet.reason, packet.properties, version))


def _reason(reason: Reason, properties: Properties, version: Version) -> bytes:
    if version is not Version.V5 or (reason is Reason.SUCCESS and properties == NOTHING):
        return b""
    return bytes((reason,)) + (b"" if properties == NOTHING else write_properties(properties))


def _about_subscriptions(
    packet: Subscribe | Suback | Unsubscribe | Unsuback, version: Version
) -> bytes:
    head = fields.short(packet.packet_id) + _properties(packet.properties, version)
    match packet:
        case Subscribe():
            wanted = b"".join(map(_subscription, packet.subscriptions))
            return _frame(PacketType.SUBSCRIBE, 2, head + wanted)
        case Unsubscribe():
            unwanted = b"".join(map(fields.text, packet.topic_filters))
            return _frame(PacketType.UNSUBSCRIBE, 2, head + unwanted)
        case Suback():
            reasons = packet.reasons if version is Version.V5 else map(_or_failure, packet.reasons)
            return _frame(PacketType.SUBACK, 0, head + bytes(reasons))
        case Unsuback():
            reasons = packet.reasons if version is Version.V5 else ()
            return _frame(PacketType.UNSUBACK, 0, head + bytes(reasons))


def _subscription(wanted: Subscription) -> bytes:
    options = wanted.qos | wanted.no_local << 2 | wanted.retain_as_published << 3
    return fields.text(wanted.topic_filter) + bytes((options | wanted.retain_handling << 4,))


def _or_failure(reason: Reason) -> Reason:
    return min(reason, Reason.UNSPECIFIED_ERROR)


def _about_the_connection(packet: Connack | Disconnect | Auth, version: Version) -> bytes:
    match packet:
        case Connack():
            code = packet.reason if version is Version.V5 else return_code(packet.reason)
            body = bytes((packet.session_present, code))
            return _frame(PacketType.CONNACK, 0, body + _properties(packet.properties, version))
        case Disconnect():
            body = _reason(packet.reason, packet.properties, version)
            return _frame(PacketType.DISCONNECT, 0, body)
        case Auth():
            return _frame(PacketType.AUTH, 0, _reason(packet.reason, packet.properties, version))
