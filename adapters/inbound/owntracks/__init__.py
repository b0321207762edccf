"""OwnTracks: where a phone is, and which zones it comes into and leaves.

The device's key is `<user>/<device>`, as in OwnTracks' own topic. README.md says how to connect.
"""

from dataclasses import replace

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    Kind,
    Outcome,
    ProofOfCopy,
    Reading,
    Rejected,
)
from adapters.fields import Fields, Unreadable
from adapters.positions import position
from adapters.readings import SideFields, battery, level
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible
from adapters.zones import crossed, spoken_of

_BASE = "owntracks/"
_BESIDE = frozenset(
    {"event", "waypoint", "waypoints", "info", "cmd", "cards", "step", "status", "dump", "request"}
)
_IGNORED = frozenset(
    {
        "beacon", "card", "cards", "cmd", "configuration", "dump", "request", "status", "steps",
        "waypoint", "waypoints",
    }
)  # fmt: skip


def identify(inbound: Inbound) -> str | None:
    """The user and device in the topic; None when it is empty."""
    return _named(inbound.topic) or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """One message of a phone: where it is, a zone it came into or left, that it was lost.

    A message that names another topic than its own is an `identity_mismatch`.
    """
    message = strict_json(inbound.payload)
    said = message.text("_type")
    side = SideFields()
    own = side.read(message.text, "topic", "")
    if own != "" and not _is_of(own, inbound.principal, binding.device):
        detail = f"topic: the message says {own!r}, its topic {binding.device!r}"
        return Rejected("identity_mismatch", detail)
    match said:
        case "transition":
            return Decoded((_transition(message, binding, side), *_heard(inbound, binding)))
        case "location":
            return _location(message, inbound, binding, side)
        case "lwt":  # its moment is that of the connection, not of its loss
            return Decoded((level(binding.device, Channel.OFFLINE, active=True),))
        case "encrypted":
            return Rejected("encrypted", "_type: take the encryption key out of OwnTracks")
        case other if other in _IGNORED:
            return Ignored(f"{other}: settings, or nothing that tells of the client")
        case other:
            return Rejected("unknown_message", f"_type: {other!r} is not one of OwnTracks")


def _named(topic: str) -> str:
    """The phone of a topic: below OwnTracks' own base that is two levels, elsewhere any number."""
    plain = visible(topic.removeprefix(_BASE))
    before, _, last = plain.rpartition("/")
    of_a_phone = "/" in before if topic.startswith(_BASE) else before != ""
    return before if last in _BESIDE and of_a_phone else plain


def _is_of(topic: str, principal: str, device: str) -> bool:
    """Whether a topic that a message names is this phone's, as far as the app could know.

    Over HTTP its user is the one it signs in with, which is the gateway.
    """
    named = _named(topic.removeprefix(f"in/{principal}/"))
    bare = named.removeprefix(f"{principal}/")
    return device == named or (bare != named and device.rpartition("/")[2] == bare)


def _heard(inbound: Inbound, binding: Binding) -> tuple[Reading, ...]:
    """Take back that the phone was lost; what a broker kept says nothing of now."""
    if inbound.replayed:
        return ()
    return (level(binding.device, Channel.OFFLINE, active=False),)


def _transition(message: Fields, binding: Binding, side: SideFields) -> Edge:
    event = message.text("event")
    if event not in {"enter", "leave"}:
        raise Unreadable("wrong_value", "event: send enter or leave")
    zone = side.read(message.text, "desc", "")
    kind = crossed(binding, zone, entered=event == "enter") or Kind.HEARTBEAT
    here = _here(message, kind, binding, side)
    own = side.read(message.label, "rid", "") or zone
    key = ProofOfCopy(f"{event} {message.values['tst']} {own}") if here.occurred_at else None
    return replace(here, key=key, value={**spoken_of(binding, zone), "event": event})


def _location(message: Fields, inbound: Inbound, binding: Binding, side: SideFields) -> Outcome:
    readings: list[Reading] = [_here(message, Kind.HEARTBEAT, binding, side)]
    readings.extend(_heard(inbound, binding))
    power = battery(binding.device, Fields({"battery": message.values.get("batt")}), side)
    if power is not None:
        readings.append(power)
    if side.fault is not None:
        raise side.fault
    return Decoded(tuple(readings))


def _here(message: Fields, kind: Kind, binding: Binding, side: SideFields) -> Edge:
    at = side.read(message.moment, "tst", None, binding.time_zone)
    place = position(message, ("lat", "lon", "acc"), at, side)
    return Edge(binding.device, kind, occurred_at=at, position=place)
