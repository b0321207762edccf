"""Why a packet was refused or how it was received: the reason codes of MQTT 5.0, section 2.4."""

from enum import IntEnum


class Reason(IntEnum):
    """A reason code; 3.1.1's few return codes are translated to and from these."""

    SUCCESS = 0x00
    GRANTED_QOS_1 = 0x01
    GRANTED_QOS_2 = 0x02
    DISCONNECT_WITH_WILL = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    CONTINUE_AUTHENTICATION = 0x18
    REAUTHENTICATE = 0x19
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_IDENTIFIER_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    PACKET_IDENTIFIER_IN_USE = 0x91
    PACKET_IDENTIFIER_NOT_FOUND = 0x92
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAXIMUM_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


class Malformed(Exception):
    """These bytes are not MQTT, or not allowed here; `reason` says so in MQTT's own words."""

    def __init__(self, reason: Reason = Reason.MALFORMED_PACKET) -> None:
        super().__init__(reason.name)
        self.reason = reason


_RETURN_CODES = {
    Reason.SUCCESS: 0,
    Reason.UNSUPPORTED_PROTOCOL_VERSION: 1,
    Reason.CLIENT_IDENTIFIER_NOT_VALID: 2,
    Reason.SERVER_UNAVAILABLE: 3,
    Reason.BAD_USER_NAME_OR_PASSWORD: 4,
    Reason.NOT_AUTHORIZED: 5,
}
_FROM_RETURN_CODE = {code: reason for reason, code in _RETURN_CODES.items()}
_TRY_LATER = {Reason.SERVER_BUSY, Reason.QUOTA_EXCEEDED, Reason.CONNECTION_RATE_EXCEEDED}


def return_code(reason: Reason) -> int:
    """The nearest of 3.1.1's six CONNACK return codes (section 3.2.2.3)."""
    return _RETURN_CODES.get(reason, 3 if reason in _TRY_LATER else 5)


def reason_of_return_code(code: int) -> Reason:
    """What a 3.1.1 CONNACK return code means; Malformed when it is a reserved one."""
    try:
        return _FROM_RETURN_CODE[code]
    except KeyError as error:
        raise Malformed from error


def reason_of(code: int) -> Reason:
    """The reason behind a byte; Malformed when 5.0 does not know it."""
    try:
        return Reason(code)
    except ValueError as error:
        raise Malformed from error
