"""Our own JSON profile, plain or as a CloudEvent: what a vendor without a format maps to.

The topic is `<device>` or `<device>/<anything>`; README.md is the integrator's page, `schema/`
holds the JSON Schemas. Send what the schema allows; what is read here is a little wider: a
bad field beside an alarm never stops the alarm.
"""

from adapters.contract import Binding, Decoded, Inbound, Outcome, Reading
from adapters.inbound.native.body import main_reading, side_levels
from adapters.inbound.native.envelope import open_envelope, someone_else
from adapters.readings import SideFields, urgent
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible


def identify(inbound: Inbound) -> str | None:
    """The first level of the topic; None when there is none."""
    return visible(inbound.topic.partition("/")[0]) or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One message: an event (`kind`) or a level (`channel`, `active`), and levels beside it.

    A heartbeat without a position is a plain sign of life. A message that names another device
    than its topic does is rejected as `identity_mismatch`.
    """
    envelope = open_envelope(strict_json(inbound.payload))
    if (refusal := someone_else(envelope, identify(inbound))) is not None:
        return refusal
    side = SideFields()
    said = main_reading(envelope, binding, side)
    beside = side_levels(envelope.body, binding.device, side)
    return _whole(said, beside, side)


def _whole(said: Reading | None, beside: tuple[Reading, ...], side: SideFields) -> Outcome:
    readings = (said, *beside) if said is not None else beside
    if side.fault is not None and not any(map(urgent, readings)):
        raise side.fault
    return Decoded(readings)
