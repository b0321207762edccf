"""What the attributes of a Zigbee device say, given what the device is used for."""

from collections.abc import Iterator
from dataclasses import replace

from adapters.contract import Binding, Channel, Edge, Kind, Level, Reading, Rejected
from adapters.fields import Fields
from adapters.readings import SideFields, battery, level

# Never anything but a call for help, whatever the device is bound as (the first three are
# commands of an alarm keypad).
_CALLS_FOR_HELP = frozenset({"emergency", "panic", "fire", "sos"})
_ENDS_OF_A_PRESS = ("release", "stop")
_KIND_OF_ROLE = {"alarm_button": Kind.BUTTON, "pull_cord": Kind.PULL_CORD}
_ALARMS = {
    "smoke": Channel.SMOKE,
    "carbon_monoxide": Channel.CO,
    "gas": Channel.GAS,
    "water_leak": Channel.WATER,
}
_HEALTH = {"tamper": Channel.TAMPER, "trouble": Channel.FAULT}
# The radar OWON FDS315; other devices have a `status` of their own, which says nothing to us.
_POSTURES = frozenset({"unoccupied", "occupied", "sitting", "on_the_bed", "low_posture", "falling"})


def readings(
    state: Fields, binding: Binding, heart: SideFields, side: SideFields
) -> tuple[Reading, ...]:
    """All that a device's message says.

    What may call a person is read through `heart`, the rest through `side`.
    """
    found: list[Reading] = [
        *_pressed(state, binding, heart),
        *_alarms(state, binding, heart, side),
        *_falls(state, binding, heart),
        *_presence(state, binding, side),
    ]
    for name, channel in _HEALTH.items():
        if (said := side.read(state.flag, name, None)) is not None:
            found.append(level(binding.device, channel, said))
    if (power := battery(binding.device, state, side)) is not None:
        found.append(power)
    at = side.read(state.moment, "last_seen", None, binding.time_zone)
    return tuple(replace(one, occurred_at=at) for one in found)


def action_of(state: Fields) -> str:
    """The button's word; "" when nothing is pressed (older versions send just that)."""
    heart = SideFields()
    return heart.read(state.text, "action", "") or heart.read(state.text, "click", "")


def someone_else(state: Fields, device: str) -> Rejected | None:
    """Refuse a message whose own device information contradicts its topic."""
    side = SideFields()
    own = side.read(state.inner, "device", Fields({}))
    named = side.read(own.text, "friendlyName", device)
    if named == device:
        return None
    return Rejected(
        "identity_mismatch",
        f"device.friendlyName: the message says {named!r}, its topic {device!r}",
    )


def _pressed(state: Fields, binding: Binding, heart: SideFields) -> Iterator[Edge]:
    kind = _KIND_OF_ROLE.get(binding.role)
    for name in ("action", "click"):
        action = heart.read(state.text, name, "")
        if action.lower() in _CALLS_FOR_HELP:
            yield Edge(binding.device, kind or Kind.BUTTON, value={"action": action})
        elif kind is not None and action != "" and not action.endswith(_ENDS_OF_A_PRESS):
            yield Edge(binding.device, kind, value={"action": action})
    if heart.read(state.flag, "sos", False):
        yield Edge(binding.device, kind or Kind.BUTTON, value={"action": "sos"})


def _alarms(
    state: Fields, binding: Binding, heart: SideFields, side: SideFields
) -> Iterator[Level]:
    test = side.read(state.flag, "test", False)
    for name, channel in _ALARMS.items():
        if (said := heart.read(state.flag, name, None)) is not None:
            yield level(binding.device, channel, said, test=test)


def _falls(state: Fields, binding: Binding, heart: SideFields) -> Iterator[Level]:
    fallen = heart.read(state.text, "fall_down_status", "")
    if fallen != "":
        yield level(binding.device, Channel.FALL, fallen != "none")
    posture = state.values.get("status")
    if not isinstance(posture, str) or posture not in _POSTURES:
        return
    # Any other posture ends the fall, or the next fall would change nothing and not ring. The
    # alert stays open all the same: only a person closes it.
    yield level(binding.device, Channel.FALL, posture == "falling")
    yield Level(
        binding.device, Channel.OCCUPANCY, posture != "unoccupied", value={"posture": posture}
    )
    if binding.role == "bed":
        yield Level(binding.device, Channel.BED, posture == "on_the_bed")


def _presence(state: Fields, binding: Binding, side: SideFields) -> Iterator[Level]:
    is_bed = binding.role == "bed"
    inverted = binding.polarity == "inverted"
    if (contact := side.read(state.flag, "contact", None)) is not None:
        # A closed contact is a shut door, or somebody on the bed pad.
        channel = Channel.BED if is_bed else Channel.DOOR
        yield Level(binding.device, channel, (contact is is_bed) is not inverted)
    for name, usual in (("occupancy", Channel.MOTION), ("presence", Channel.OCCUPANCY)):
        if (seen := side.read(state.flag, name, None)) is not None:
            channel = Channel.BED if is_bed else usual
            yield Level(binding.device, channel, seen is not inverted)
