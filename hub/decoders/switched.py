"""The adapters that are switched on at this hub, for people to see how they do."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.contract import InboundAdapter
from adapters.mapping.adapter import MappedAdapter
from hub.decoders.decoding import Pool
from hub.decoders.reading import Reader

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


def switched(reader: Reader) -> Sequence[Switched]:
    """Say how each adapter of a reader does, by name."""
    return [_one(reader, name) for name in sorted(reader.adapters)]


def _one(reader: Reader, name: str) -> Switched:
    adapter, pace, version = reader.adapters[name], reader.pace[name], reader.versions[name]
    return Switched(
        name=name,
        version=version.adapter,
        contract=version.contract,
        level=version.level,
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
