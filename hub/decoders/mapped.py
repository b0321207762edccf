"""Adapters that are a TOML mapping: a folder each, in the folder the settings name."""

from dataclasses import replace
from pathlib import Path

from adapters.manifest import BadManifest, Manifest, read_manifest
from adapters.mapping.adapter import MappedAdapter, read_mapping
from adapters.mapping.tables import BadMapping
from hub.decoders.finding import find_adapter
from hub.decoders.translation import NoSuchAdapter, of_another_contract

MAPPING, MANIFEST = "mapping.toml", "manifest.toml"


def mapped_adapter(name: str, folder: Path | None) -> MappedAdapter | None:
    """The adapter that a mapping makes, or None when `folder` has none of this name.

    Our own rules read it, so it runs in the hub. Raises NoSuchAdapter, with each fault's line,
    for one that cannot be used, and where an installed package offers the same name.
    """
    if folder is None or not (folder / name / MAPPING).is_file():
        return None
    _not_offered_twice(name, folder)
    adapter, manifest = read_folder(folder / name)
    if manifest.name != name:
        raise NoSuchAdapter(
            f"{folder / name / MANIFEST}: name: it is {manifest.name!r} and its folder {name!r};"
            " give them one name"
        )
    return adapter


def read_folder(folder: Path) -> tuple[MappedAdapter, Manifest]:
    """The mapping and the manifest in one folder. Raises NoSuchAdapter."""
    at = folder / MANIFEST
    try:
        manifest = read_manifest(at.read_text("utf-8"))
        at = folder / MAPPING
        adapter = read_mapping(at.read_text("utf-8"))
    except BadMapping as error:
        told = "".join(f"\n  {at}: {one}" for one in error.faults)
        raise NoSuchAdapter(f"the mapping of {folder.name!r} cannot be used:{told}") from error
    except BadManifest as error:
        raise NoSuchAdapter(f"{at}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise NoSuchAdapter(f"{at} cannot be read: {error}") from error
    if (wrong := of_another_contract(manifest.contract)) is not None:
        raise NoSuchAdapter(f"adapter {manifest.name!r} {wrong}")
    return replace(adapter, manifest=manifest), manifest


def _not_offered_twice(name: str, folder: Path) -> None:
    try:
        found = find_adapter(name)
    except NoSuchAdapter:
        return
    package = "a package" if found.dist is None else found.dist.name
    raise NoSuchAdapter(
        f"adapter {name!r} is offered by {package} and by {folder / name}: rename the mapping,"
        " or uninstall the package"
    )
