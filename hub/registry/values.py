"""What may stand in a field: read from JSON or from a cell, and written in a cell again.

A value has one form inside: what JSON can hold. `read` takes JSON or text, as Dutch Excel writes
it, and raises Wrong; `text` writes a cell that `read` gives the same value for.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from escalation.windows import HOME_ZONE
from hub.access.sharing import Part

LONGEST = 4_000
LONGEST_NAME = 200
FURTHEST = 9_998  # the last year in which every time zone can still tell the time
DUTCH_DATE = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})(?=$|[ T])")
HOUR_OF_ONE_DIGIT = re.compile(r"(?<=\d) (?=\d:)")  # Dutch Excel writes 5-1-2026 7:00
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
SLUG = re.compile(r"[a-z0-9-]{1,63}")
YES = ("true", "ja", "waar", "yes", "1")
NO = ("false", "nee", "onwaar", "no", "0")
BETWEEN = " | "
EVERYTHING = "everything"


class Wrong(ValueError):
    """A value that cannot be right: what is wrong with it, and what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True, eq=False)
class Sort:
    """One sort of value. `schema` is its JSON Schema."""

    read: Callable[[Any], Any]
    text: Callable[[Any], str] = str
    schema: Mapping[str, Any] = field(default_factory=dict)


def readable(said: Any) -> str:
    """Take text as it is. Raises Wrong for what is no text, too long, or cannot be shown."""
    if not isinstance(said, str):
        raise Wrong("this is no text", "Send text between quotes.")
    if len(said) > LONGEST:
        raise Wrong(f"{len(said)} characters", f"Give at most {LONGEST} characters.")
    if UNREADABLE.search(said):
        raise Wrong("it has a character that cannot be stored", "Type it again, without pasting.")
    return said


def _name(said: Any) -> str:
    found = readable(str(said) if type(said) is int else said)
    if not found or found != found.strip() or len(found) > LONGEST_NAME or "\n" in found:
        remedy = f"Give 1 to {LONGEST_NAME} characters, without spaces around them."
        raise Wrong(f"{found[:40]!r} is no name", remedy)
    return found


def _slug(said: Any) -> str:
    found = readable(said)
    if not SLUG.fullmatch(found):
        remedy = "Use small letters, digits and hyphens: it is a level of MQTT topics."
        raise Wrong(f"{found[:40]!r} cannot be part of a topic", remedy)
    return found


def word(*allowed: str) -> Sort:
    """One of these words."""

    def read(said: Any) -> str:
        if said not in allowed:
            raise Wrong(f"{said!r:.60} is not known here", f"Use one of: {', '.join(allowed)}.")
        return str(said)

    return Sort(read, schema={"type": "string", "enum": list(allowed)})


def _flag(said: Any) -> bool:
    plain = str(said).strip().lower()
    if plain in YES:
        return True
    if plain in NO:
        return False
    raise Wrong(f"{said!r:.40} is neither yes nor no", "Write ja or nee, or true or false.")


def number(least: float, most: float, *, whole: bool = False) -> Sort:
    """A number between these two; a decimal comma will do."""

    def read(said: Any) -> float:
        try:
            found = float(said.replace(",", ".") if isinstance(said, str) else said)
        except (TypeError, ValueError, OverflowError) as error:
            raise Wrong(f"{said!r:.40} is no number", "Write a number such as 20.") from error
        if isinstance(said, bool) or not least <= found <= most or (whole and found % 1):
            kind = "a whole number" if whole else "a number"
            raise Wrong(f"{said!r:.40} cannot be", f"Write {kind} from {least:g} to {most:g}.")
        return int(found) if found % 1 == 0 else found

    return Sort(read, schema={"type": "integer" if whole else "number"})


def _date(said: Any) -> str:
    try:
        found = date.fromisoformat(_iso(readable(said).strip()))
    except ValueError as error:
        remedy = "Write 2026-12-24 or 24-12-2026."
        raise Wrong(f"{said!r:.40} is no date", remedy) from error
    return _sane(found, said).isoformat()


def _moment(said: Any) -> str:
    remedy = "Write 2026-12-24T18:00+01:00, or 24-12-2026 18:00 for local time."
    try:
        found = datetime.fromisoformat(_iso(readable(said).strip()))
    except ValueError as error:
        raise Wrong(f"{said!r:.40} is no moment", remedy) from error
    _sane(found.date(), said)
    return said_at(found if found.tzinfo is not None else local(found, ZoneInfo(HOME_ZONE)))


def _sane(day: date, said: Any) -> date:
    if not 1800 <= day.year <= FURTHEST:
        raise Wrong(f"{said!r:.40} is no year of ours", f"Give a year from 1800 to {FURTHEST}.")
    return day


def _iso(said: str) -> str:
    whole = DUTCH_DATE.sub(lambda one: f"{one[3]}-{int(one[2]):02}-{int(one[1]):02}", said)
    return HOUR_OF_ONE_DIGIT.sub(" 0", whole)


