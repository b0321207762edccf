"""The integrator's page: what an adapter is given and what it answers.

An inbound adapter is a module with two pure functions, found through the entry-point group
`nachtwacht.adapters` and switched on by name in the settings:

    def identify(inbound: Inbound) -> str | None      # the device's key, None when nobody's
    def decode(inbound: Inbound, binding: Binding) -> Outcome

A message about no device is decoded too, with a binding whose `device` is empty: it speaks
of the gateway itself. Every reading names the device of its binding.
Pure means: no clock, no I/O, no state, no randomness. At most 64 KiB in and 50 readings out.
An exception is a `Rejected("adapter_error")` that people see. Adapters state facts; who is
called, and how urgent it is, comes from the care plan alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from adapters.kinds import Channel, Kind, Phase

__all__ = [
    "CONTRACT",
    "MOST_BYTES",
    "MOST_READINGS",
    "NOTHING",
    "Binding",
    "Call",
    "Channel",
    "Counter",
    "Decoded",
    "Edge",
    "Ignored",
    "Inbound",
    "InboundAdapter",
    "Kind",
    "Level",
    "Message",
    "OutboundAdapter",
    "Outcome",
    "Phase",
    "Position",
    "ProofOfCopy",
    "Reading",
    "Rejected",
    "Scalar",
    "Verdict",
]

CONTRACT = "1.0"
MOST_BYTES = 64 * 1024
MOST_READINGS = 50

Scalar = str | int | float | bool
NOTHING: Mapping[str, Scalar] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as it came in. `topic` is the vendor's own, without our prefix."""

    topic: str
    payload: bytes
    received_at: datetime
    principal: str
    content_type: str = ""
    qos: int = 1
    replayed: bool = False
    user_properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """What the registry knows of one device. `options` are the adapter's own settings for it.

    `role` says what it is used for: `alarm_button`, `pull_cord`, `bed`, `outside_door`, or
    empty. `polarity` is `inverted` when the device says the opposite of what it means.
    """

    device: str
    model: str = ""
    role: str = ""
    polarity: str = ""
    room: str = ""
    time_zone: str = "Europe/Amsterdam"
    hold_off: timedelta = timedelta()
    options: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class ProofOfCopy:
    """A vendor's message id, or boot id and counter: same key and bytes twice is one message."""

    value: str


@dataclass(frozen=True, slots=True)
class Counter:
    """The device's own numbering: in one `series` (a boot, a session) a later reading is higher.

    It tells which of two readings is the newer, whatever the order in which they come in.
    """

    series: str
    number: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a tracker was: WGS 84 degrees, accuracy in metres, the moment of the fix."""

    lat: float
    lon: float
    accuracy_m: float
    fixed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """Something that lasts: `channel` is active or not.

    With a `kind`, becoming active is that event and becoming inactive its end; without,
    it only sets the state (bed, door, motion) from which the lifestyle rules draw.
    """

    device: str
    channel: Channel
    active: bool
    kind: Kind | None = None
    occurred_at: datetime | None = None
    key: ProofOfCopy | None = None
    test: bool = False
    value: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)
    position: Position | None = None
    counter: Counter | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that happened at a moment: pressed, fallen, taken.

    `withdraws` is True when the device takes back what it said: cancelled, restored.
    """

    device: str
    kind: Kind
    phase: Phase = Phase.POINT
    occurred_at: datetime | None = None
    key: ProofOfCopy | None = None
    test: bool = False
    withdraws: bool = False
    value: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)
    position: Position | None = None
    correlation_key: str = ""
    counter: Counter | None = None


Reading = Level | Edge


@dataclass(frozen=True, slots=True)
class Decoded:
    """The message says this; no readings at all is a plain sign of life."""

    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Well-formed and of no interest; `reason` is shown to integrators."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not to be understood. `code` is a word for machines, `detail` names the field and remedy."""

    code: str
    detail: str


Outcome = Decoded | Ignored | Rejected


class InboundAdapter(Protocol):
    """A module that translates one vendor's messages."""

    def identify(self, inbound: Inbound) -> str | None:
        """Say which device speaks, or None when the message is about no device."""

    def decode(self, inbound: Inbound, binding: Binding) -> Outcome:
        """Say what the message means."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request an outbound channel wants sent; the hub sends it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Verdict(StrEnum):
    """What an answer to a call means."""

    TAKEN = "taken"
    TRY_AGAIN = "try_again"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Message:
    """What a contact is to be told: no surname, no address.

    `purpose` is warn, stand_down, ask, tell; `text` is plain Dutch; `answer_url` is where the
    contact's answer goes, empty when none is expected; `key` is the same on every retry.
    """

    key: str
    purpose: str
    text: str
    priority: str
    kind: str
    address: str
    answer_url: str = ""
    answers: tuple[str, ...] = ()


class OutboundAdapter(Protocol):
    """A module that speaks one channel."""

    def build(self, message: Message) -> Call:
        """Build the request that tells one contact."""

    def judge(self, status: int, body: bytes) -> Verdict:
        """Say whether the channel took it."""
