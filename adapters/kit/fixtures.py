"""Recorded messages and what must come of them, as a payload file says it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.contract import (
    Binding,
    Decoded,
    Ignored,
    Inbound,
    Outcome,
    ProofOfCopy,
    Reading,
    Rejected,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANSWERS = ("readings", "ignored", "rejected")


class BadFixtures(ValueError):
    """Payload files cannot be used; the text names the file, the message and the remedy."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One recorded message. `cached` says that its gateway sends it again after a restart."""

    about: str
    topic: str
    payload: bytes
    content_type: str
    registered: Mapping[str, Any]
    wanted: Mapping[str, Any]
    cached: bool

    @property
    def inbound(self) -> Inbound:
        """The message as it comes in, at noon."""
        return self.with_payload(self.payload)

    def with_payload(self, payload: bytes) -> Inbound:
        """The same message with other bytes."""
        return Inbound(
            self.topic,
            payload,
            NOON,
            "zorg/gw1",
            self.content_type,
            replayed=self.wanted.get("replayed", False),
        )

    def binding(self, device: str | None) -> Binding:
        """What the registry says of the device in this fixture."""
        return Binding(device or "", **self.registered)


def read_fixtures(paths: Sequence[Path], adapter: str) -> tuple[Fixture, ...]:
    """The messages of payload files that are about this adapter. Raises BadFixtures."""
    found: list[Fixture] = []
    for path in paths:
        try:
            file = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadFixtures(f"{path}: {error}") from error
        if file.get("adapter", adapter) == adapter:
            listed = file.get("message", [])
            found += [_fixture(one, path, number) for number, one in enumerate(listed, 1)]
    return tuple(found)


def _fixture(said: Mapping[str, Any], path: Path, number: int) -> Fixture:
    where = f"{path}: message {number}"
    for name in ("about", "topic"):
        if not isinstance(said.get(name), str):
            raise BadFixtures(f"{where}: {name}: write a text")
    if sum(name in said for name in ANSWERS) != 1:
        raise BadFixtures(
            f"{where}: say what must come of it with exactly one of {', '.join(ANSWERS)}"
        )
    try:
        fixture = Fixture(
            said["about"],
            said["topic"],
            _payload(said),
            said.get("content_type", ""),
            said.get("binding", {}),
            said,
            said.get("cached", False),
        )
        fixture.binding("")
    except (KeyError, TypeError, ValueError) as error:
        raise BadFixtures(
            f"{where}: give payload (text) or hex, and in binding only fields of a binding: {error}"
        ) from error
    return fixture


def _payload(said: Mapping[str, Any]) -> bytes:
    if "hex" in said:
        return bytes.fromhex(said["hex"])
    repeated = said.get("repeat", "") * said.get("times", 0)
    text: str = said["payload"] + repeated + said.get("ends", "")
    return text.encode()


def difference(fixture: Fixture, device: str | None, outcome: Outcome) -> str:
    """Where an outcome is another than its fixture says; "" where it is not."""
    wanted = fixture.wanted
    if "device" in wanted and (device or "") != wanted["device"]:
        return f"identify gave {device!r}, expected {wanted['device']!r}"
    match outcome:
        case Decoded(readings):
            return _of_readings(readings, wanted.get("readings"))
        case Ignored(reason):
            expected = wanted.get("ignored")
            return "" if expected is not None and expected in reason else f"it gave {outcome}"
        case Rejected(code, detail):
            same = code == wanted.get("rejected") and wanted.get("detail", "") in detail
            return "" if same else f"it gave {outcome}"


def _of_readings(readings: Sequence[Reading], wanted: Sequence[Mapping[str, Any]] | None) -> str:
    if wanted is None:
        return f"it gave readings: {readings}"
    if len(readings) != len(wanted):
        return f"it gave {len(readings)} readings, expected {len(wanted)}: {readings}"
    for number, (reading, expected) in enumerate(zip(readings, wanted, strict=True), 1):
        told = as_told(reading)
        for name, value in expected.items():
            if told.get(name, "not there") != value:
                return f"reading {number}, {name}: {told.get(name)!r}, expected {value!r}"
    return ""


def as_told(reading: Reading) -> dict[str, Any]:
    """A reading in the words of a payload file: "" is none, false is no position."""
    plain = {field.name: getattr(reading, field.name) for field in fields(reading)}
    if isinstance(plain["key"], ProofOfCopy):
        plain["key"] = plain["key"].value
    position = plain["position"]
    plain["position"] = _set_fields(position) if is_dataclass(position) else False
    return {name: "" if value is None else value for name, value in plain.items()}


def _set_fields(position: Any) -> dict[str, Any]:
    values = {field.name: getattr(position, field.name) for field in fields(position)}
    return {name: value for name, value in values.items() if value is not None}