def local(wall: datetime, zone: ZoneInfo) -> datetime:
    """Give the moment a clock on the wall shows this.

    Raises Wrong for an hour that happens twice or never, in the nights the clock changes.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
        told = "happens twice" if exists else "does not exist"
        said = [f"{wall:%Y-%m-%dT%H:%M}{one:%z}" for one in (first, second)]
        raise Wrong(
            f"{wall:%Y-%m-%d %H:%M} {told}: the clock changes that night",
            f"Give the offset: {said[0]} or {said[1]}.",
        )
    return first


def said_at(at: datetime) -> str:
    """Write a moment as it stands in a record: in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def at_of(said: str) -> datetime:
    """Read such a moment back."""
    return datetime.fromisoformat(said)


def _words(said: Any) -> list[str]:
    listed = said
    if isinstance(said, str):
        parts = said.split("|")
        listed = parsed(said) if said.lstrip().startswith("[") else [one.strip() for one in parts]
    if not isinstance(listed, list):
        raise Wrong("this is no list", "Write one after another with | between.")
    return sorted({_name(one) for one in listed if one != ""})


def parsed(said: str) -> Any:
    """Read JSON in a cell. Raises Wrong."""
    try:
        return json.loads(said, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"this is not JSON: {error}", "Write JSON, or the short form.") from error


def _no_constant(said: str) -> None:
    raise ValueError(f"{said} is no number")


def _shares(said: Any) -> list[str]:
    known = [str(one) for one in Part]
    listed = _words(said)
    if unknown := [one for one in listed if one not in (EVERYTHING, *known)]:
        remedy = f"Write {EVERYTHING}, or words of: {', '.join(known)}."
        raise Wrong(f"{unknown[0]!r:.60} is nothing that can be shared", remedy)
    if EVERYTHING in listed and len(listed) > 1:
        raise Wrong("everything and a part of it", f"Write {EVERYTHING} alone, or leave it out.")
    return [one for one in (EVERYTHING, *known) if one in listed]


def _words_text(listed: Sequence[str]) -> str:
    odd = any("|" in one or one.startswith("[") for one in listed)
    return json.dumps(list(listed), ensure_ascii=False) if odd else BETWEEN.join(listed)


def _object(said: Any) -> dict[str, Any]:
    found = parsed(said) if isinstance(said, str) else said
    if not isinstance(found, dict):
        raise Wrong("this is no JSON object", 'Write {"name": value}, or leave it empty.')
    kept: dict[str, Any] = readable_throughout(found)
    return kept


def readable_throughout(value: Any, depth: int = 20) -> Any:
    """Take JSON whose every text can be stored. Raises Wrong."""
    if depth == 0:
        raise Wrong("it is nested too deeply", "Nest at most 20 deep.")
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {readable(name): readable_throughout(one, depth - 1) for name, one in value.items()}
    if isinstance(value, list):
        return [readable_throughout(one, depth - 1) for one in value]
    return value


def json_text(value: Any) -> str:
    """Write JSON in a cell, always in the same order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _ways(said: Any) -> list[dict[str, str]]:
    listed = said
    if isinstance(said, str):
        whole = said.lstrip().startswith("[")
        listed = parsed(said) if whole else [_way(one) for one in said.split("|") if one.strip()]
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and one.keys() == {"way", "address"} for one in listed
    ):
        remedy = 'Write webhook https://... or [{"way": "webhook", "address": "https://..."}].'
        raise Wrong("this is no list of ways", remedy)
    return [{"way": _name(one["way"]), "address": _name(one["address"])} for one in listed]


def _way(said: str) -> dict[str, str]:
    way, _, address = said.strip().partition(" ")
    return {"way": way, "address": address.strip()}


def _ways_text(listed: Sequence[Mapping[str, str]]) -> str:
    plain = BETWEEN.join(f"{one['way']} {one['address']}" for one in listed)
    try:
        same = _ways(plain) == list(listed)
    except Wrong:
        same = False
    return plain if same else json_text(listed)


def seconds(length: timedelta) -> float:
    """Write a length of time as it stands in a record."""
    said = length.total_seconds()
    return int(said) if said % 1 == 0 else said


TEXT = Sort(readable, schema={"type": "string", "maxLength": LONGEST})
NAME = Sort(_name, schema={"type": "string", "minLength": 1, "maxLength": LONGEST_NAME})
TOPIC_LEVEL = Sort(_slug, schema={"type": "string", "pattern": f"^{SLUG.pattern}$"})
FLAG = Sort(_flag, lambda value: "ja" if value else "nee", {"type": "boolean"})
DATE = Sort(_date, schema={"type": "string", "format": "date"})
MOMENT = Sort(_moment, schema={"type": "string", "format": "date-time"})
WORDS = Sort(_words, _words_text, {"type": "array", "items": {"type": "string"}})
OBJECT = Sort(_object, json_text, {"type": "object"})
SHARES = Sort(
    _shares,
    _words_text,
    {"type": "array", "items": {"enum": [EVERYTHING, *Part]}, "uniqueItems": True},
)
WAYS = Sort(_ways, _ways_text, {"type": "array", "items": {"type": "object"}})
SECONDS = number(0, 31_536_000)
