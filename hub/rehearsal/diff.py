"""Compares two results of played nights, as `night check --json` wrote them, alert by alert.

Ids do not count, moments do: an alert is the same when it is the n-th of this kind about these
clients, and a happening when it is the n-th of its sort about the same person or outcome.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Key = tuple[object, ...]


class NotAResult(Exception):
    """A file that is no result of `nachtwacht night check --json`; says what to do."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two results have in common and what not; `lines` is for people."""

    lines: Sequence[str]
    differ: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing that happened to an alert."""

    at: datetime
    what: str
    who: str
    detail: str

    @property
    def said(self) -> str:
        detail = f" ({self.detail})" if self.detail not in ("", "done") else ""
        return f"{self.what} {self.who}{detail}"


@dataclass(frozen=True, slots=True)
class _Told:
    """One alert of a result."""

    name: str
    steps: Sequence[_Step]


def read(path: Path) -> Mapping[str, Any]:
    """Read a result. Raises NotAResult."""
    try:
        said = json.loads(path.read_text())
        for night in said["nights"]:
            _alerts(night)
    except OSError as error:
        raise NotAResult(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = "write it with `nachtwacht night check NIGHT --json FILE`"
        raise NotAResult(f"{path} is not a result of this version; {told}") from error
    assert isinstance(said, dict)
    return said


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any], within: timedelta = timedelta(0)
) -> Comparison:
    """Hold one result against another; moments no further apart than `within` are the same."""
    first, second = (
        _numbered(map(_of_night, before["nights"])),
        _numbered(map(_of_night, after["nights"])),
    )
    second, seeds = _side_by_side(first, second)
    lines: list[str] = []
    differ = 0
    for key in dict.fromkeys([*first, *second]):
        name = f"{key[0]} (seed {key[1]}{seeds.get(key, '')})"
        if key not in first or key not in second:
            differ += 1
            lines.append(f"{name}: only in {'b' if key not in first else 'a'}")
            continue
        told = list(_of_nights(first[key], second[key], within))
        differ += bool(told)
        lines += [f"{name}: {'differs' if told else 'the same'}", *told]
    return Comparison(lines, differ)


def _of_night(night: Any) -> tuple[Key, Any]:
    return (night["night"], night["seed"]), night


def _side_by_side(
    first: Mapping[Key, Any], second: Mapping[Key, Any]
) -> tuple[dict[Key, Any], dict[Key, str]]:
    """`second` by the keys of `first` where a night was played once in each, with another seed."""
    names, others = (Counter(key[0] for key in one) for one in (first, second))
    by_name = {key[0]: key for key in first if names[key[0]] == others[key[0]] == 1}
    paired = {by_name.get(key[0], key): night for key, night in second.items()}
    seeds = {
        pair: f" in a, {key[1]} in b"
        for key in second
        if (pair := by_name.get(key[0], key))[1] != key[1]
    }
    return paired, seeds


def _numbered(pairs: Iterator[tuple[Key, Any]]) -> dict[Key, Any]:
    """By key and how manieth with that key, in order."""
    seen: defaultdict[Key, int] = defaultdict(int)
    numbered: dict[Key, Any] = {}
    for key, value in pairs:
        numbered[*key, seen[key]] = value
        seen[key] += 1
    return numbered


def _of_nights(before: Any, after: Any, within: timedelta) -> Iterator[str]:
    zone = ZoneInfo(before.get("zone", "UTC"))
    first, second = _alerts(before), _alerts(after)
    for key in dict.fromkeys([*first, *second]):
        if key not in second:
            yield f"  - {first[key].name}, {_opened(first[key], zone)}: only in a"
        elif key not in first:
            yield f"  + {second[key].name}, {_opened(second[key], zone)}: only in b"
        elif told := list(_of_alerts(first[key], second[key], within, zone)):
            yield f"  {first[key].name}, {_opened(first[key], zone)}"
            yield from told
    yield from _of_promises(before, after, zone)


def _alerts(night: Any) -> dict[Key, _Told]:
    """The alerts of a night in the order in which they were opened."""
    by_number: defaultdict[int, list[Any]] = defaultdict(list)
    for one in night["happened"]:
        by_number[one["alert"]].append(one)
    return _numbered((_matter(told), _told(told)) for _, told in sorted(by_number.items()))


def _matter(told: Sequence[Any]) -> Key:
    return (*sorted(told[0]["clients"]), told[0]["kind"])


def _told(told: Sequence[Any]) -> _Told:
    first = told[0]
    about = ", ".join(first["clients"]) or "nobody known"
    steps = [
        _Step(datetime.fromisoformat(one["at"]), one["what"], one["who"], one["detail"])
        for one in told
    ]
    return _Told(f"{first['priority']} {first['kind']} of {about}", steps)


def _opened(told: _Told, zone: ZoneInfo) -> str:
    return f"opened {_clock(told.steps[0].at, zone)}"


def _of_alerts(before: _Told, after: _Told, within: timedelta, zone: ZoneInfo) -> Iterator[str]:
    if before.name != after.name:
        yield f"    ~ {before.name} in a, {after.name} in b"
    first = _numbered(((one.what, one.who), one) for one in before.steps)
    second = _numbered(((one.what, one.who), one) for one in after.steps)
    both = {**second, **first}
    for key in sorted(both, key=lambda each: (both[each].at, each not in first)):
        yield from _of_steps(first.get(key), second.get(key), within, zone)


def _of_steps(
    before: _Step | None, after: _Step | None, within: timedelta, zone: ZoneInfo
) -> Iterator[str]:
    if after is None and before is not None:
        yield f"    - {_clock(before.at, zone)} {before.said}: only in a"
    elif before is None and after is not None:
        yield f"    + {_clock(after.at, zone)} {after.said}: only in b"
    elif before is not None and after is not None:
        apart = after.at - before.at
        if abs(apart) > within:
            yield (
                f"    ~ {before.what} {before.who}: {_clock(before.at, zone)} in a, "
                f"{_clock(after.at, zone)} in b, {_length(abs(apart))} "
                f"{'later' if apart > timedelta(0) else 'sooner'}"
            )
        if before.detail != after.detail:
            yield f"    ~ {_clock(before.at, zone)} {before.said} in a, {after.said} in b"


def _of_promises(before: Any, after: Any, zone: ZoneInfo) -> Iterator[str]:
    """What broke in one of the two; the wording of what was seen does not count."""
    first = _numbered(((one["promise"],), one) for one in before["broken"])
    second = _numbered(((one["promise"],), one) for one in after["broken"])
    for key in dict.fromkeys([*first, *second]):
        if (key in first) != (key in second):
            one, where = (first[key], "a") if key in first else (second[key], "b")
            at = _clock(datetime.fromisoformat(one["at"]), zone)
            yield f"  {'-' if where == 'a' else '+'} {at} broken: {one['promise']}: only in {where}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def _length(lasts: timedelta) -> str:
    seconds = lasts.total_seconds()
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" + (f" {rest} s" if rest else "")
