"""A lifestyle monitor that sends conclusions: not up, no movement, not back in bed, left home.

The topic is `<box>` or `<box>/<anything>`. README.md is the integrator's page and `schema/` holds
the JSON Schema. Fields that the native profile has too are read as there. Why an insight was
given is told in Dutch, from its figures: never in the vendor's words, which may hold a name.
"""

from dataclasses import replace

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Inbound,
    Kind,
    Outcome,
    Reading,
    Scalar,
)
from adapters.fields import Fields, Unreadable
from adapters.inbound.lifestyle.insight import explained, figures
from adapters.inbound.native.body import main_reading, side_levels
from adapters.inbound.native.envelope import open_envelope, someone_else
from adapters.readings import SideFields, level, urgent
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible

STATUS = "status"
INSIGHTS = {
    "not_up": Kind.NOT_UP,
    "not_home": Kind.NOT_HOME,
    "inactivity": Kind.INACTIVITY,
    "not_back_in_bed": Kind.NOT_BACK_IN_BED,
    "long_in_bathroom": Kind.LONG_IN_BATHROOM,
    "left_home": Kind.LEFT_HOME,
    "wandering": Kind.WANDERING,
    "toilet_frequency": Kind.TOILET_FREQUENCY,
    "restless_night": Kind.RESTLESS_NIGHT,
    "slower": Kind.SLOWER,
    "less_active": Kind.LESS_ACTIVE,
    STATUS: Kind.HEARTBEAT,
}


def identify(inbound: Inbound) -> str | None:
    """The first level of the topic; None when there is none."""
    return visible(inbound.topic.partition("/")[0]) or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One message: a conclusion (`insight`), or that it is over (`over`), and how the box is."""
    message = strict_json(inbound.payload)
    named = message.text("insight")
    if named not in INSIGHTS:
        known = ", ".join(INSIGHTS)
        raise Unreadable("unknown_insight", f"insight: {named!r} is not in the list: {known}")
    side = SideFields()
    over = side.read(message.flag, "over", False)
    plain = {name: message.values[name] for name in message if name != "specversion"}
    body = Fields({**plain, "kind": INSIGHTS[named].value, "withdraws": over})
    envelope = open_envelope(body)
    if (refusal := someone_else(envelope, identify(inbound))) is not None:
        return refusal
    said = main_reading(envelope, binding, side)
    readings = (
        *_conclusion(named, said, body, binding, side),
        *_states(message, binding.device, side),
    )
    if side.fault is not None and not any(map(urgent, readings)):
        raise side.fault
    return Decoded(readings)


def _conclusion(
    named: str, said: Reading | None, body: Fields, binding: Binding, side: SideFields
) -> tuple[Reading, ...]:
    if named == STATUS or not isinstance(said, Edge):
        return ()
    told = figures(body, binding.time_zone, side)
    value: dict[str, Scalar] = {**said.value, **told.value}
    value["explanation"] = explained(named, told, said.occurred_at, binding.time_zone)
    if said.withdraws or not value["explanation"]:
        del value["explanation"]
    return (replace(said, value=value),)


def _states(message: Fields, device: str, side: SideFields) -> tuple[Reading, ...]:
    found: list[Reading] = list(side_levels(message, device, side))
    if (online := side.read(message.flag, "online", None)) is not None:
        found.append(level(device, Channel.OFFLINE, not online))
    return tuple(found)
