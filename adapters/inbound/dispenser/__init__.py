"""A medication dispenser in words of its own trade: doses due, taken and missed, stock, jam.

The topic is `<dispenser>` or `<dispenser>/<anything>`. README.md is the integrator's page and
`schema/` holds the JSON Schema. Fields that the native profile has too are read as there: a bad
field beside a dose never stops the dose.
"""

from dataclasses import replace

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Inbound,
    Kind,
    Level,
    Outcome,
    Phase,
    Reading,
)
from adapters.fields import Fields, Unreadable
from adapters.inbound.native.body import main_reading, side_levels
from adapters.inbound.native.envelope import Envelope, open_envelope, someone_else
from adapters.readings import SideFields, level, urgent
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible

MOST_DOSES = 40  # more than a week of doses; a message may hold 50 readings
LOW_STOCK_DAYS = 3
DUE, SCHEDULE, STATUS, REFILLED = "dose_due", "schedule", "status", "refilled"
EVENTS = {
    DUE: Kind.DISPENSED,
    "dose_dispensed": Kind.DISPENSED,
    "dose_taken": Kind.TAKEN,
    "dose_missed": Kind.MISSED_DOSE,
    "several_missed": Kind.SEVERAL_MISSED,
    "dose_refused": Kind.REFUSED,
    "early_release": Kind.EARLY_RELEASE,
    "refill_due": Kind.REFILL_DUE,
    REFILLED: Kind.REFILL_DUE,
    "battery_critical": Kind.BATTERY_CRITICAL,
    "fault": Kind.FAULT,
    STATUS: Kind.HEARTBEAT,
    SCHEDULE: Kind.HEARTBEAT,
}
_FLAGS = {"jam": Channel.JAM, "lid_open": Channel.LID_OPEN, "stock_low": Channel.STOCK_LOW}


def identify(inbound: Inbound) -> str | None:
    """The first level of the topic; None when there is none."""
    return visible(inbound.topic.partition("/")[0]) or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One message: what happened (`event`), and how the dispenser is.

    A dose that is due, or planned by `schedule`, is the start of `medication.dispensed`; it is
    the hub that waits for it.
    """
    message = strict_json(inbound.payload)
    event = message.text("event")
    if event not in EVENTS:
        known = ", ".join(EVENTS)
        raise Unreadable("unknown_event", f"event: {event!r} is not in the list: {known}")
    envelope = _native(message, EVENTS[event])
    if (refusal := someone_else(envelope, identify(inbound))) is not None:
        return refusal
    side = SideFields()
    readings = (
        *_happened(event, envelope, binding, side),
        *_states(message, binding.device, side),
    )
    if side.fault is not None and not any(map(urgent, readings)):
        raise side.fault
    return Decoded(readings)


def _native(message: Fields, kind: Kind) -> Envelope:
    """The same message as the native profile would say it."""
    plain = {name: message.values[name] for name in message if name != "specversion"}
    return open_envelope(Fields({**plain, "kind": kind.value}))


def _happened(
    event: str, envelope: Envelope, binding: Binding, side: SideFields
) -> tuple[Reading, ...]:
    if event == SCHEDULE:
        return tuple(_planned(one, binding, side) for one in _doses(envelope.body))
    said = main_reading(envelope, binding, side)
    if not isinstance(said, Edge) or event == STATUS:
        return ()
    if event == DUE:
        said = replace(said, phase=Phase.START, withdraws=False)
    if event == REFILLED:
        said = replace(said, phase=Phase.END, withdraws=True)
    return (_with_patience(said, envelope.body, side),)


def _planned(dose: Fields, binding: Binding, side: SideFields) -> Edge:
    """A dose of the dispenser's own schedule. Raises Unreadable when nobody can say which, when."""
    dose.label("id")
    dose.moment("due_at", binding.time_zone)
    alone = Fields({"kind": Kind.DISPENSED.value, "dose": dict(dose.values)})
    said = main_reading(open_envelope(alone), binding, side)
    assert isinstance(said, Edge)
    planned = replace(said, phase=Phase.START, value={**said.value, "scheduled": True})
    return _with_patience(planned, alone, side)


def _doses(body: Fields) -> tuple[Fields, ...]:
    listed = body.values.get("doses")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable("wrong_value", "doses: send a list of objects with id and due_at")
    if len(listed) > MOST_DOSES:
        raise Unreadable("too_many_doses", f"doses: {len(listed)}, at most {MOST_DOSES}; send less")
    return tuple(
        Fields(one, f"doses[{n}].") for n, one in enumerate(listed) if isinstance(one, dict)
    )


def _with_patience(said: Edge, body: Fields, side: SideFields) -> Edge:
    """Keep how many minutes after it was due this dose counts as missed."""
    dose = side.read(body.inner, "dose", Fields({}))
    minutes = side.read(dose.number, "missed_after_minutes", None, 5, 24 * 60)
    if minutes is None:
        return said
    return replace(said, value={**said.value, "missed_after_minutes": minutes})


def _states(message: Fields, device: str, side: SideFields) -> tuple[Reading, ...]:
    found: list[Reading] = list(side_levels(message, device, side))
    for name, channel in _FLAGS.items():
        if (active := side.read(message.flag, name, None)) is not None:
            found.append(level(device, channel, active))
    days = side.read(message.number, "stock_days", None, 0, 1000)
    if days is not None and "stock_low" not in message:
        stock = level(device, Channel.STOCK_LOW, days <= LOW_STOCK_DAYS)
        found.append(replace(stock, value={"days": days}))
    if (online := side.read(message.flag, "online", None)) is not None:
        found.append(Level(device, Channel.OFFLINE, not online, kind=Kind.DISPENSER_OFFLINE))
    return tuple(found)
