"""What can have happened and what can last, in our words: a part of `adapters.contract`."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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
