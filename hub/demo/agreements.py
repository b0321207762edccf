"""What was agreed with the residents of the demo region: the model night, and one exception.

From 23 to 07 the care centre hears of lifestyle and location alarms first, then the regional
night partner, then the care centre again; by day the informal caregiver is first.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from escalation.agreements import Agreement, Consent, ConsentBy, Override
from escalation.model import Level, Priority, Step
from escalation.windows import NIGHT_BEGINS, NIGHT_ENDS, Window
from hub.demo.region import Resident

RHYTHM = ("lifestyle.*", "location.*", "alarm.left_home", "alarm.wandering")
UNSET = UUID(int=0)
# About what may be involuntary care, location among it, they talked as the law wants.
CONSENT = Consent(
    ConsentBy.REPRESENTATIVE, datetime(2025, 1, 1, tzinfo=UTC), measures=("door", "gps")
)


def agreed_with(resident: Resident) -> Iterator[Agreement]:
    """The agreements of one resident; their ids are their rows'."""
    if resident.caregivers:
        yield Agreement(
            id=UNSET,
            name="Nacht: zorgcentrale, dan nachtzorg",
            consent=CONSENT,
            kinds=RHYTHM,
            window=Window(NIGHT_BEGINS, NIGHT_ENDS),
            steps=(
                _step(Level.CARE_CENTRE, 2),
                _step(Level.NIGHT_PARTNER, 3),
                _step(Level.CARE_CENTRE, 3),
            ),
        )
        yield Agreement(
            id=UNSET,
            name="Dag: eerst de mantelzorger",
            consent=CONSENT,
            kinds=RHYTHM,
            window=Window(NIGHT_ENDS, NIGHT_BEGINS),
            steps=(
                _step(Level.INFORMAL_CAREGIVER, 3),
                _step(Level.OWN_TEAM, 5),
                _step(Level.CARE_CENTRE, 3),
            ),
        )
    if resident.dose_matters:
        yield Agreement(
            id=UNSET,
            name="Medicijnen op tijd",
            consent=CONSENT,
            kinds=("medication.*",),
            overrides=(Override("medication.missed_dose", Priority.P2),),
            steps=(_step(Level.OWN_TEAM, 5), _step(Level.CARE_CENTRE, 3)),
        )


def _step(level: Level, minutes: int) -> Step:
    return Step(level, timedelta(minutes=minutes))
