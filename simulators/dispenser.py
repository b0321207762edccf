"""What a medication dispenser says in the dispenser profile: doses due and taken, and how it is.

One JSON object per message: `event`, `at` with an offset, an `id` that is the same when it is
sent again, and the dose by its own name. It never says that a dose was missed: it may be broken.
"""

import json
from datetime import datetime
from typing import Any

PATIENT, CRITICAL = 75, 45  # minutes after which a dose counts as missed; profile of the adapter


def topic(client: str) -> str:
    """The dispenser of a client."""
    return f"doses-{client}"


def due(device: str, at: datetime, due_at: datetime, *, critical: bool) -> bytes:
    """A dose is offered: it lies in the tray, and the dispenser beeps."""
    dose = _dose(device, due_at) | {
        "time_critical": critical,
        "missed_after_minutes": CRITICAL if critical else PATIENT,
    }
    return _message(device, "dose_due", at, dose=dose)


def taken(device: str, at: datetime, due_at: datetime) -> bytes:
    """The tray was emptied."""
    return _message(device, "dose_taken", at, dose=_dose(device, due_at))


def jam(device: str, at: datetime, *, jammed: bool) -> bytes:
    """The carousel turns no more, or again."""
    return _message(device, "status", at, jam=jammed)


def _dose(device: str, due_at: datetime) -> dict[str, Any]:
    return {"id": f"{device}-{due_at:%H%M}", "due_at": due_at.isoformat()}


def _message(device: str, event: str, at: datetime, **more: Any) -> bytes:
    said = {"event": event, "id": f"{device}-{event}-{at.isoformat()}", "at": at.isoformat()}
    return json.dumps(said | more).encode()
