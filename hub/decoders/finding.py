"""Finds the adapters that are installed, by name."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from adapters.contract import InboundAdapter
from hub.decoders.translation import NoSuchAdapter, load

GROUP = "nachtwacht.adapters"
OURS = "nachtwacht"


def load_adapters(names: Iterable[str]) -> Mapping[str, InboundAdapter]:
    """The adapters by name, loaded into this process: for our own code.

    Raises NoSuchAdapter, saying which are installed.
    """
    return {name: load(name, find_adapter(name).value) for name in names}


def find_adapter(name: str) -> EntryPoint:
    """Where the adapter of this name is. Raises NoSuchAdapter, saying what to do."""
    installed = entry_points(group=GROUP)
    named = [one for one in installed if one.name == name]
    if not named:
        there = ", ".join(sorted({one.name for one in installed})) or "none"
        raise NoSuchAdapter(
            f"adapter {name!r} is not installed; installed: {there}."
            " Install its package, or correct NACHTWACHT_ADAPTERS"
        )
    if len(named) > 1:
        packages = ", ".join(sorted(_package(one) for one in named))
        raise NoSuchAdapter(
            f"adapter {name!r} is offered by more than one package: {packages}."
            " Uninstall all but one"
        )
    return named[0]


def is_ours(found: EntryPoint) -> bool:
    """Whether an adapter comes with the hub; anybody else's is never loaded into it."""
    return _package(found) == OURS


def _package(found: EntryPoint) -> str:
    return "" if found.dist is None else found.dist.name
