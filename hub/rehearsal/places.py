"""Where results and new nights are written: looked at before anything is played, not after it.

Argument types for argparse, so whatever cannot be written ends a command with status 2 at once.
"""

import os
import re
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TextIO

OUTPUT = "-"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


def result(text: str) -> str:
    """A file that can be written, or - for the output."""
    if text != OUTPUT:
        _in_its_folder(Path(text))
    return text


def new_night(text: str) -> Path:
    """NAME.yaml for a night that is not there yet."""
    path = Path(f"{text.removesuffix('.yaml')}.yaml")
    if not NAME.fullmatch(path.stem):
        what = f"{path.stem!r} is no name for a night; use small letters, digits, - and _"
        raise ArgumentTypeError(what)
    _in_its_folder(path)
    if path.exists():
        raise ArgumentTypeError(f"{path} is there already; choose another name")
    return path


def folder(text: str) -> Path:
    """A folder in which files can be made."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"{path}: there is no such folder; make it first")
    _may_be_written(path, path)
    return path


def _in_its_folder(path: Path) -> None:
    if path.is_dir():
        raise ArgumentTypeError(f"{path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ArgumentTypeError(f"{path}: there is no folder {path.parent}; make it first")
    _may_be_written(path, path if path.exists() else path.parent)


def _may_be_written(path: Path, there: Path) -> None:
    if not os.access(there, os.W_OK):
        raise ArgumentTypeError(f"{path} cannot be written: {there} may only be read")


def beside(*results: str | None) -> TextIO:
    """Where lines for people go: not among a result that goes to the output."""
    return sys.stderr if OUTPUT in results else sys.stdout


def write(place: str, text: str) -> None:
    """Write a result. Raises SystemExit where that fails after all, as on a full disk."""
    if place == OUTPUT:
        print(text, end="")
        return
    try:
        Path(place).write_text(text)
    except OSError as error:
        raise SystemExit(f"nachtwacht: {place} cannot be written: {error.strerror}") from error
