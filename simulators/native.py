"""What a pendant, lifestyle box, dispenser or tracker says in Nachtwacht's own JSON profile.

One JSON object per message on the topic of the device: `kind` for an event or `channel` and
`active` for something that lasts, `at` with an offset, and an `id` that is the same when the
same message is sent again.
"""

import json
from datetime import datetime
from typing import Any

# In the North Sea, where nobody lives: no walk of a pretender passes a real front door.
HARBOUR = (53.25, 3.5)


def pressed(device: str, at: datetime) -> bytes:
    """A pendant's button."""
    return _event(device, "alarm.button", at, battery=84)


def fell(device: str, at: datetime) -> bytes:
    """A pendant that noticed a fall."""
    return _event(device, "alarm.fall", at, battery=84)


def inactive(device: str, at: datetime, minutes: int) -> bytes:
    """A lifestyle box that has seen nobody for so many minutes."""
    return _event(device, "lifestyle.inactivity", at, value={"minutes": minutes})


def dose(device: str, what: str, at: datetime, due_at: datetime, *, critical: bool) -> bytes:
    """A dispenser about one dose: `dispensed`, `taken` or `missed_dose`."""
    own = {
        "id": f"{device}-{due_at:%Y%m%dT%H%M}",
        "due_at": due_at.isoformat(),
        "time_critical": critical,
    }
    return _event(device, f"medication.{what}", at, dose=own)


def zone(device: str, at: datetime, *, outside: bool, metres: float) -> bytes:
    """A tracker that crossed its fence, `metres` from home."""
    return _message(
        device,
        f"zone-{outside}",
        at,
        channel="zone",
        active=outside,
        position=_position(metres, at),
    )


def walking(device: str, at: datetime, metres: float) -> bytes:
    """A tracker that says where it is."""
    return _event(device, "presence.heartbeat", at, position=_position(metres, at))


def carer(device: str, at: datetime) -> bytes:
    """A carer held their badge to the pendant: somebody is with the client."""
    return _event(device, "presence.carer_present", at)


def mains(device: str, at: datetime, *, lost: bool) -> bytes:
    """A base station that lost its mains, or has it back."""
    return _message(device, f"mains-{lost}", at, channel="mains_lost", active=lost)


def low(device: str, at: datetime) -> bytes:
    """A sign of life on the last of its battery."""
    return _event(device, "presence.heartbeat", at, battery=8)


def alive(device: str, at: datetime) -> bytes:
    """A sign of life."""
    return _event(device, "presence.heartbeat", at, battery=81)


def _event(device: str, kind: str, at: datetime, **more: Any) -> bytes:
    return _message(device, kind, at, kind=kind, **more)


def _message(device: str, what: str, at: datetime, **fields: Any) -> bytes:
    own = {"device": device, "id": f"{device}-{what}-{at.timestamp():.3f}", "at": at.isoformat()}
    return json.dumps(own | fields).encode()


def _position(metres: float, at: datetime) -> dict[str, Any]:
    lat, lon = HARBOUR
    return {
        "lat": round(lat + metres / 111_320, 6),
        "lon": lon,
        "accuracy_m": 12,
        "fixed_at": at.isoformat(),
    }
