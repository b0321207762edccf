"""The default ladders by living form, for where no agreement says otherwise."""

from enum import StrEnum

from escalation.kinds import family
from escalation.model import Level, Plan, Priority, Step, Timing
from escalation.timing import REMINDER, TEAM_IN_THE_BUILDING, wait

TEAM_FIRST_FAMILIES = frozenset({"medication"})
RHYTHM_FAMILIES = frozenset({"lifestyle", "location"})
RHYTHM_KINDS = frozenset({"alarm.left_home", "alarm.wandering", "alarm.bed_exit"})


class LivingForm(StrEnum):
    """How a client lives, and so who is near: only the last two have a team in the building."""

    SPREAD = "spread"
    APARTMENTS = "apartments"
    INSTITUTION = "institution"
    CLUSTERED = "clustered"


WITH_A_TEAM = frozenset({LivingForm.INSTITUTION, LivingForm.CLUSTERED})


def default_plan(
    kind: str,
    priority: Priority,
    living_form: LivingForm | None,
    timing: Timing,
    *,
    at_night: bool,
) -> Plan:
    """The ladder for a kind: speech alarms, the rhythm of the day, medication, and technique.

    An unknown living form or family has the built-in ladder: the care centre at once.
    """
    if priority is Priority.T:
        return Plan((Step(Level.TECHNICAL_DESK, REMINDER),), timing, name="technical desk")
    if living_form is None:
        return Plan((_centre(timing),), timing)
    steps = _steps(kind, priority, living_form, timing, at_night=at_night)
    return Plan(steps, timing, name=f"default {living_form}")


def _steps(
    kind: str, priority: Priority, living_form: LivingForm, timing: Timing, *, at_night: bool
) -> tuple[Step, ...]:
    centre = _centre(timing)
    own_team = Step(Level.OWN_TEAM, wait(Level.OWN_TEAM, priority))
    night_partner = Step(Level.NIGHT_PARTNER, wait(Level.NIGHT_PARTNER, priority))
    caregiver = Step(Level.INFORMAL_CAREGIVER, wait(Level.INFORMAL_CAREGIVER, priority))
    if family(kind) in TEAM_FIRST_FAMILIES:
        return (own_team, centre)
    if family(kind) in RHYTHM_FAMILIES or kind in RHYTHM_KINDS:
        return (centre, night_partner, centre) if at_night else (caregiver, own_team, centre)
    if family(kind) != "alarm":
        return (centre,)
    if living_form in WITH_A_TEAM:
        return (Step(Level.OWN_TEAM, TEAM_IN_THE_BUILDING), centre)
    return (centre, night_partner if at_night else own_team, centre)


def _centre(timing: Timing) -> Step:
    """The care centre first has as long as it repeats."""
    return Step(Level.CARE_CENTRE, timing.centre_repeats)
