"""Zigbee2MQTT: buttons, contacts, bed pads, motion, falls, smoke, gas, water, as they come.

Works on the messages of Zigbee2MQTT 1.x and 2.x with its own topics, with or without the base
topic `zigbee2mqtt` in front. README.md says how to connect one.
"""

from adapters.contract import Binding, Decoded, Ignored, Inbound, Outcome, Reading
from adapters.fields import Fields
from adapters.inbound.zigbee2mqtt import bridge, sensors
from adapters.inbound.zigbee2mqtt.topics import About, Subject, subject
from adapters.readings import SideFields, rings, urgent
from adapters.strict_json import rejects_unreadable


def identify(inbound: Inbound) -> str | None:
    """The device's friendly name; None when the bridge speaks for itself.

    Friendly names may contain slashes. A `bridge/event` is about the device it names.
    """
    about = subject(inbound)
    if about.what is About.BRIDGE:
        return bridge.named_device(about.name, inbound.payload)
    return about.name or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One message of a device, its availability, or the bridge; several readings are usual.

    A message that repeats cached state repeats levels, which is harmless, and no press.
    """
    about = subject(inbound)
    match about.what:
        case About.BRIDGE:
            return bridge.decode(about.name, inbound.payload, binding)
        case About.AVAILABILITY:
            return bridge.availability(inbound.payload, binding)
        case About.COMMAND:
            return Ignored("a command to a device, not a report of one")
        case About.DEVICE:
            return _report(about, binding)


def _report(about: Subject, binding: Binding) -> Outcome:
    state = about.state()
    if (refusal := sensors.someone_else(state, about.name)) is not None:
        return refusal
    heart, side = SideFields(), SideFields()
    found = sensors.readings(state, binding, heart, side)
    if not any(map(rings, found)):
        _raise_faults(found, heart, side)
    return Decoded(found) if found else _nothing_to_say(state, binding)


def _raise_faults(found: tuple[Reading, ...], heart: SideFields, side: SideFields) -> None:
    if heart.fault is not None:
        raise heart.fault
    if side.fault is not None and not any(map(urgent, found)):
        raise side.fault


def _nothing_to_say(state: Fields, binding: Binding) -> Outcome:
    if (action := sensors.action_of(state)) == "":
        return Decoded(())
    role = binding.role or "none"
    return Ignored(f"action {action!r} of a device with role {role}: alarm_button makes it ring")
