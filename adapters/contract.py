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

CONTRACT = "1.0"
MOST_BYTES = 64 * 1024
MOST_READINGS = 50

Scalar = str | int | float | bool
NOTHING: Mapping[str, Scalar] = MappingProxyType({})


class Kind(StrEnum):
    """Everything that can have happened, in our words: `family.kind`."""

    BUTTON = "alarm.button"
    FALL = "alarm.fall"
    NO_MOVEMENT_AFTER_FALL = "alarm.no_movement_after_fall"
    PULL_CORD = "alarm.pull_cord"
    SMOKE = "alarm.smoke"
    CO = "alarm.co"
    GAS = "alarm.gas"
    LEFT_HOME = "alarm.left_home"
    WANDERING = "alarm.wandering"
    BED_EXIT = "alarm.bed_exit"
    WATER = "alarm.water"
    MANUAL = "alarm.manual"
    VITAL = "alarm.vital"
    NOT_BACK_IN_BED = "lifestyle.not_back_in_bed"
    INACTIVITY = "lifestyle.inactivity"
    NOT_UP = "lifestyle.not_up"
    NOT_HOME = "lifestyle.not_home"
    LONG_IN_BATHROOM = "lifestyle.long_in_bathroom"
    MOVEMENT_WHILE_AWAY = "lifestyle.movement_while_away"
    TOILET_FREQUENCY = "lifestyle.toilet_frequency"
    RESTLESS_NIGHT = "lifestyle.restless_night"
    SLOWER = "lifestyle.slower"
    LESS_ACTIVE = "lifestyle.less_active"
    MISSED_DOSE = "medication.missed_dose"
    SEVERAL_MISSED = "medication.several_missed"
    DISPENSED = "medication.dispensed"
    TAKEN = "medication.taken"
    EARLY_RELEASE = "medication.early_release"
    REFUSED = "medication.refused"
    STOCK_LOW = "medication.stock_low"
    REFILL_DUE = "medication.refill_due"
    JAM = "medication.jam"
    LID_OPEN = "medication.lid_open"
    DISPENSER_OFFLINE = "medication.dispenser_offline"
    LEFT_ZONE = "location.left_zone"
    ENTERED_FORBIDDEN_ZONE = "location.entered_forbidden_zone"
    DWELL = "location.dwell"
    NOT_BACK_IN_TIME = "location.not_back_in_time"
    RETURNED = "location.returned"
    NO_FIX = "location.no_fix"
    NOT_WORN = "location.not_worn"
    BATTERY_LOW = "technical.battery_low"
    BATTERY_CRITICAL = "technical.battery_critical"
    MAINS_LOST = "technical.mains_lost"
    MAINS_RESTORED = "technical.mains_restored"
    TAMPER = "technical.tamper"
    FAULT = "technical.fault"
    OFFLINE = "technical.offline"
    GATEWAY_OFFLINE = "technical.gateway_offline"
    VENDOR_SILENT = "technical.vendor_silent"
    UNDECODABLE = "technical.undecodable"
    UNKNOWN_DEVICE = "technical.unknown_device"
    IDENTITY_MISMATCH = "technical.identity_mismatch"
    CLOCK_WRONG = "technical.clock_wrong"
    KEY_REUSED = "technical.key_reused"
    NOT_WATCHED = "technical.not_watched"
    FALSE_ALARMS = "technical.false_alarms"
    PLAN_REVIEW = "plan.review"
    CARER_PRESENT = "presence.carer_present"
    CARER_DONE = "presence.carer_done"
    HEARTBEAT = "presence.heartbeat"
    TEST = "presence.test"
    OBSERVATION = "observation.noticed"

    @property
    def family(self) -> str:
        """The word before the dot."""
        return self.value.partition(".")[0]


class Phase(StrEnum):
    """Whether the event is a moment, or the start, a change or the end of something lasting."""

    POINT = "point"
    START = "start"
    UPDATE = "update"
    END = "end"


class Channel(StrEnum):
    """What a level can be about. A level with a kind becomes an event when it changes."""

    BED = "bed"  # active: somebody lies in it
    DOOR = "door"  # active: open
    MOTION = "motion"  # active: somebody moves here
    OCCUPANCY = "occupancy"  # active: somebody is here
    SMOKE = "smoke"
    CO = "co"
    GAS = "gas"
    WATER = "water"
    FALL = "fall"
    BATTERY_LOW = "battery_low"
    TAMPER = "tamper"
    MAINS_LOST = "mains_lost"
    OFFLINE = "offline"
    GATEWAY_OFFLINE = "gateway_offline"
    ZONE = "zone"  # active: outside the allowed zone
    JAM = "jam"
    STOCK_LOW = "stock_low"
    LID_OPEN = "lid_open"
    NOT_WORN = "not_worn"
    NO_FIX = "no_fix"
    FAULT = "fault"

    @property
    def kind(self) -> Kind | None:
        """The event that becoming active is; None for a state only the lifestyle rules read."""
        return KIND_OF_CHANNEL.get(self)


KIND_OF_CHANNEL: Mapping[Channel, Kind] = MappingProxyType(
    {
        Channel.SMOKE: Kind.SMOKE,
        Channel.CO: Kind.CO,
        Channel.GAS: Kind.GAS,
        Channel.WATER: Kind.WATER,
        Channel.FALL: Kind.FALL,
        Channel.BATTERY_LOW: Kind.BATTERY_LOW,
        Channel.TAMPER: Kind.TAMPER,
        Channel.MAINS_LOST: Kind.MAINS_LOST,
        Channel.OFFLINE: Kind.OFFLINE,
        Channel.GATEWAY_OFFLINE: Kind.GATEWAY_OFFLINE,
        Channel.ZONE: Kind.LEFT_ZONE,
        Channel.JAM: Kind.JAM,
        Channel.STOCK_LOW: Kind.STOCK_LOW,
        Channel.LID_OPEN: Kind.LID_OPEN,
        Channel.NOT_WORN: Kind.NOT_WORN,
        Channel.NO_FIX: Kind.NO_FIX,
        Channel.FAULT: Kind.FAULT,
    }
)


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
