"""What a native message says: the event or level itself, and the levels beside it."""

from dataclasses import dataclass
from datetime import datetime

from adapters.contract import (
    Binding,
    Channel,
    Counter,
    Edge,
    Kind,
    Level,
    Phase,
    Position,
    ProofOfCopy,
    Reading,
    Scalar,
)
from adapters.fields import Fields, Unreadable
from adapters.inbound.native.envelope import Envelope
from adapters.positions import ASSUMED_ACCURACY_M
from adapters.readings import SideFields, battery, level

_CHANNELS = frozenset(Channel)

# field: the channel, and what the field says when that channel is active
_SIDE_FLAGS = {
    "tamper": (Channel.TAMPER, True),
    "mains": (Channel.MAINS_LOST, False),
    "worn": (Channel.NOT_WORN, False),
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, where and how it was said: what an event and a level have in common."""

    device: str
    occurred_at: datetime | None
    position: Position | None
    key: ProofOfCopy | None
    counter: Counter | None
    test: bool
    value: dict[str, Scalar]


def main_reading(envelope: Envelope, binding: Binding, side: SideFields) -> Reading | None:
    """The event or the level; None for a heartbeat, which needs no more than being heard.

    Raises Unreadable when a level cannot be read; bad fields beside it go to `side`.
    """
    said = _circumstances(envelope, binding, side)
    match envelope.kind:
        case None:
            return _level(envelope.body, said)
        case Kind.HEARTBEAT if said.position is None:
            return None
        case kind:
            return _edge(kind, envelope.body, said, side)


def side_levels(body: Fields, device: str, side: SideFields) -> tuple[Reading, ...]:
    """Battery, tamper, mains and worn, as far as the message tells."""
    power = battery(device, body, side)
    found: list[Reading] = [power] if power is not None else []
    for name, (channel, when_active) in _SIDE_FLAGS.items():
        if (said := side.read(body.flag, name, None)) is not None:
            found.append(level(device, channel, said is when_active))
    return tuple(found)


def _circumstances(envelope: Envelope, binding: Binding, side: SideFields) -> Circumstances:
    body, zone = envelope.body, binding.time_zone
    dose = side.read(body.inner, "dose", Fields({}))
    return Circumstances(
        device=binding.device,
        occurred_at=side.read(envelope.timed.moment, "at", None, zone),
        position=_position(side.read(body.inner, "position", Fields({})), zone, side),
        key=envelope.key,
        counter=envelope.counter,
        test=side.read(body.flag, "test", False),
        value=_value(body, side) | _of_dose(dose, zone, side),
    )


def _level(body: Fields, said: Circumstances) -> Level:
    named = body.text("channel")
    if named not in _CHANNELS:
        raise Unreadable("unknown_channel", f"{body.path}channel: {named!r} is not in the list")
    channel = Channel(named)
    return Level(
        device=said.device,
        channel=channel,
        active=body.flag("active"),
        kind=channel.kind,
        occurred_at=said.occurred_at,
        key=said.key,
        counter=said.counter,
        test=said.test,
        value=said.value,
        position=said.position,
    )


def _edge(kind: Kind, body: Fields, said: Circumstances, side: SideFields) -> Edge:
    # An unreadable "withdraws" counts as not withdrawn: in doubt, ring.
    withdraws = side.read(body.flag, "withdraws", False)
    dose_id = str(said.value.get("dose_id", ""))
    return Edge(
        device=said.device,
        kind=kind,
        phase=Phase.END if withdraws else Phase.POINT,
        occurred_at=said.occurred_at,
        key=said.key,
        counter=said.counter,
        test=said.test,
        withdraws=withdraws,
        value=said.value,
        position=said.position,
        correlation_key=side.read(body.label, "correlation", dose_id),
    )


def _value(body: Fields, side: SideFields) -> dict[str, Scalar]:
    value = side.read(body.inner, "value", Fields({})).scalars()
    for name in ("room", "zone"):
        if (said := side.read(body.text, name, "")) != "":
            value[name] = said
    return value


def _of_dose(dose: Fields, zone: str, side: SideFields) -> dict[str, Scalar]:
    value: dict[str, Scalar] = {}
    if (own := side.read(dose.label, "id", "")) != "":
        value["dose_id"] = own
    if (due_at := side.read(dose.moment, "due_at", None, zone)) is not None:
        value["due_at"] = due_at.isoformat()
    if "time_critical" in dose:
        # Unreadable counts as time-critical: that errs towards somebody looking.
        value["time_critical"] = side.read(dose.flag, "time_critical", True)
    return value


def _position(place: Fields, zone: str, side: SideFields) -> Position | None:
    lat = side.read(place.number, "lat", None, -90, 90)
    lon = side.read(place.number, "lon", None, -180, 180)
    # 0,0 is how a tracker without a fix fills in the form.
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None
    accuracy_m = side.read(place.number, "accuracy_m", ASSUMED_ACCURACY_M, 0, 1_000_000)
    return Position(lat, lon, accuracy_m, side.read(place.moment, "fixed_at", None, zone))
