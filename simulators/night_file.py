"""Reads a night file: YAML, held against the schema, put on top of its region.

Whoever writes a night by hand gets every mistake at once, each with its line and what to do.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from simulators.night_yaml import LARGE, MOST_BYTES, Document, NotYaml, Place, read_yaml

NIGHTS = Path(__file__).parent / "nights"
REGIONS = NIGHTS / "regions"
SCHEMA = NIGHTS / "night.schema.json"
DEFAULT_REGION = "dorp"
MERGED = ("organisations", "homes", "clients", "people")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: where, what, and what to do about it."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


class NightRefused(Exception):
    """A night that cannot be played; `problems` says why, the first one first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class NightFile:
    """A night as it was written (`own`), and the same on top of its region (`data`)."""

    name: str
    data: Mapping[str, Any]
    own: Document

    def problem(self, place: Place, what: str) -> Problem:
        """Name a mistake at a place of the night's own file."""
        return Problem(self.name, self.own.line(place), what)


def shipped() -> list[Path]:
    """Every night that comes with Nachtwacht, by name."""
    return sorted(NIGHTS.glob("*.yaml"))


def find(name: str) -> Path:
    """The file of a night: a path, or the name of a shipped one. Raises NightRefused."""
    for path in (Path(name), NIGHTS / f"{name}.yaml"):
        if path.is_file():
            return path
    if Path(name).is_dir():
        raise NightRefused([Problem(name, 1, f"this is a folder; name its files: {name}/*.yaml")])
    known = [one.stem for one in shipped()]
    beside = f"did you mean {name}.yaml?" if Path(f"{name}.yaml").is_file() else ""
    meant = beside or _meant(Path(name).stem, known)
    hint = meant or "`nachtwacht night list` names the shipped ones"
    raise NightRefused([Problem(name, 1, f"there is no such file or shipped night; {hint}")])


def read_night(path: Path) -> NightFile:
    """Read, check and complete a night. Raises NightRefused with every mistake."""
    own = _checked(path, Draft202012Validator(schema()))
    name = own.data.get("region", DEFAULT_REGION)
    known = sorted(one.stem for one in REGIONS.glob("*.yaml"))
    if name not in known:
        what = f"there is no region {name!r}; the built-in ones are {', '.join(known)}"
        raise NightRefused([Problem(str(path), own.line(("region",)), what)])
    region = _checked(REGIONS / f"{name}.yaml", region_validator())
    return NightFile(str(path), _on_top(region.data, own.data), own)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a night file, draft 2020-12."""
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text())
    return loaded


@cache
def region_validator() -> Draft202012Validator:
    """What holds a region against its part of the schema."""
    return Draft202012Validator({"$ref": "#/$defs/region", "$defs": schema()["$defs"]})


def _checked(path: Path, validator: Draft202012Validator) -> Document:
    try:
        document = read_yaml(_text(path))
    except NotYaml as error:
        raise NightRefused([Problem(str(path), error.line, error.problem)]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = "this is no UTF-8 text; save the file as UTF-8"
        raise NightRefused([Problem(str(path), line, what)]) from error
    except OSError as error:
        raise NightRefused([Problem(str(path), 1, f"cannot be read: {error}")]) from error
    found = [
        Problem(str(path), document.line(place), what)
        for error in validator.iter_errors(document.data)
        for place, what in _explained(error)
    ]
    if found:
        raise NightRefused(sorted(dict.fromkeys(found), key=lambda one: one.line))
    return document


def _text(path: Path) -> str:
    if path.stat().st_size > MOST_BYTES:
        raise NotYaml(1, LARGE)
    return path.read_text()


def _explained(error: ValidationError) -> Iterator[tuple[Place, str]]:
    place: Place = tuple(error.absolute_path)
    here = ".".join(map(str, place)) or "the night"
    schema_here = error.schema if isinstance(error.schema, dict) else {}
    said: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = sorted(schema_here.get("properties", {}))
            for name in sorted(set(said) - set(known)):
                hint = _meant(name, known) or f"{here} may have: {', '.join(known)}"
                yield (*place, name), f"{here} has no {name!r}; {hint}"
        case "required":
            missing = [one for one in wanted if one not in said]
            yield place, f"{here} misses {', '.join(missing)}; add it"
        case "type" if not place:
            yield place, "there is no night in this file; `nachtwacht night new NAME` writes one"
        case _:
            expected = schema_here.get("description") or error.message
            yield place, f"{here} is {said!r}; expected {expected}"


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else ""


def _on_top(region: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What the night says of somebody is added to what the region says; the night wins."""
    whole: dict[str, Any] = {**region, **own}
    for noun in MERGED:
        there = region.get(noun, {})
        said = own.get(noun, {})
        whole[noun] = {
            name: {**there.get(name, {}), **(said.get(name) or {})} for name in {**there, **said}
        }
    return whole
