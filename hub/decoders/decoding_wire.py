"""The wire between the hub and a worker that runs a third party's adapter: JSON, held to its shape.

A frame is its length in four bytes, then JSON; a question is followed by the payload as it is.
Nothing that comes back is believed: what is not an outcome of the contract is Rejected.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from adapters.contract import (
    MOST_READINGS,
    Binding,
    Channel,
    Counter,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    Kind,
    Level,
    Outcome,
    Phase,
    Position,
    ProofOfCopy,
    Reading,
    Rejected,
    Scalar,
)
from hub.store.values import encode

LENGTH = struct.Struct(">I")
QUESTION = struct.Struct(">II")
MOST_ANSWER = 256 * 1024
MOST_TEXT = 1000
MOST_VALUES = 50


class BrokenAnswer(ValueError):
    """A worker answered something else than the contract allows; the text names the field."""


def question(inbound: Inbound, binding: Binding | None) -> bytes:
    """Ask whose message this is or, with a binding, what it means."""
    said = {
        "topic": inbound.topic,
        "received_at": inbound.received_at.isoformat(),
        "principal": inbound.principal,
        "content_type": inbound.content_type,
        "qos": inbound.qos,
        "replayed": inbound.replayed,
        "user_properties": inbound.user_properties,
        "binding": None if binding is None else encode(binding),
    }
    body = json.dumps(said).encode()
    return QUESTION.pack(len(body), len(inbound.payload)) + body + inbound.payload


def next_question(wire: BinaryIO) -> tuple[Inbound, Binding | None] | None:
    """Read the next question; None once the hub has hung up."""
    head = wire.read(QUESTION.size)
    if len(head) < QUESTION.size:
        return None
    size, rest = QUESTION.unpack(head)
    said, payload = json.loads(wire.read(size)), wire.read(rest)
    binding = said.pop("binding")
    inbound = Inbound(
        payload=payload,
        received_at=datetime.fromisoformat(said.pop("received_at")),
        user_properties=tuple((name, value) for name, value in said.pop("user_properties")),
        **said,
    )
    if binding is None:
        return inbound, None
    return inbound, Binding(**{**binding, "hold_off": timedelta(seconds=binding["hold_off"])})


def frame(said: Mapping[str, Any]) -> bytes:
    """Put an answer on the wire. Raises ValueError or TypeError for what JSON cannot hold."""
    body = json.dumps(said, allow_nan=False).encode()
    if len(body) > MOST_ANSWER:
        raise ValueError(f"an answer of {len(body)} bytes, at most {MOST_ANSWER}")
    return LENGTH.pack(len(body)) + body


def said_of(answer: Outcome | str | None) -> dict[str, Any]:
    """Write down what an adapter answered: an outcome, or the key of a device."""
    match answer:
        case Decoded(readings):
            return {"is": "decoded", "readings": [_said_of_reading(one) for one in readings]}
        case Ignored(reason):
            return {"is": "ignored", "reason": reason}
        case Rejected(code, detail):
            return {"is": "rejected", "code": code, "detail": detail}
        case str() | None:
            return {"is": "key", "key": answer}


def _said_of_reading(reading: Reading) -> dict[str, Any]:
    key = None if reading.key is None else reading.key.value
    kind = "level" if isinstance(reading, Level) else "edge"
    return {**encode(reading), "is": kind, "key": key}


def read_answer(body: bytes) -> dict[str, Any]:
    """Read a frame's JSON. Raises BrokenAnswer."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenAnswer("the answer is no JSON") from error
    if not isinstance(said, dict):
        raise BrokenAnswer("the answer is no object")
    return said


def read_key(body: bytes) -> str | Rejected | None:
    """Read whose message it is. Raises BrokenAnswer."""
    said = read_answer(body)
    if said.get("is") == "rejected":
        return Rejected(_text(said, "code"), _text(said, "detail"))
    key = said.get("key", 0)
    if said.get("is") != "key" or not (key is None or isinstance(key, str)):
        raise BrokenAnswer("key is neither text nor null")
    return key


