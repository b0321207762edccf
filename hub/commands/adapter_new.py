"""`nachtwacht adapter new`: a folder that works at once, to be made into another adapter."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class NotMade(Exception):
    """A folder cannot be made; the text says why, and what to do."""


def make(name: str, into: Path, *, mapping: bool) -> list[str]:
    """Write the folder `name` into another; lines that say what to do next. Raises NotMade."""
    if not NAME.fullmatch(name):
        raise NotMade(f"{name!r}: begin with a letter; small letters, digits and -, at most 40")
    folder = into / name
    if folder.exists():
        raise NotMade(f"{folder} is there already; take another name, or remove it")
    package = name.replace("-", "_")
    inside = folder if mapping else folder / package
    try:
        for path, template in _parts(folder, inside, mapping=mapping).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = files("hub").joinpath("scaffold", template).read_text("utf-8")
            path.write_text(text.replace("PACKAGE", package).replace("ADAPTER", name), "utf-8")
    except OSError as error:
        raise NotMade(f"{folder} cannot be written: {error.strerror}") from error
    heart = inside / ("mapping.toml" if mapping else "__init__.py")
    return [
        f"Made {folder}: a button that works.",
        f"  1. put your device's messages into {inside / 'payloads.toml'}",
        f"  2. say what they mean in {heart}, and which kinds there are in manifest.toml",
        f"  3. nachtwacht adapter check {folder}",
    ]


def _parts(folder: Path, inside: Path, *, mapping: bool) -> Mapping[Path, str]:
    both = {
        inside / "manifest.toml": "manifest.txt",
        inside / "payloads.toml": "payloads.txt",
    }
    if mapping:
        return {inside / "mapping.toml": "mapping.txt", **both}
    return {
        folder / "pyproject.toml": "pyproject.txt",
        inside / "__init__.py": "code.txt",
        **both,
    }
