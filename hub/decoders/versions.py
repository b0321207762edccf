"""Which decoder reads a message: the version of its adapter, and of the contract it speaks."""

from dataclasses import dataclass

from adapters.contract import InboundAdapter
from adapters.manifest import LEVELS, Manifest
from adapters.mapping.adapter import MappedAdapter
from adapters.text import visible
from hub.decoders.decoding import Pool
from hub.decoders.translation import NoSuchAdapter, manifest_of

LONGEST = 50


@dataclass(frozen=True, slots=True)
class Version:
    """What an adapter says of itself; empty where it says nothing. `level` is the kit's."""

    adapter: str = ""
    contract: str = ""
    level: str = ""


NOBODY = Version()


def version_of(adapter: InboundAdapter | Pool) -> Version:
    """The version of an adapter as it runs, whatever stands in its files by now."""
    if isinstance(adapter, Pool):
        said = adapter.manifest
        return _version(*(str(said.get(one, "")) for one in ("version", "contract", "level")))
    found = adapter.manifest if isinstance(adapter, MappedAdapter) else _manifest(adapter)
    return NOBODY if found is None else _version(found.version, found.contract, found.level)


def _manifest(adapter: InboundAdapter) -> Manifest | None:
    try:
        return manifest_of(adapter)
    except NoSuchAdapter:
        return None


def _version(adapter: str, contract: str, level: str) -> Version:
    known = level if level in LEVELS else ""
    return Version(visible(adapter, LONGEST), visible(contract, LONGEST), known)
