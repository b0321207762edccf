"""`nachtwacht adapter try`: what one message becomes, said step by step."""

from collections.abc import Iterator
from datetime import datetime

from adapters.contract import (
    Binding,
    Decoded,
    Ignored,
    Inbound,
    InboundAdapter,
    Level,
    Reading,
    Rejected,
)
from escalation.kinds import RULES, UNKNOWN
from escalation.model import Priority
from hub.decoders.translation import identify, translate
from hub.words.kinds import KINDS


def told(adapter: InboundAdapter, inbound: Inbound, registered: Binding) -> Iterator[str]:
    """Say who speaks, what is read, which events come of it, and what an alert would be.

    `registered` is what the registry says of the device, whose key is filled in here.
    """
    device = identify(adapter, inbound)
    if isinstance(device, Rejected):
        yield from _rejected(device)
        return
    yield f"device    {device!r}" if device else "device    none: about the gateway itself"
    known = {name: getattr(registered, name) for name in Binding.__slots__}
    outcome = translate(adapter, inbound, Binding(**{**known, "device": device or ""}))
    match outcome:
        case Ignored(reason):
            yield f"ignored   {reason}"
        case Rejected():
            yield from _rejected(outcome)
        case Decoded(()):
            yield "decoded   a plain sign of life: no readings, no event"
        case Decoded(readings):
            for reading in readings:
                yield from _read(reading, inbound.received_at)


def _rejected(outcome: Rejected) -> Iterator[str]:
    yield f"rejected  {outcome.code}: {outcome.detail}"
    yield "          stored, and shown to people; of an alarm device it is work at the care centre"


def _read(reading: Reading, received_at: datetime) -> Iterator[str]:
    if isinstance(reading, Level):
        state = "active" if reading.active else "not active"
        yield f"level     {reading.channel.value}: {state}"
    else:
        taken_back = ", taken back" if reading.withdraws else ""
        yield f"edge      {reading.kind.value} ({reading.phase.value}{taken_back})"
    yield from _details(reading, received_at)
    if reading.kind is None:
        yield "  event   none: it only sets the state that the lifestyle rules read"
        return
    rule = RULES.get(reading.kind.value, UNKNOWN)
    yield f"  event   {reading.kind.value}, {KINDS.get(reading.kind.value, 'no word for it yet')}"
    yield f"  alert   {_alert(reading, rule.priority, rule.at_night)}"


def _details(reading: Reading, received_at: datetime) -> Iterator[str]:
    at = reading.occurred_at
    moment = f"{at.isoformat()} (the device's)" if at else f"{received_at.isoformat()} (received)"
    yield f"  at      {moment}"
    if reading.key is not None:
        yield f"  copy    known by {reading.key.value}"
    if reading.counter is not None:
        yield f"  order   {reading.counter.number} of {reading.counter.series}"
    if (place := reading.position) is not None:
        yield f"  place   {place.lat} {place.lon}, within {place.accuracy_m:g} m"
    if not isinstance(reading, Level) and reading.correlation_key:
        yield f"  matter  {reading.correlation_key}"
    for name, value in reading.value.items():
        yield f"  value   {name} = {value!r}"
    if reading.test:
        yield "  test    says that it is one; it rings, marked, unless a test mode is open"


def _alert(reading: Reading, priority: Priority, at_night: Priority | None) -> str:
    ends = (isinstance(reading, Level) and not reading.active) or (
        not isinstance(reading, Level) and reading.withdraws
    )
    if ends:
        return "none opened; an open one hears that it is over, and a person closes it"
    if priority is Priority.I:
        return "none: information, never rings"
    night = f", at night {at_night.value}" if at_night is not None else ""
    when = " when the state changes" if isinstance(reading, Level) else ""
    return f"opens or joins one{when}: {priority.value}{night} unless the agreement says otherwise"
