"""What the front door promises, counts and gives up on, as plain values."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

WILL_GRACE = timedelta(seconds=30)  # for clients that we lost, not they us


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one door, and one connection through it, may ask for."""

    connections: int = 6000
    connections_of_an_address: int = 6000
    connections_of_a_gateway: int = 64
    payload_bytes: int = 64 * 1024
    discarded_bytes: int = 16 * 1024 * 1024  # a packet past the limit, up to here, is read past
    kept_of_discarded: int = 256  # bytes of its payload, for people to see what it was
    header_bytes: int = 8 * 1024  # topic and properties on top of the payload
    client_id_characters: int = 512
    longest_session: timedelta = timedelta(days=7)  # what Session Expiry Interval is bounded to
    will_grace: timedelta = WILL_GRACE
    connect_bytes: int = 8 * 1024  # all a stranger can make the hub remember
    aliases: int = 16  # Topic Alias Maximum
    alias_bytes: int = 4 * 1024  # of all topics a connection has numbered
    user_properties: int = 64  # of one message, and
    user_property_bytes: int = 8 * 1024  # their names and values together
    unacknowledged: int = 64  # Receive Maximum
    pending_bytes: int = 1024 * 1024
    ahead_bytes: int = 256 * 1024  # read behind a message there is no room for, to find pings
    all_pending_bytes: int = 256 * 1024 * 1024  # of all connections together
    message_bytes: int = 2 * 1024  # what holding a message costs on top of its bytes
    unassured: int = 1000  # QoS 0 messages waiting to be stored
    packets_in_a_turn: int = 500  # of one connection, before others have theirs
    unread_bytes: int = 64 * 1024
    handshakes: int = 2000  # of TLS, begun and not finished
    handshake_grace: timedelta = timedelta(seconds=2)  # then it makes room for another
    handshake_within: timedelta = timedelta(seconds=10)
    connect_within: timedelta = timedelta(seconds=10)
    free_guesses: int = 3  # wrong passwords from one address before the answer is slowed down
    first_wait: timedelta = timedelta(milliseconds=250)
    longest_wait: timedelta = timedelta(seconds=5)
    guesses_forgotten: timedelta = timedelta(minutes=10)
    guessers: int = 10_000  # addresses remembered
    read_within: timedelta = timedelta(seconds=30)
    second_look: timedelta = timedelta(seconds=1)
    farewell: timedelta = timedelta(seconds=2)
    first_retry: timedelta = timedelta(milliseconds=100)
    slowest_retry: timedelta = timedelta(seconds=5)
    shutdown: timedelta = timedelta(seconds=10)

    @property
    def packet_bytes(self) -> int:
        """The largest PUBLISH that is kept whole, with its header."""
        return self.payload_bytes + self.header_bytes


class Refusal(StrEnum):
    """Why a known gateway, or a broker's connection, lost a message or itself at the door."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    CONNECTIONS = "connections"
    OVERFLOW = "overflow"  # QoS 0 only: more than may wait
    FORGOTTEN = "forgotten"  # by an outside broker: the session in which it kept messages for us


@dataclass(slots=True)
class Counters:
    """Totals since the door was made; `connections`, `withheld` and `pending_bytes` are gauges."""

    connections: int = 0
    withheld: int = 0  # messages of QoS 1 and 2 whose "yes" is still to come
    pending_bytes: int = 0  # what all messages not yet stored take up
    received: int = 0
    acknowledged: int = 0
    refused: int = 0  # publishes not ours or too large, and connections refused for their bytes
    dropped: int = 0  # QoS 0 messages that could not wait any longer
    retried: int = 0
    turned_away: int = 0  # above the number of connections
    unauthorised: int = 0
    handshakes_failed: int = 0  # of TLS
