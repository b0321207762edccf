"""Takes a native message out of its CloudEvents 1.0 envelope, if it has one."""

from dataclasses import dataclass

from adapters.contract import Counter, Kind, ProofOfCopy, Rejected
from adapters.fields import Fields, Unreadable
from adapters.text import visible

_BEYOND = 2**63  # what a database's whole number holds
TYPE_PREFIX = "nachtwacht."
LEVEL_TYPE = "nachtwacht.level"
HUB_ONLY = frozenset(
    {
        Kind.VENDOR_SILENT,
        Kind.UNDECODABLE,
        Kind.UNKNOWN_DEVICE,
        Kind.IDENTITY_MISMATCH,
        Kind.CLOCK_WRONG,
        Kind.KEY_REUSED,
        Kind.NOT_WATCHED,
        Kind.FALSE_ALARMS,
        Kind.OBSERVATION,
        Kind.MOVEMENT_WHILE_AWAY,
        Kind.PLAN_REVIEW,
    }
)
SAYABLE = frozenset(Kind) - HUB_ONLY


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message's own fields (`body`) and what its envelope says about them.

    `timed` holds the moment it happened under the name `at`. `devices` are the devices it
    names; `kind` is the event, None for a level.
    """

    body: Fields
    timed: Fields
    devices: tuple[str, ...]
    kind: Kind | None
    key: ProofOfCopy | None
    counter: Counter | None


def open_envelope(message: Fields) -> Envelope:
    """Read the envelope; `specversion` tells that there is one, whatever the content type says.

    Raises Unreadable where nobody can say what happened.
    """
    if "specversion" in message:
        return _of_cloud_event(message)
    return Envelope(
        body=message,
        timed=message,
        devices=_named(message, "device"),
        kind=_kind(message),
        key=_own_key(message),
        counter=_counter(message),
    )


def someone_else(envelope: Envelope, device: str | None) -> Rejected | None:
    """Why a message is refused that names another device than its topic does, if it is."""
    for named in envelope.devices:
        if named != device:
            return Rejected(
                "identity_mismatch",
                f"device: the message says {named!r}, its topic {device!r}; make them the same",
            )
    return None


def _of_cloud_event(event: Fields) -> Envelope:
    if not event.label("specversion").startswith("1."):
        raise Unreadable("wrong_version", "specversion: send CloudEvents 1.0")
    if "data_base64" in event:
        raise Unreadable("wrong_value", "data_base64: send JSON in data")
    body = event.inner("data") if "data" in event else Fields({}, "data.")
    says_itself = "kind" in body or "channel" in body
    at_own_time = "at" in body or "time" not in event
    return Envelope(
        body=body,
        timed=body if at_own_time else Fields({"at": event.values["time"]}, "time as "),
        devices=_named(event, "subject") + _named(body, "device"),
        kind=_kind(body) if says_itself else _type(event),
        key=_event_key(event) or _own_key(body),
        counter=_counter(body),
    )


def _named(fields: Fields, name: str) -> tuple[str, ...]:
    if name not in fields:
        return ()
    value = fields.values[name]
    if value == "":
        return ()
    return (visible(value if isinstance(value, str) else repr(value)),)


def _kind(body: Fields) -> Kind | None:
    if "kind" not in body and "channel" in body:
        return None
    return _known(body.text("kind"), f"{body.path}kind")


def _type(event: Fields) -> Kind | None:
    said = event.text("type")
    return None if said == LEVEL_TYPE else _known(said.removeprefix(TYPE_PREFIX), "type")


def _known(said: str, name: str) -> Kind:
    if said not in SAYABLE:
        raise Unreadable("unknown_kind", f"{name}: {said!r} is not in the list of kinds")
    return Kind(said)


def _own_key(body: Fields) -> ProofOfCopy | None:
    if (own := _label(body, "id")) is not None:
        return ProofOfCopy(f"id {own}")
    boot, sequence = _label(body, "boot"), _label(body, "seq")
    # A counter alone starts again after a restart and then proves nothing.
    return ProofOfCopy(f"{boot}/{sequence}") if boot is not None and sequence is not None else None


def _counter(body: Fields) -> Counter | None:
    """Where the device numbers its messages since a start of its own, that start and the number."""
    boot, sequence = _label(body, "boot"), body.values.get("seq")
    if boot is None or isinstance(sequence, bool) or not isinstance(sequence, int):
        return None
    return Counter(boot, sequence) if abs(sequence) < _BEYOND else None


def _event_key(event: Fields) -> ProofOfCopy | None:
    own, source = _label(event, "id"), _label(event, "source")
    return ProofOfCopy(f"id {source} {own}") if own is not None and source is not None else None


def _label(fields: Fields, name: str) -> str | None:
    """An id; a bad one proves nothing and is no reason to lose an alarm."""
    try:
        return fields.label(name) if fields.values.get(name) != "" else None
    except Unreadable:
        return None
