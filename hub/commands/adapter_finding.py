"""Finds the adapter a person names: installed, a mapping of the settings, or a folder of theirs."""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from adapters.contract import InboundAdapter
from adapters.kit.fixtures import BadFixtures, Fixture, read_fixtures
from adapters.manifest import BadManifest, Manifest, read_manifest
from hub.contain import contained
from hub.decoders.finding import find_adapter
from hub.decoders.mapped import MANIFEST, MAPPING, read_folder
from hub.decoders.translation import NoSuchAdapter, load, manifest_of

PAYLOADS = "payloads.toml"
OURS = "adapters.inbound."
RECORDED = Path("tests", "adapters", "payloads")  # in a checkout: of adapters of ours, in code


@dataclass(frozen=True, slots=True)
class Located:
    """An adapter, where it is, and what a hub needs to find it there.

    `module` is its code's name for Python, empty for a mapping; `installed` says that a hub finds
    it by its name as it is.
    """

    name: str
    folder: Path
    adapter: InboundAdapter
    manifest: Manifest
    module: str
    installed: bool

    def fixtures(self, given: Path | None) -> tuple[Fixture, ...]:
        """Its recorded messages: those beside its manifest, or in what was given. May be none.

        Those of a built-in adapter may lie with the tests of a checkout. Raises BadFixtures.
        """
        if given is None and self.module.startswith(OURS) and not self._has_messages():
            given = self._of_checkout()
        where = self.folder if given is None else given
        if given is not None and not given.exists():
            raise NoSuchAdapter(f"--payloads: {given} is not there")
        if where.is_file():
            return read_fixtures([where], self.name)
        beside = [where / PAYLOADS] if (where / PAYLOADS).is_file() else []
        below = sorted((where if given is not None else where / "payloads").glob("*.toml"))
        return read_fixtures(list(dict.fromkeys([*beside, *below])), self.name)

    def _has_messages(self) -> bool:
        return (self.folder / PAYLOADS).is_file() or (self.folder / "payloads").is_dir()

    def _of_checkout(self) -> Path:
        recorded = self.folder.parents[OURS.count(".")] / RECORDED
        if not recorded.is_dir():
            raise BadFixtures(
                f"{self.name}: its recorded messages come with the source, not with the package:"
                f" give --payloads with the folder {RECORDED} of a checkout"
            )
        return recorded


def locate(named: str, mappings: Path | None) -> Located:
    """Find and load an adapter by its name or its folder. Raises NoSuchAdapter."""
    folder = Path(named)
    if "/" in named or (folder.is_dir() and _is_adapter(folder)):
        return _in_folder(folder.resolve())
    if mappings is not None and (mappings / named / MAPPING).is_file():
        return _mapping(mappings / named, installed=True)
    return _installed(find_adapter(named))


def _installed(found: EntryPoint) -> Located:
    adapter = load(found.name, found.value)
    module: object = adapter
    assert isinstance(module, ModuleType)
    folder = Path(module.__file__ or "").parent
    return Located(found.name, folder, adapter, manifest_of(adapter), module.__name__, True)


def _is_adapter(folder: Path) -> bool:
    return any(_candidates(folder))


def _candidates(folder: Path) -> Sequence[Path]:
    """The folder itself where it has a manifest, else the packages in it that do."""
    if (folder / MANIFEST).is_file():
        return [folder]
    return sorted(one.parent for one in folder.glob(f"*/{MANIFEST}"))


def _in_folder(folder: Path) -> Located:
    if not folder.is_dir():
        raise NoSuchAdapter(f"{folder} is no folder; `nachtwacht adapter new` makes one")
    found = _candidates(folder)
    if len(found) != 1:
        there = ", ".join(one.name for one in found) or "none"
        raise NoSuchAdapter(
            f"{folder}: one {MANIFEST} belongs in it or in a folder of it; found: {there}"
        )
    if (found[0] / MAPPING).is_file():
        return _mapping(found[0], installed=False)
    return _code(found[0])


def _mapping(folder: Path, *, installed: bool) -> Located:
    adapter, manifest = read_folder(folder)
    return Located(manifest.name, folder, adapter, manifest, "", installed)


def _code(folder: Path) -> Located:
    try:
        manifest = read_manifest((folder / MANIFEST).read_text("utf-8"))
    except (OSError, BadManifest) as error:
        raise NoSuchAdapter(f"{folder / MANIFEST}: {error}") from error
    if (known := _as_installed(manifest.name, folder)) is not None:
        return known
    if not (folder / "__init__.py").is_file() or not folder.name.isidentifier():
        raise NoSuchAdapter(
            f"{folder}: an adapter is a Python package, a folder with __init__.py and a name of"
            f" letters, digits and _; or a mapping, with {MAPPING}"
        )
    module = _imported(folder)
    adapter = load_module(module, manifest.name)
    return Located(manifest.name, folder, adapter, manifest, module.__name__, False)


def _as_installed(name: str, folder: Path) -> Located | None:
    """The installed adapter of this name, where this is its folder."""
    try:
        known = _installed(find_adapter(name))
    except NoSuchAdapter:
        return None
    return known if known.folder.resolve() == folder else None


def _imported(folder: Path) -> ModuleType:
    sys.path.insert(0, str(folder.parent))
    importlib.invalidate_caches()
    with contained("adapter cannot be imported") as trouble:
        module = importlib.import_module(folder.name)
    if trouble.error is not None:
        raise NoSuchAdapter(
            f"{folder}: importing it raised {type(trouble.error).__name__}: {trouble.error}"
        ) from trouble.error
    if Path(module.__file__ or "").resolve().parent != folder:
        raise NoSuchAdapter(
            f"{folder}: Python has another module named {folder.name!r}, in {module.__file__};"
            " give the folder another name"
        )
    return module


def load_module(module: ModuleType, name: str) -> InboundAdapter:
    """Hold a module to the contract as if it were installed. Raises NoSuchAdapter."""
    return load(name, module.__name__)
