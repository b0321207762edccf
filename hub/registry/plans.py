"""What stands in the fields of an agreement: its window, its steps, and the rest of it.

A record holds only what is not as usual, so that the same agreement is always the same record.
Contacts are called by external id.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import NoneType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.contract import Kind
from escalation.agreements import Agreement, Approval, Consent, Inform, Override
from escalation.kinds import family
from escalation.model import Level, Step
from escalation.people import Limits
from escalation.windows import OnHolidays, Window
from hub.registry.values import (
    OBJECT,
    Sort,
    Wrong,
    json_text,
    parsed,
    readable,
    readable_throughout,
)
from hub.store.values import decode

DAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
HOURS = re.compile(r"(?:(\S+) )?(\d{2}):(\d{2})-(\d{2}):(\d{2})(?: (also|only|never))?")
RUNG = re.compile(r"([a-z_]+(?:\+[a-z_]+)*) (\d+)")
WINDOW_REMEDY = "Write 23:00-07:00, or ma-vr 08:00-18:00; then also, only or never for holidays."
STEPS_REMEDY = "Write care_centre 2 > night_partner 3: level and minutes, with > between."
SOMEBODY = UUID(int=0)
LONGEST_WAIT = timedelta(minutes=100_000)
USUAL: Mapping[str, Any] = {"who": [], "ways": [], "needed": 1, "beside": []}
PATTERNS = frozenset({"*", *Kind, *(f"{family(one)}.*" for one in Kind)})
LIMITS_REMEDY = (
    'Write {"wake_ups_a_week": 2, "two_nights_in_a_row": false, "quiet": "22:00-07:00"}.'
)
MEASURES = ("door", "gps", "camera")  # of the law on care and compulsion
INSTEAD = "instead_of"  # the agreement it stands in for, by external id
APART = ("kinds", "steps", "window", "source", "version", "id", "name", "valid_from", "valid_until")


def _window(said: Any) -> dict[str, Any]:
    short = isinstance(said, str) and not said.lstrip().startswith("{")
    value = _hours(said) if short else OBJECT.read(said)
    try:
        decode(Window, value)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise Wrong(f"this is no window: {_told(error)}", WINDOW_REMEDY) from error
    return slim_window(value)


def _hours(said: str) -> dict[str, Any]:
    found = HOURS.fullmatch(said.strip().lower())
    if found is None:
        raise Wrong(f"{said[:40]!r} is no window", WINDOW_REMEDY)
    days, *clock, holidays = found.groups()
    hours = [int(one) for one in clock]
    begins, ends = (hours[at] * 3600 + hours[at + 1] * 60 for at in (0, 2))
    weekdays = list(range(7)) if days is None else _weekdays(days)
    more = {} if holidays is None else {"holidays": holidays}
    return {"begins": begins, "ends": ends, "weekdays": weekdays, **more}


def _weekdays(said: str) -> list[int]:
    found: set[int] = set()
    for part in said.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise Wrong(f"{part[:20]!r} are no weekdays", f"Use {', '.join(DAYS)}, or ma-vr.")
        begins, ends = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(begins, ends + 1 if ends >= begins else ends + 8)}
    return sorted(found)


def slim_window(value: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a window what is as usual."""
    kept = dict(value)
    if sorted(kept.get("weekdays", ())) in ([], list(range(7))):
        kept.pop("weekdays", None)
    if kept.get("holidays") == OnHolidays.AS_USUAL:
        del kept["holidays"]
    return kept


def _window_text(value: Mapping[str, Any]) -> str:
    clock = [value.get(one) for one in ("begins", "ends")]
    if not all(isinstance(one, int | float) and one % 60 == 0 for one in clock):
        return json_text(value)
    hours = "-".join(
        f"{int(one) // 3600:02}:{int(one) // 60 % 60:02}" for one in clock if one is not None
    )
    days = ",".join(DAYS[one] for one in value.get("weekdays", ())) + " "
    said = f"{days.lstrip()}{hours} {value.get('holidays', '')}".strip()
    return said if _same(_window, said, value) else json_text(value)


def _same(read: Callable[[Any], Any], said: str, value: Any) -> bool:
    try:
        return bool(read(said) == value)
    except Wrong:
        return False


def _steps(said: Any) -> list[dict[str, Any]]:
    short = isinstance(said, str) and not said.lstrip().startswith("[")
    listed = _rungs(said) if short else (parsed(said) if isinstance(said, str) else said)
    if not isinstance(listed, list) or not listed or len(listed) > 50:
        raise Wrong("these are no steps", STEPS_REMEDY)
    found = []
    for number, one in enumerate(readable_throughout(listed), start=1):
        try:
            step = decode(Step, {**one, "who": [str(SOMEBODY)] if one.get("who") else []})
            if not isinstance(one.get("who", []), list):
                raise TypeError("who is a list of contacts")  # noqa: TRY301
            if not timedelta() <= step.wait <= LONGEST_WAIT or not 1 <= step.needed <= 100:
                raise ValueError("a wait is up to 100,000 minutes, needed from 1")  # noqa: TRY301
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise Wrong(f"step {number}: {_told(error)}", STEPS_REMEDY) from error
        found.append(slim_step(one))
    return found


def _rungs(said: str) -> list[dict[str, Any]]:
    return [_rung(one.strip()) for one in said.split(">")]


def _rung(said: str) -> dict[str, Any]:
    found = RUNG.fullmatch(said)
    if found is None or int(found[2]) > 100_000:
        raise Wrong(f"{said[:40]!r} is no step", STEPS_REMEDY)
    level, *beside = found[1].split("+")
    for one in (level, *beside):
        if one not in list(Level):
            raise Wrong(f"there is no level {one[:30]!r}", f"Use one of: {', '.join(Level)}.")
    return {"level": level, "wait": int(found[2]) * 60, "beside": beside}


