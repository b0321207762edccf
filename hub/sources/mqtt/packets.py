"""Every MQTT packet as a value; 3.1.1 leaves properties empty and reasons at SUCCESS."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from hub.sources.mqtt.properties import NOTHING, Properties
from hub.sources.mqtt.reasons import Reason


class Version(IntEnum):
    """The protocol level a CONNECT names."""

    V311 = 4
    V5 = 5


@dataclass(frozen=True, slots=True)
class Will:
    """What the client asks to have published when it is lost."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Connect:
    """A client introduces itself."""

    version: Version
    client_id: str
    clean_start: bool = True
    keep_alive: timedelta = timedelta()
    user_name: str | None = None
    password: bytes | None = None
    will: Will | None = None
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Connack:
    """The answer to a CONNECT."""

    reason: Reason = Reason.SUCCESS
    session_present: bool = False
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Publish:
    """A message; `packet_id` is None at QoS 0 and nowhere else."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int | None = None
    duplicate: bool = False
    retain: bool = False
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class _Acknowledgement:
    packet_id: int
    reason: Reason = Reason.SUCCESS
    properties: Properties = NOTHING


class Puback(_Acknowledgement):
    """The "yes" at QoS 1."""

    __slots__ = ()


class Pubrec(_Acknowledgement):
    """The first "yes" at QoS 2: the sender now forgets the payload."""

    __slots__ = ()


class Pubrel(_Acknowledgement):
    """The sender at QoS 2 has forgotten the payload."""

    __slots__ = ()


class Pubcomp(_Acknowledgement):
    """The last word at QoS 2."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic filter and how the client wants it served."""

    topic_filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The client asks for messages."""

    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Suback:
    """One reason for each filter asked for, in the same order."""

    packet_id: int
    reasons: tuple[Reason, ...]
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The client no longer wants these filters."""

    packet_id: int
    topic_filters: tuple[str, ...]
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Unsuback:
    """One reason for each filter given up; 3.1.1 sends none."""

    packet_id: int
    reasons: tuple[Reason, ...] = ()
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Pingreq:
    """The client is still there."""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """So is the server."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The last packet of a connection; in 3.1.1 only a client sends it."""

    reason: Reason = Reason.SUCCESS
    properties: Properties = NOTHING


@dataclass(frozen=True, slots=True)
class Auth:
    """A step of an extended authentication (5.0 only)."""

    reason: Reason = Reason.SUCCESS
    properties: Properties = NOTHING


Acknowledgement = Puback | Pubrec | Pubrel | Pubcomp
Packet = (
    Connect
    | Connack
    | Publish
    | Acknowledgement
    | Subscribe
    | Suback
    | Unsubscribe
    | Unsuback
    | Pingreq
    | Pingresp
    | Disconnect
    | Auth
)
