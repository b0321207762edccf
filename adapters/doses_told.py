"""What is told of doses, in Dutch: missed, not taken yet, a dispenser that is silent or back."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.contract import Edge, Kind, Phase, Scalar
from adapters.doses_state import Dose, Heard, Schedule


def silent(dose: Dose, heard: Heard, schedule: Schedule) -> Edge:
    """Say that nothing is heard of the dispenser while this dose is due."""
    since = "nog nooit gehoord"
    if heard.at is not None:
        since = f"niet gehoord sinds {_day_and_clock(heard.at, dose.due_at, schedule)}"
    due_at = _clock(dose.due_at, schedule)
    text = f"Dispenser {since}; niet bekend of de dosis van {due_at} is ingenomen."
    found = _finding(Kind.DISPENSER_OFFLINE, Phase.START, dose, text)
    return replace(found, value={**found.value, "dose_due": True})


def heard_again(silent_at: datetime, at: datetime) -> Edge:
    """Take back that the dispenser was silent."""
    return Edge(
        device="",
        kind=Kind.DISPENSER_OFFLINE,
        phase=Phase.END,
        occurred_at=at,
        withdraws=True,
        value={"explanation": "De dispenser is weer gehoord."},
        correlation_key=f"silent/{silent_at.isoformat()}",
    )


def reminded(dose: Dose, now: datetime, schedule: Schedule) -> Edge:
    """Say that this dose is not taken yet; nobody is called for it."""
    minutes = (now - dose.due_at) // timedelta(minutes=1)
    text = f"Dosis van {_clock(dose.due_at, schedule)} na {minutes} min nog niet ingenomen."
    return _finding(Kind.DISPENSED, Phase.UPDATE, dose, text)


def missed(dose: Dose, now: datetime, schedule: Schedule, *, silent: bool) -> Edge:
    """Say that this dose is missed; `silent` when the dispenser says nothing at all."""
    minutes = (now - dose.due_at) // timedelta(minutes=1)
    what = "niet ingenomen"
    if silent:
        what = "misschien niet ingenomen: de dispenser zwijgt"
    text = f"Dosis van {_clock(dose.due_at, schedule)} {what}; {minutes} min gewacht."
    return _finding(Kind.MISSED_DOSE, Phase.POINT, dose, text)


def _finding(kind: Kind, phase: Phase, dose: Dose, text: str) -> Edge:
    value: dict[str, Scalar] = {
        "explanation": text,
        "dose_id": dose.id,
        "due_at": dose.due_at.isoformat(),
        "time_critical": dose.time_critical,
    }
    return Edge("", kind, phase, value=value, correlation_key=dose.id or dose.due_at.isoformat())


def _clock(moment: datetime, schedule: Schedule) -> str:
    return f"{moment.astimezone(ZoneInfo(schedule.time_zone)):%H:%M}"


def _day_and_clock(moment: datetime, due_at: datetime, schedule: Schedule) -> str:
    zone = ZoneInfo(schedule.time_zone)
    local, then = moment.astimezone(zone), due_at.astimezone(zone)
    today = local.date() == then.date()
    return f"{local:%H:%M}" if today else f"{local.day}-{local.month} {local:%H:%M}"
