"""What each kind of event means by default: priority, lane, emergency, who must hear first.

Kinds are the strings of the adapter contract (`alarm.button`). A kind without a row is treated
as the most urgent there is: in doubt, wake somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from escalation.model import Lane, Priority

P1, P2, P3, T, I = Priority.P1, Priority.P2, Priority.P3, Priority.T, Priority.I  # noqa: E741
BODY = "body"
AWAY = "away"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `at_night` replaces the priority between 23 and 07 local time.

    `trend` is the daily list for the nurse. `group` is the emergency the kind shares with others.
    """

    priority: Priority
    at_night: Priority | None = None
    group: str = ""
    centre_first: bool = False
    trend: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else decides a default priority.

    `away_open`: an alert about a client who left the zone is open. `dose_due`: the dispenser
    should give a dose now. `time_critical`: the medicine cannot wait.
    """

    at_night: bool = False
    away_open: bool = False
    dose_due: bool = False
    time_critical: bool = False


UNKNOWN = Rule(P1)
RULES: Mapping[str, Rule] = {
    "alarm.button": Rule(P1, group=BODY),
    "alarm.fall": Rule(P1, group=BODY),
    "alarm.no_movement_after_fall": Rule(P1, group=BODY, centre_first=True),
    "alarm.pull_cord": Rule(P1, group=BODY),
    "alarm.smoke": Rule(P1, centre_first=True),
    "alarm.co": Rule(P1, centre_first=True),
    "alarm.gas": Rule(P1, centre_first=True),
    "alarm.left_home": Rule(P2, at_night=P1, group=AWAY),
    "alarm.wandering": Rule(P2, at_night=P1, group=AWAY),
    "alarm.bed_exit": Rule(P2, group=BODY),
    "alarm.water": Rule(P2),
    "alarm.manual": Rule(P2),
    "alarm.vital": Rule(P2),
    "lifestyle.not_back_in_bed": Rule(P2, group=BODY),
    "lifestyle.inactivity": Rule(P2, group=BODY),
    "lifestyle.not_up": Rule(P3),
    "lifestyle.not_home": Rule(P3),
    "lifestyle.long_in_bathroom": Rule(P2, group=BODY),
    "lifestyle.movement_while_away": Rule(P3),
    "lifestyle.toilet_frequency": Rule(I, trend=True),
    "lifestyle.restless_night": Rule(I, trend=True),
    "lifestyle.slower": Rule(I, trend=True),
    "lifestyle.less_active": Rule(I, trend=True),
    "medication.missed_dose": Rule(P3, trend=True),
    "medication.several_missed": Rule(P2),
    "medication.dispensed": Rule(I),
    "medication.taken": Rule(I),
    "medication.early_release": Rule(I),
    "medication.refused": Rule(I),
    "medication.stock_low": Rule(T),
    "medication.refill_due": Rule(T),
    "medication.jam": Rule(T),
    "medication.lid_open": Rule(T),
    "medication.dispenser_offline": Rule(T),
    "location.left_zone": Rule(P2, at_night=P1, group=AWAY),
    "location.entered_forbidden_zone": Rule(P2, at_night=P1, group=AWAY),
    "location.dwell": Rule(P2),
    "location.not_back_in_time": Rule(P2, group=AWAY),
    "location.returned": Rule(I),
    "location.no_fix": Rule(T, group=AWAY),
    "location.not_worn": Rule(T, group=AWAY),
    "technical.battery_low": Rule(T),
    "technical.battery_critical": Rule(T),
    "technical.mains_lost": Rule(T),
    "technical.mains_restored": Rule(I),
    "technical.tamper": Rule(T),
    "technical.fault": Rule(T),
    "technical.offline": Rule(T),
    "technical.gateway_offline": Rule(P2),  # an outage silences every client behind it
    "technical.vendor_silent": Rule(P2),
    "technical.undecodable": Rule(T),
    "technical.unknown_device": Rule(T),
    "technical.identity_mismatch": Rule(T),
    "technical.clock_wrong": Rule(T),
    "technical.key_reused": Rule(T),
    "technical.not_watched": Rule(T),
    "technical.false_alarms": Rule(T),
    "plan.review": Rule(T),
    "presence.carer_present": Rule(I),
    "presence.carer_done": Rule(I),
    "presence.heartbeat": Rule(I),
    "presence.test": Rule(I),
    "observation.noticed": Rule(I, trend=True),
}

TAKES_BACK: Mapping[str, frozenset[str]] = {
    "technical.mains_restored": frozenset({"technical.mains_lost"}),
    "medication.taken": frozenset({"medication.missed_dose"}),
    "location.returned": frozenset({AWAY}),
}


def default_priority(kind: str, when: Circumstances) -> Priority:
    """The priority of a kind where no agreement says otherwise."""
    rule = RULES.get(kind, UNKNOWN)
    if when.at_night and rule.at_night is not None:
        return rule.at_night
    match kind:
        case "medication.missed_dose" if when.time_critical:
            return P2
        case "medication.jam" | "medication.dispenser_offline" if when.dose_due:
            return P3
        case "location.no_fix" | "location.not_worn" if when.away_open:
            return P1
    return rule.priority


def lane(kind: str, priority: Priority) -> Lane | None:
    """Where an event of this kind and priority goes; None: kept, and nobody is told.

    ALARM and QUEUE open an alert, TREND is a line on the nurse's daily list.
    """
    if priority is T:
        return Lane.QUEUE
    if priority is not I:
        return Lane.ALARM
    return Lane.TREND if RULES.get(kind, UNKNOWN).trend else None


def emergency(kind: str, priority: Priority) -> str:
    """The matter an alert of this kind is about; events of one matter share one alert.

    In the technical queue every kind is its own matter (and every device: see grouping).
    """
    return kind if priority is T else group(kind)


def group(kind: str) -> str:
    """The emergency a kind belongs to: `body`, `away`, or its own."""
    return RULES.get(kind, UNKNOWN).group or kind


def needs_centre(kind: str) -> bool:
    """Whether the care centre is in the first step of every plan, whatever was agreed."""
    return RULES.get(kind, UNKNOWN).centre_first


def takes_back(kind: str) -> frozenset[str]:
    """The emergencies an event of this kind says are over: `taken` after a missed dose."""
    return TAKES_BACK.get(kind, frozenset())


def family(kind: str) -> str:
    """The word before the dot."""
    return kind.partition(".")[0]
