"""What the front door promises, counts and gives up on, as plain values."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one door, and one connection through it, may ask for."""

    connections: int = 6000
    payload_bytes: int = 64 * 1024
    header_bytes: int = 8 * 1024  # topic and properties on top of the payload
    connect_bytes: int = 8 * 1024  # all a stranger can make the hub remember
    unacknowledged: int = 64  # Receive Maximum
    pending_bytes: int = 1024 * 1024
    unassured: int = 1000  # QoS 0 messages waiting to be stored
    unread_bytes: int = 64 * 1024
    connect_within: timedelta = timedelta(seconds=10)
    read_within: timedelta = timedelta(seconds=30)
    second_look: timedelta = timedelta(seconds=1)
    farewell: timedelta = timedelta(seconds=2)
    first_retry: timedelta = timedelta(milliseconds=100)
    slowest_retry: timedelta = timedelta(seconds=5)
    shutdown: timedelta = timedelta(seconds=10)

    @property
    def packet_bytes(self) -> int:
        """Maximum Packet Size: a whole PUBLISH with its header."""
        return self.payload_bytes + self.header_bytes


class Refusal(StrEnum):
    """Why a known gateway lost a message, or its connection, at the door."""

    TOO_LARGE = "too_large"
    QOS_2 = "qos_2"
    MALFORMED = "malformed"
    OVERFLOW = "overflow"  # QoS 0 only: more than may wait


@dataclass(slots=True)
class Counters:
    """Since the door was made: totals, and the two gauges `connections` and `withheld`."""

    connections: int = 0
    withheld: int = 0  # QoS 1 messages whose "yes" is still to come
    received: int = 0
    acknowledged: int = 0
    refused: int = 0  # publishes answered with "not yours", and connections refused for their bytes
    dropped: int = 0  # QoS 0 messages that could not wait any longer
    retried: int = 0
    turned_away: int = 0  # above the number of connections
    unauthorised: int = 0
