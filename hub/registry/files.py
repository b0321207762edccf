"""The files of an import: a noun to a file, as CSV or JSON, or one JSON file of all nouns.

`clients.csv` and `clients.json` hold clients. CSV is as Dutch Excel writes it: UTF-8 with or
without a mark, separated by ; or , with the names of the fields on the first line.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from hub.registry.fields import Noun
from hub.registry.nouns import NOUNS
from hub.registry.records import Place, Sent, Trouble, unknown
from hub.registry.values import Wrong

LARGEST = 64 * 1024 * 1024
ENDINGS = (".csv", ".json")
NAMES = f"Name it after what is in it: {', '.join(f'{one}.csv' for one in NOUNS)}."
BY_EXCEL = r"\d[.,]\d+E\+\d+"  # what it makes of a long number: digits are lost
ODD = re.compile(rf"'*(?:[=+\-@\t\r]|{BY_EXCEL}$)")  # what a spreadsheet takes for no text
LOST = re.compile(BY_EXCEL)
SAYS_SO = re.compile("sep=.", re.IGNORECASE)  # how a spreadsheet says what is between cells
csv.field_size_limit(1024 * 1024)


def found_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Every file of these files and folders. Raises OSError for one that is not there."""
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix.lower() in ENDINGS)
        else:
            path.stat()
            yield path


def read_files(paths: Sequence[Path]) -> tuple[list[Sent], list[Trouble]]:
    """Read every thing in these files and folders, and whatever cannot be read."""
    sent: list[Sent] = []
    troubles: list[Trouble] = []
    for path in found_in(paths):
        if path.stat().st_size > LARGEST:
            remedy = f"Split it in files of at most {LARGEST // 2**20} MiB."
            troubles.append(Trouble(Place(str(path)), "it is too large", remedy))
            continue
        for one in read_file(path.name, path.read_bytes(), str(path)):
            if isinstance(one, Trouble):
                troubles.append(one)
            else:
                sent.append(one)
    return sent, troubles


def read_file(name: str, content: bytes, place: str = "") -> Iterator[Sent | Trouble]:
    """Read one file by its name; `place` is what troubles call it."""
    place = place or name
    stem, _, ending = name.lower().rpartition(".")
    noun = NOUNS.get(stem)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        remedy = "Save it as UTF-8; in Excel: CSV UTF-8 (door lijstscheidingsteken gescheiden)."
        yield Trouble(Place(place, line), "this is not UTF-8", remedy)
        return
    if ending == "json":
        yield from _json(noun, text, place)
    elif ending == "csv" and noun is not None:
        yield from _csv(noun, text, place)
    else:
        yield Trouble(Place(place), "nobody knows what is in this file", NAMES)


def _csv(noun: Noun, text: str, place: str) -> Iterator[Sent | Trouble]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        names = _names(lines)
        if not any(names):
            remedy = f"Write on line 1: {';'.join(one.name for one in noun.fields)}."
            yield Trouble(Place(place, 1), "it has no names of fields", remedy)
            return
        if len(set(names)) < len(names):
            yield Trouble(Place(place, 1), "a field is named twice", "Leave one of them out.")
            return
        if wrong := list(unknown(noun, names, Place(place, lines.line_num))):
            yield from wrong  # once, and not again at each line below
            return
        begun = lines.line_num + 1
        for cells in lines:
            yield from _line(noun, names, cells, Place(place, begun))
            begun = lines.line_num + 1
    except csv.Error as error:
        remedy = 'Close every " and write "" for a " inside.'
        yield Trouble(Place(place, lines.line_num), f"this is not CSV: {error}", remedy)


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return header[4] if SAYS_SO.match(header) else max(";,\t", key=header.count)


def _names(lines: Iterator[list[str]]) -> list[str]:
    """Read the names of the fields; Excel leaves empty cells behind the last."""
    names = [one.strip().lower() for one in next(lines, [])]
    if names == ["sep=", ""]:
        names = [one.strip().lower() for one in next(lines, [])]
    while names and not names[-1]:
        names.pop()
    return names


def _line(
    noun: Noun, names: Sequence[str], cells: Sequence[str], place: Place
) -> Iterator[Sent | Trouble]:
    if not any(cells):
        return
    if any(cells[len(names) :]) or len(cells) < len(names):
        problem = f"{len(cells)} cells under {len(names)} names"
        few = f"Write {len(names)} cells: an empty one keeps its separator."
        many = 'Put a cell with a separator in it between ".'
        yield Trouble(place, problem, few if len(cells) < len(names) else many)
        return
    found = dict(zip(names, cells, strict=False))
    for name, cell in found.items():
        if LOST.fullmatch(cell):
            problem, remedy = f"a spreadsheet made {cell:.40} of it", "Make the cell text first."
            yield Trouble(replace(place, column=name), problem, remedy)
            return
    yield Sent(noun, {name: unquoted(cell) for name, cell in found.items()}, place)


