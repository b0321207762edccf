"""One uplink of a LoRaWAN device, and the decoder its model asks for."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.contract import (
    Binding,
    Counter,
    Decoded,
    Edge,
    Ignored,
    Level,
    Outcome,
    ProofOfCopy,
    Reading,
    Rejected,
)
from adapters.fields import Fields, Unreadable
from adapters.lorawan import milesight, netvox
from adapters.readings import rings
from adapters.text import visible

Decoder = Callable[[bytes, int, Binding], tuple[list[Reading], Unreadable | None]]

DECODERS: Mapping[str, Decoder] = {
    "ws101": milesight.ws101,
    "ws301": milesight.ws301,
    "vs370": milesight.vs370,
    "vs373": milesight.vs373,
    "em300zld": milesight.em300_zld,
    "em300sld": milesight.em300_zld,
    "r312": netvox.r312,
}
_NO_WORD = re.compile(r"[^a-z0-9]+")
_LARGEST_COUNT = 2**32  # of LoRaWAN's own frame counter


@dataclass(frozen=True, slots=True)
class Uplink:
    """What a device sent: its bytes and port, and what the network server says about it.

    `models` are names of the device's model as the server has them, the surest first. `proof` is
    the server's id of this uplink, `session` that of the session in which `count` runs.
    A `count` that cannot be read is None: then nothing proves a copy, and it rings.
    `read_elsewhere` is True when the server's own codec made something of it.
    """

    payload: bytes
    port: int
    models: tuple[str, ...]
    at: datetime | None
    proof: str
    session: str
    count: int | None
    test: bool = False
    read_elsewhere: bool = False


def from_base64(fields: Fields, name: str) -> bytes:
    """The bytes in a field, none where it is not there: servers leave out what is empty.

    Raises Unreadable.
    """
    said = fields.values.get(name)
    try:
        return b"" if said is None else base64.b64decode(str(said), validate=True)
    except ValueError as error:
        raise Unreadable("not_base64", f"{fields.path}{name}: send base64") from error


def whole(fields: Fields, name: str) -> int:
    """A port or frame counter; a server leaves out the first, which is 0. Raises Unreadable."""
    return int(fields.number(name, 0, _LARGEST_COUNT)) if name in fields else 0


def decode(uplink: Uplink, binding: Binding) -> Outcome:
    """What the bytes mean by the device's model: that of the registry, else as the server says.

    Where neither knows one, bytes that are an alarm of a model we know are that alarm. Others that
    nobody can read are Rejected, so that people see them: they may be a call for help. Raises
    Unreadable for bytes that a model does not send.
    """
    if uplink.payload == b"" and uplink.read_elsewhere:
        return Rejected("no_bytes", "the server read this uplink, but sends no bytes: send them")
    if uplink.payload == b"":
        return Decoded(())
    found = _decoder((binding.model,) if binding.model else uplink.models)
    if found is None:
        readings = _of_an_alarm(uplink, binding)
        if not readings:
            return _without_decoder(uplink, binding)
    else:
        readings, fault = found(uplink.payload, uplink.port, binding)
        if fault is not None and not any(map(rings, readings)):
            raise fault
    return Decoded(tuple(_dated(one, uplink, n) for n, one in enumerate(readings)))


def _decoder(models: tuple[str, ...]) -> Decoder | None:
    for said in models:
        plain = _NO_WORD.sub("", said.lower())
        for name, decoder in DECODERS.items():
            if name in plain:
                return decoder
    return None


def _of_an_alarm(uplink: Uplink, binding: Binding) -> list[Reading]:
    """What the one model says whose bytes these are to the last, if somebody calls or falls.

    A level does not count: `050001` is water for one maker, and a counter for another.
    """
    if binding.model or _is_ignored(binding):
        return []
    read = (decoder(uplink.payload, uplink.port, binding) for decoder in DECODERS.values())
    return next((found for found, fault in read if fault is None and any(map(_calls, found))), [])


def _calls(reading: Reading) -> bool:
    return isinstance(reading, Edge) and rings(reading)


def _is_ignored(binding: Binding) -> bool:
    return str(binding.options.get("ignore")).lower() == "true"


def _without_decoder(uplink: Uplink, binding: Binding) -> Outcome:
    said = binding.model or next(iter(uplink.models), "")
    named = f"model {visible(said, 60)!r}" if said else "a device without a model"
    if _is_ignored(binding):
        return Ignored(f"no decoder for this model ({named}), and its options say ignore")
    known = ", ".join(DECODERS)
    return Rejected(
        "unknown_device_model",
        f"no decoder for {named}: set its model in the registry to one of {known},"
        " or its option ignore to true",
    )


def _dated(reading: Reading, uplink: Uplink, number: int) -> Reading:
    """Give a reading the uplink's moment, unless it tells of an earlier one, and its proof."""
    proof = ProofOfCopy(f"{uplink.proof} {number}") if uplink.proof else None
    numbered = uplink.session != "" and uplink.count is not None
    counter = Counter(uplink.session, uplink.count or 0) if numbered else None
    at = reading.occurred_at or uplink.at
    test = uplink.test or reading.test
    match reading:
        case Level():
            return replace(reading, occurred_at=at, key=proof, counter=counter, test=test)
        case Edge():
            return replace(reading, occurred_at=at, key=proof, counter=counter, test=test)
