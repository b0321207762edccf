"""Loads adapters and lets them translate, whatever they do wrong.

A worker that runs one imports this at its start, while a message waits: it imports little.
"""

from dataclasses import replace
from functools import reduce
from importlib import import_module
from pkgutil import get_data
from types import ModuleType

from adapters.contract import (
    CONTRACT,
    MOST_BYTES,
    MOST_READINGS,
    Binding,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    InboundAdapter,
    Level,
    Outcome,
    Rejected,
)
from adapters.manifest import BadManifest, Manifest, read_manifest
from hub.contain import contained

_OUTCOMES = (Decoded, Ignored, Rejected)


class NoSuchAdapter(LookupError):
    """An adapter named in the settings cannot be used; the message says why, in one line."""


def load(name: str, value: str) -> InboundAdapter:
    """Import an adapter and hold it to its contract. Raises NoSuchAdapter.

    `value` is where it is, as an entry point says it: `package.module`, or `module:attribute`.
    """
    module, _, attribute = (part.strip() for part in value.partition("[")[0].partition(":"))
    try:
        inside = filter(None, attribute.split("."))
        adapter: InboundAdapter = reduce(getattr, inside, import_module(module))
    except (ImportError, AttributeError) as error:
        raise NoSuchAdapter(f"adapter {name!r} cannot be loaded: {error}") from error
    if not all(callable(getattr(adapter, one, None)) for one in ("identify", "decode")):
        raise NoSuchAdapter(f"adapter {name!r} has no functions identify and decode")
    if (wrong := of_another_contract(manifest_of(adapter).contract)) is not None:
        raise NoSuchAdapter(f"adapter {name!r} {wrong}")
    return adapter


def manifest_of(adapter: InboundAdapter) -> Manifest:
    """The adapter's manifest. Raises NoSuchAdapter when it has none that can be read."""
    package = _module(adapter).__name__
    try:
        held = get_data(package, "manifest.toml")
        return read_manifest("" if held is None else held.decode("utf-8"))
    except (OSError, ValueError) as error:
        detail = f": {error}" if isinstance(error, BadManifest) else ""
        raise NoSuchAdapter(f"{package}: no readable manifest.toml{detail}") from error


def identify(adapter: InboundAdapter, inbound: Inbound) -> str | Rejected | None:
    """Which device speaks, None when none does; Rejected when the adapter fails.

    A payload that is too large is not shown to the adapter, but its topic is.
    """
    if too_large(len(inbound.payload)) is not None:
        inbound = replace(inbound, payload=b"")
    named: str | Rejected | None = None
    with contained("adapter failed to identify", principal=inbound.principal) as trouble:
        named = _checked_key(adapter.identify(inbound))
    return named if trouble.error is None else _failure(trouble.error)


def translate(adapter: InboundAdapter, inbound: Inbound, binding: Binding) -> Outcome:
    """What a message means. Never raises: whatever goes wrong is Rejected, with a remedy.

    A decoded outcome holds at most 50 readings, all of the device of `binding`.
    """
    if (refusal := too_large(len(inbound.payload))) is not None:
        return refusal
    outcome: Outcome = Ignored("")
    with contained("adapter failed to decode", principal=inbound.principal) as trouble:
        outcome = _checked(adapter.decode(inbound, binding), binding)
    return outcome if trouble.error is None else _failure(trouble.error)


def of_another_contract(speaks: str) -> str | None:
    """Why this hub cannot use an adapter of that contract: the major version must be the same."""
    theirs, ours = (one.split(".") for one in (speaks, CONTRACT))
    if len(theirs) != 2 or not all(part.isdecimal() for part in theirs):
        return f"has contract {speaks!r} in its manifest; expected major.minor, as {CONTRACT!r}"
    if theirs[0] != ours[0]:
        return f"speaks contract {speaks}, this hub {CONTRACT}; install a release for {ours[0]}.x"
    if int(theirs[1]) > int(ours[1]):
        return f"needs contract {speaks}, this hub has {CONTRACT}; install a newer hub"
    return None


def _module(adapter: object) -> ModuleType:
    if not isinstance(adapter, ModuleType):
        raise NoSuchAdapter(f"{type(adapter).__name__} is no module: an adapter is one")
    return adapter


def too_large(size: int) -> Rejected | None:
    """Why a payload of so many bytes is not read, if it is not."""
    if size <= MOST_BYTES:
        return None
    return Rejected("too_large", f"{size} bytes, at most {MOST_BYTES}; send it in parts")


def _checked_key(key: object) -> str | Rejected | None:
    if key is None or isinstance(key, str):
        return key
    return _broken(f"identify gave {type(key).__name__}: give a text or None")


def _checked(outcome: object, binding: Binding) -> Outcome:
    """Hold an adapter to its contract, as mypy does not see a stranger's."""
    if not isinstance(outcome, _OUTCOMES):
        return _broken(f"decode gave {type(outcome).__name__}, no outcome")
    if not isinstance(outcome, Decoded):
        return outcome
    readings: object = outcome.readings
    if not isinstance(readings, tuple) or not all(
        isinstance(one, Level | Edge) for one in readings
    ):
        return _broken("decode gave something else than readings")
    if len(readings) > MOST_READINGS:
        return Rejected("too_many_readings", f"{len(readings)}, at most {MOST_READINGS}")
    return of_this_device(outcome, binding)


def of_this_device(outcome: Outcome, binding: Binding) -> Outcome:
    """The outcome, or Rejected where a reading is not of the device of `binding`."""
    for reading in outcome.readings if isinstance(outcome, Decoded) else ():
        if reading.device != binding.device:
            return Rejected("identity_mismatch", "a reading is about another device than spoke")
        at = reading.occurred_at
        if at is not None and at.tzinfo is None:
            return _broken("occurred_at has no time zone")
    return outcome


def _failure(error: Exception) -> Rejected:
    return _broken(f"the adapter failed with {type(error).__name__}: ask its maker")


def _broken(detail: str) -> Rejected:
    return Rejected("adapter_error", detail)
