"""An adapter's manifest: what it says of itself in its `manifest.toml`."""

import tomllib
from dataclasses import dataclass
from typing import Any

LEVELS = ("bronze", "silver", "gold")


class BadManifest(ValueError):
    """A manifest cannot be read; the text names the field and the remedy."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an adapter says of itself. `level` is what its maker saw the conformance kit say.

    `cached` is "nothing" where no gateway sends anything again after a restart. `administration`
    are topics, or their ends, about no device, that tell a hub nothing and may be too large.
    """

    name: str
    version: str
    contract: str
    families: tuple[str, ...]
    kinds: tuple[str, ...]
    channels: tuple[str, ...] = ()
    level: str = ""
    cached: str = ""
    administration: tuple[str, ...] = ()


def read_manifest(text: str) -> Manifest:
    """Read a manifest file's text; fields we do not know are left alone. Raises BadManifest."""
    try:
        said: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadManifest(f"{error}: this is not valid TOML") from error
    return Manifest(
        name=_text(said, "name"),
        version=_text(said, "version"),
        contract=_text(said, "contract"),
        families=_texts(said, "families"),
        kinds=_texts(said, "kinds"),
        channels=_texts({"channels": [], **said}, "channels"),
        level=_text({"level": "", **said}, "level"),
        cached=_word(said, "cached", "nothing"),
        administration=_texts({"administration": [], **said}, "administration"),
    )


def _text(said: dict[str, Any], name: str) -> str:
    if not isinstance(value := said.get(name), str):
        raise BadManifest(f'{name}: write a text, as {name} = "..."')
    return value


def _word(said: dict[str, Any], name: str, only: str) -> str:
    value = said.get(name, "")
    if value not in ("", only):
        raise BadManifest(f'{name}: write {name} = "{only}", or leave it out')
    return str(value)


def _texts(said: dict[str, Any], name: str) -> tuple[str, ...]:
    value = said.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadManifest(f'{name}: write a list of texts, as {name} = ["..."]')
    return tuple(value)
