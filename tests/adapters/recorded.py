"""Recorded payloads and what must come of them: a new vendor is a new file in `payloads/`."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import adapters
from adapters.contract import Binding, Inbound, InboundAdapter
from hub.decoders.translation import load

PAYLOADS = Path(__file__).parent / "payloads"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BESIDE = Path(adapters.__file__).parent / "inbound"  # a mapping has its payloads beside it
NAMES = sorted(path.parent.name for path in BESIDE.glob("*/manifest.toml"))
ADAPTERS = {name: load(name, f"adapters.inbound.{name}") for name in NAMES}


@dataclass(frozen=True)
class Recorded:
    """One message of a payload file."""

    adapter: str
    wanted: Mapping[str, Any]

    @property
    def payload(self) -> bytes:
        if "hex" in self.wanted:
            return bytes.fromhex(self.wanted["hex"])
        repeated = self.wanted.get("repeat", "") * self.wanted.get("times", 0)
        text: str = self.wanted["payload"] + repeated + self.wanted.get("ends", "")
        return text.encode()

    @property
    def inbound(self) -> Inbound:
        kept = self.wanted.get("replayed", False)
        inbound = an_inbound(
            self.wanted["topic"], self.payload, self.wanted.get("content_type", "")
        )
        return replace(inbound, replayed=kept)

    @property
    def decoder(self) -> InboundAdapter:
        return ADAPTERS[self.adapter]

    def binding(self, device: str | None) -> Binding:
        return Binding(device or "", **self.wanted.get("binding", {}))


def an_inbound(topic: str, payload: bytes, content_type: str = "") -> Inbound:
    return Inbound(topic, payload, NOON, "zorg/gw1", content_type=content_type)


def recorded() -> Iterator[Any]:
    """Every message of every file, with a name for the test report."""
    for path in sorted([*PAYLOADS.glob("*.toml"), *BESIDE.glob("*/payloads.toml")]):
        file = tomllib.loads(path.read_text("utf-8"))
        named = file["adapter"] if path.parent != PAYLOADS else path.stem
        for wanted in file["message"]:
            yield f"{named}: {wanted['about']}", Recorded(file["adapter"], wanted)
