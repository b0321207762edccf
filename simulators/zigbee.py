"""What Zigbee2MQTT publishes for the sensors of a home: one JSON object per device and change.

Shapes follow the Zigbee2MQTT documentation: a contact of a door is true when closed, a bed pad
is exposed as a contact that is true when somebody lies on it, and every message repeats the
whole cached state with battery and link quality.
"""

import json
from random import Random


def topic(name: str) -> str:
    """The topic of a device under Zigbee2MQTT's default base topic."""
    return f"zigbee2mqtt/{name}"


def sos(luck: Random) -> bytes:
    """An SOS button pressed."""
    return _state(luck, action="emergency", voltage=3000)


def bed(luck: Random, *, occupied: bool) -> bytes:
    """A bed pad: the contact is made while somebody lies on it."""
    return _state(luck, contact=occupied, tamper=False, battery_low=False)


def door(luck: Random, *, is_open: bool) -> bytes:
    """A door contact: false means open."""
    return _state(luck, contact=not is_open, tamper=False, battery_low=False)


def motion(luck: Random, *, seen: bool) -> bytes:
    """A motion sensor."""
    return _state(luck, occupancy=seen, tamper=False, battery_low=False)


def smoke(luck: Random, *, alarm: bool) -> bytes:
    """A smoke detector, no self-test."""
    return _state(luck, smoke=alarm, test=False, tamper=False, battery_low=False)


def _state(luck: Random, **values: bool | int | str) -> bytes:
    health = {"battery": luck.randint(70, 100), "linkquality": luck.randint(60, 180)}
    return json.dumps(values | health).encode()
