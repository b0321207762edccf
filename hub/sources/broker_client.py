"""Paho's client, with one thing changed: a message with bad properties is still a message."""

import logging
import struct

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MQTTException

_UNREADABLE = (MQTTException, ValueError, LookupError, struct.error)
log = logging.getLogger(__name__)


class LenientClient(Client):
    """Reads a PUBLISH without its properties when they cannot be read.

    Brokers pass on what they do not check themselves (Mosquitto 2.0.11: U+FEFF in a user property,
    a payload format of 2). Paho ends the connection over it, the broker gives the message again on
    the next one, and so a single message would keep all behind it away for ever.
    """

    def _handle_publish(self) -> MQTTErrorCode:
        try:
            return super()._handle_publish()
        except _UNREADABLE as error:
            if self._protocol != MQTTProtocolVersion.MQTTv5:
                raise
            log.warning("message's properties not read", extra={"error": type(error).__name__})
        first, packet = self._in_packet["command"], bytes(self._in_packet["packet"])
        self._in_packet["packet"] = bytearray(_without_properties(first, packet))
        return super()._handle_publish()


def _without_properties(first: int, packet: bytes) -> bytes:
    """The body of a PUBLISH with none. Raises struct.error or IndexError when it is cut off."""
    (topic,) = struct.unpack_from("!H", packet)
    start = 2 + topic + (2 if first & 0b0110 else 0)
    length = used = 0
    while packet[start + used] & 0x80:
        length |= (packet[start + used] & 0x7F) << (7 * used)
        used += 1
    length |= packet[start + used] << (7 * used)
    return packet[:start] + b"\0" + packet[start + used + 1 + length :]
