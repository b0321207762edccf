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
    """What an adapter says of itself; empty where it says nothing. `level` is the kit's.

    `administration` are topics, or their ends, that need not be read when they are too large.
    """

    adapter: str = ""
    contract: str = ""
    level: str = ""
    administration: tuple[str, ...] = ()

    def may_overlook(self, topic: str) -> bool:
        """Whether a message of this topic, about no device, tells a hub nothing."""
        return any(f"/{topic}".endswith(f"/{one}") for one in self.administration if one)


NOBODY = Version()


def version_of(adapter: InboundAdapter | Pool) -> Version:
    """The version of an adapter as it runs, whatever stands in its files by now."""
    if isinstance(adapter, Pool):
        said = adapter.manifest
        adapter_version, contract, level = (
            str(said.get(one, "")) for one in ("version", "contract", "level")
        )
        return _version(adapter_version, contract, level, said.get("administration"))
    found = adapter.manifest if isinstance(adapter, MappedAdapter) else _manifest(adapter)
    if found is None:
        return NOBODY
    return _version(found.version, found.contract, found.level, found.administration)


def _manifest(adapter: InboundAdapter) -> Manifest | None:
    try:
        return manifest_of(adapter)
    except NoSuchAdapter:
        return None


def _version(adapter: str, contract: str, level: str, administration: object) -> Version:
    known = level if level in LEVELS else ""
    topics = administration if isinstance(administration, list | tuple) else ()
    named = tuple(one for one in topics if isinstance(one, str))
    return Version(visible(adapter, LONGEST), visible(contract, LONGEST), known, named)
