"""The adapters that are switched on at this hub, for people to see how they do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.contract import InboundAdapter
from adapters.manifest import LEVELS, Manifest
from adapters.mapping.adapter import MappedAdapter
from hub.decoders.decoding import Pool
from hub.decoders.mapped import read_folder
from hub.decoders.reading import Reader
from hub.decoders.translation import manifest_of

MAPPING, OURS, WORKERS = "mapping", "ours", "workers"


@dataclass(frozen=True, slots=True)
class Switched:
    """One adapter as it runs; figures since this hub started.

    `level` is what the conformance kit said, empty where it was not asked. `runs` says where:
    as a mapping or as our own code in the hub, or in workers, of which `killed` were stopped.
    `mean` and `longest` are seconds for one message; of nothing decoded, 0.
    """

    name: str
    version: str
    contract: str
    level: str
    runs: str
    decoded: int
    mean: float
    longest: float
    killed: int


def switched(reader: Reader, mappings: Path | None) -> Sequence[Switched]:
    """Say how each adapter of a reader does, by name."""
    return [_one(reader, name, mappings) for name in sorted(reader.adapters)]


def _one(reader: Reader, name: str, mappings: Path | None) -> Switched:
    adapter, pace = reader.adapters[name], reader.pace[name]
    said = _manifest(adapter, name, mappings)
    return Switched(
        name=name,
        version=str(said.get("version", "")),
        contract=str(said.get("contract", "")),
        level=level if (level := str(said.get("level", ""))) in LEVELS else "",
        runs=_where(adapter),
        decoded=pace.count,
        mean=pace.seconds / pace.count if pace.count else 0.0,
        longest=pace.longest,
        killed=adapter.killed if isinstance(adapter, Pool) else 0,
    )


def _where(adapter: InboundAdapter | Pool) -> str:
    if isinstance(adapter, Pool):
        return WORKERS
    return MAPPING if isinstance(adapter, MappedAdapter) else OURS


def _manifest(
    adapter: InboundAdapter | Pool, name: str, mappings: Path | None
) -> Mapping[str, object]:
    if isinstance(adapter, Pool):
        return adapter.manifest
    if isinstance(adapter, MappedAdapter) and mappings is not None:
        return _fields(read_folder(mappings / name)[1])
    return _fields(manifest_of(adapter))


def _fields(manifest: Manifest) -> Mapping[str, object]:
    return {"version": manifest.version, "contract": manifest.contract, "level": manifest.level}