def quoted(cell: str) -> str:
    """Write a cell that a spreadsheet takes for text, and not for a formula or a number."""
    return f"'{cell}" if ODD.match(cell) else cell


def unquoted(cell: str) -> str:
    """Read such a cell."""
    return cell[1:] if cell.startswith("'") and ODD.match(cell) else cell


def read_object(content: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises Wrong."""
    try:
        decoder = JSONDecoder(object_pairs_hook=_no_twice, parse_constant=_no_number)
        found = decoder.decode(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Wrong(f"this is not JSON: {error}"[:300], "Send one JSON object.") from error
    if not isinstance(found, dict):
        raise Wrong("this is no JSON object", "Send {...} with the fields of the thing.")
    return found


class _Json:
    """Walks through JSON, and knows on which line everything begins."""

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place, self.at = text, place, 0
        self.counted, self.line = 0, 1
        self.decoder = JSONDecoder(object_pairs_hook=_no_twice, parse_constant=_no_number)

    def here(self) -> Place:
        """The line that was reached."""
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return Place(self.place, self.line)

    def skip(self) -> str:
        """Pass over space; the character that comes now, empty at the end."""
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def expect(self, wanted: str) -> str:
        """Take one of these characters."""
        found = self.skip()
        if not found or found not in wanted:
            raise JSONDecodeError(f"expected one of {wanted}", self.text, self.at)
        self.at += 1
        return found

    def value(self) -> Any:
        """Take one whole value."""
        self.skip()
        found, self.at = self.decoder.raw_decode(self.text, self.at)
        return found

    def several(self, begins: str, ends: str) -> Iterator[None]:
        """Walk through what stands between these, comma by comma."""
        self.expect(begins)
        if self.skip() == ends:
            self.at += 1
            return
        while True:
            yield
            if self.expect(f",{ends}") == ends:
                return


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in one object twice")
    return found


def _no_number(said: str) -> None:
    raise ValueError(f"{said} is no number")


def _json(noun: Noun | None, text: str, place: str) -> Iterator[Sent | Trouble]:
    walk = _Json(text, place)
    try:
        if noun is not None:
            yield from _list(walk, noun)
        else:
            for _ in walk.several("{", "}"):
                yield from _named(walk)
        if walk.skip():
            raise JSONDecodeError("something follows the end", text, walk.at)  # noqa: TRY301
    except JSONDecodeError as error:
        remedy = 'Send {"clients": [{...}], ...}, or [{...}] in a file of one noun.'
        at = Place(place, text.count("\n", 0, error.pos) + 1)
        yield Trouble(at, f"this is not JSON as it is wanted: {error.msg}", remedy)
    except (ValueError, RecursionError) as error:
        yield Trouble(walk.here(), f"this cannot be read: {error}", "Mend this record.")


def _named(walk: _Json) -> Iterator[Sent | Trouble]:
    walk.skip()
    place = walk.here()
    name = walk.value()
    walk.expect(":")
    noun = NOUNS.get(name) if isinstance(name, str) else None
    if noun is None:
        walk.value()
        remedy = f"There are: {', '.join(NOUNS)}."
        yield Trouble(place, f"there is no noun {name!r:.60}", remedy)
    else:
        yield from _list(walk, noun)


def _list(walk: _Json, noun: Noun) -> Iterator[Sent | Trouble]:
    for _ in walk.several("[", "]"):
        walk.skip()
        place = walk.here()
        value = walk.value()
        if isinstance(value, dict):
            yield Sent(noun, value, place)
        else:
            yield Trouble(place, "this is no JSON object", "Send {...} for each thing.")


def csv_text(noun: Noun, things: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Write things (organisation, fields) as the CSV file of their noun."""
    written = io.StringIO(newline="")
    lines = csv.writer(written, delimiter=";", lineterminator="\r\n")
    owned = [] if noun.shared else ["organisation"]
    lines.writerow([*owned, *(one.name for one in noun.fields)])
    for owner, values in things:
        cells = [
            "" if values[one.name] is None else one.sort.text(values[one.name])
            for one in noun.fields
        ]
        lines.writerow([*([] if noun.shared else [owner]), *map(quoted, cells)])
    return written.getvalue()


def json_text(noun: Noun, things: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Write things as the JSON file of their noun, one to a line."""
    lines = [
        json.dumps(values if noun.shared else {"organisation": owner, **values}, ensure_ascii=False)
        for owner, values in things
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"