def read_outcome(body: bytes) -> Outcome:
    """Read what the message means. Raises BrokenAnswer; the readings' device is not judged."""
    said = read_answer(body)
    kind = said.get("is")
    if kind == "decoded":
        return Decoded(_readings(said.get("readings")))
    if kind == "ignored":
        return Ignored(_text(said, "reason"))
    if kind == "rejected":
        return Rejected(_text(said, "code"), _text(said, "detail"))
    raise BrokenAnswer("the answer is no outcome")


def _readings(given: object) -> tuple[Reading, ...]:
    if not isinstance(given, list) or len(given) > MOST_READINGS:
        raise BrokenAnswer(f"readings is no list of at most {MOST_READINGS}")
    return tuple(_reading(one) for one in given)


def _reading(given: object) -> Reading:
    if not isinstance(given, dict):
        raise BrokenAnswer("a reading is no object")
    key = _optional(given, "key", _as_text)
    common: dict[str, Any] = {
        "device": _text(given, "device"),
        "occurred_at": _optional(given, "occurred_at", _as_moment),
        "key": None if key is None else ProofOfCopy(key),
        "test": _flag(given, "test"),
        "value": _values(given.get("value")),
        "position": _optional(given, "position", _as_position),
        "counter": _optional(given, "counter", _as_counter),
    }
    if given.get("is") == "level":
        channel, kind = _as_one_of(Channel, given.get("channel"), "channel"), given.get("kind")
        said = None if kind is None else _as_one_of(Kind, kind, "kind")
        return Level(channel=channel, active=_flag(given, "active"), kind=said, **common)
    return Edge(
        kind=_as_one_of(Kind, given.get("kind"), "kind"),
        phase=_as_one_of(Phase, given.get("phase"), "phase"),
        withdraws=_flag(given, "withdraws"),
        correlation_key=_text(given, "correlation_key"),
        **common,
    )


def _text(given: Mapping[str, Any], name: str) -> str:
    return _as_text(given.get(name), name)


def _as_text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BrokenAnswer(f"{name} is no text")
    if len(value) > MOST_TEXT:
        raise BrokenAnswer(f"{name} has {len(value)} characters, at most {MOST_TEXT}")
    return value


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool):
        raise BrokenAnswer(f"{name} is neither true nor false")
    return value


def _optional(
    given: Mapping[str, Any], name: str, read: Callable[[object, str], Any]
) -> Any | None:
    value = given.get(name)
    return None if value is None else read(value, name)


def _as_one_of(kind: Any, value: object, name: str) -> Any:
    try:
        return kind(value)
    except (ValueError, TypeError) as error:
        raise BrokenAnswer(f"{name} is none of the contract's") from error


def _as_moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_as_text(value, name))
    except ValueError as error:
        raise BrokenAnswer(f"{name} is no moment") from error
    if moment.utcoffset() is None:
        raise BrokenAnswer(f"{name} has no time zone")
    return moment


def _as_position(value: object, name: str) -> Position:
    if not isinstance(value, dict):
        raise BrokenAnswer(f"{name} is no object")
    lat, lon, accuracy = (_number(value, one) for one in ("lat", "lon", "accuracy_m"))
    return Position(lat, lon, accuracy, _optional(value, "fixed_at", _as_moment))


def _as_counter(value: object, name: str) -> Counter:
    if not isinstance(value, dict):
        raise BrokenAnswer(f"{name} is no object")
    number = value.get("number")
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) >= 2**63:
        raise BrokenAnswer(f"{name} has no number of 64 bits")
    return Counter(_text(value, "series"), number)


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9:
        return float(value)
    raise BrokenAnswer(f"{name} is no number")


def _values(given: object) -> Mapping[str, Scalar]:
    if not isinstance(given, dict) or len(given) > MOST_VALUES:
        raise BrokenAnswer(f"value is no object of at most {MOST_VALUES} entries")
    return {_as_text(name, "value"): _scalar(value) for name, value in given.items()}


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return _as_text(value, "value")
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise BrokenAnswer("value holds what is no text, number or flag")