def slim_step(value: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a step what is as usual."""
    return {name: one for name, one in value.items() if USUAL.get(name, ...) != one}


def _steps_text(listed: list[dict[str, Any]]) -> str:
    said = " > ".join(
        f"{'+'.join([str(one['level']), *one.get('beside', ())])} {int(one['wait']) // 60}"
        for one in listed
        if {"level", "wait"} <= one.keys()
    )
    return said if _same(_steps, said, listed) else json_text(listed)


def _kinds(said: Any) -> list[str]:
    listed = said.replace("|", " ").split() if isinstance(said, str) else said
    if not isinstance(listed, list) or not listed:
        raise Wrong("it is about nothing", "Write alarm.fall, alarm.* or *.")
    for one in listed:
        if not isinstance(one, str) or one not in PATTERNS:
            remedy = "Use a kind such as alarm.fall, a family such as alarm.*, or * for everything."
            raise Wrong(f"there is no kind {one!r:.60}", remedy)
    return sorted(set(listed))


def slim_rest(body: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of an agreement's body what has no field of its own and is not as usual."""
    kept = {name: one for name, one in body.items() if name not in APART and one not in ([], None)}
    if isinstance(said := kept.get("consent"), Mapping):
        kept["consent"] = {name: one for name, one in said.items() if one not in ([], None)}
    return kept


def _rest(said: Any) -> dict[str, Any]:
    value = OBJECT.read(said)
    known = Agreement.__dataclass_fields__.keys() - set(APART)
    for name in value:
        if name not in known:
            raise Wrong(f"{name[:40]!r} is not known here", f"Use {', '.join(sorted(known))}.")
    whole = {"id": str(SOMEBODY), "kinds": ["*"], "steps": [], "source": "client"}
    try:
        anonymous = with_names(value, lambda _: str(SOMEBODY))
        if readable(value.get(INSTEAD, "") or ""):
            anonymous[INSTEAD] = str(SOMEBODY)
        decode(Agreement, {**anonymous, **whole})
        ZoneInfo(str(value.get("time_zone", "UTC")))
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError, OSError) as error:
        raise Wrong(f"this cannot be read: {_told(error)}", "See docs/registry.md.") from error
    _consent(value.get("consent") or {})
    for name, kind in (("inform", Inform), ("overrides", Override)):
        for one in value.get(name) or ():
            _only(one, kind.__dataclass_fields__)
    _only(value.get("approval") or {}, Approval.__dataclass_fields__)
    return slim_rest(value)


def with_names(value: Mapping[str, Any], named: Callable[[str], str]) -> dict[str, Any]:
    """Call every contact in steps or in the rest by another name: an id, or an external id."""
    changed = dict(value)
    if value.get("who"):
        changed["who"] = [named(one) for one in value["who"]]
    for part in ("steps", "inform"):
        if part in value:
            told = [
                {**one, "who": named(one["who"])} if part == "inform" else with_names(one, named)
                for one in value[part]
            ]
            changed[part] = told
    if value.get("approval"):
        changed["approval"] = {**value["approval"], "by": named(value["approval"]["by"])}
    return changed


def contacts_in(value: Mapping[str, Any]) -> list[str]:
    """Say whom steps or the rest name."""
    found: list[str] = []

    def note(name: str) -> str:
        found.append(str(name))
        return str(name)

    with_names(value, note)
    return found


def _limits(said: Any) -> dict[str, Any]:
    value: dict[str, Any] = dict(OBJECT.read(said))
    _only(value, Limits.__dataclass_fields__)
    if value.get("quiet") is not None:
        value["quiet"] = _window(value["quiet"])
    if not isinstance(value.get("two_nights_in_a_row", True), bool):
        raise Wrong("two_nights_in_a_row is yes or no", LIMITS_REMEDY)
    if type(value.get("wake_ups_a_week")) not in (int, NoneType):
        raise Wrong("wake_ups_a_week is a whole number", LIMITS_REMEDY)
    try:
        decode(Limits, value)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise Wrong(f"these are no limits: {_told(error)}", LIMITS_REMEDY) from error
    return value


def _consent(said: Mapping[str, Any]) -> None:
    """Know every word of a consent: one that is misspelt would never be seen again."""
    _only(said, Consent.__dataclass_fields__)
    yes, no = (said.get(name) or [] for name in ("measures", "refused"))
    for one in (*yes, *no):
        if one not in MEASURES:
            raise Wrong(f"there is no measure {str(one)[:40]!r}", f"Use {', '.join(MEASURES)}.")
    if twice := sorted({*yes} & {*no}):
        raise Wrong(f"{twice[0]} is in measures and in refused", "Leave it out of one of them.")


def _only(said: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in said:
        if name not in known:
            raise Wrong(f"{str(name)[:40]!r} is not known here", f"Use {', '.join(known)}.")


def _told(error: Exception) -> str:
    missing = isinstance(error, KeyError)
    return str(error.args[0]) if missing else readable(str(error)[:200].replace("\x00", ""))


_LONG = {"type": "array", "items": {"type": "object"}}
WINDOW = Sort(_window, _window_text, {"oneOf": [{"type": "string"}, {"type": "object"}]})
STEPS = Sort(_steps, _steps_text, {"oneOf": [{"type": "string"}, _LONG]})
KINDS = Sort(_kinds, " ".join, {"type": "array", "items": {"type": "string"}})
REST = Sort(_rest, json_text, {"type": "object"})
LIMITS = Sort(_limits, json_text, {"type": "object"})
