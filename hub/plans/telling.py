"""An agreement in the words of who reads a care plan: when, about what, who is called in turn."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from escalation.agreements import Agreement
from escalation.model import Step
from escalation.windows import EVERY_DAY, OnHolidays, Window
from hub.words.kinds import KINDS, LEVELS
from hub.words.times import WEEKDAYS

ON_HOLIDAYS: Mapping[OnHolidays, str] = {
    OnHolidays.AS_USUAL: "",
    OnHolidays.ALSO: "en op feestdagen",
    OnHolidays.ONLY: "alleen op feestdagen",
    OnHolidays.NEVER: "niet op feestdagen",
}
FAMILIES: Mapping[str, str] = {
    "alarm": "alle alarmen",
    "lifestyle": "leefpatroon",
    "medication": "medicijnen",
    "location": "plaats (GPS)",
    "technical": "techniek",
    "presence": "aanwezigheid",
    "observation": "wat mensen opvalt",
}
WORKDAYS, WEEKEND = frozenset(range(5)), frozenset({5, 6})


def told_agreement(one: Agreement) -> str:
    """Say which agreement it is without its name, in which people may write a person's."""
    return f"{told_kinds(one.kinds)}, {told_window(one.window)}"


def told_kinds(patterns: Iterable[str]) -> str:
    """Say what an agreement is about: kinds and families by their Dutch words."""
    return ", ".join(_kind(one) for one in patterns)


def _kind(pattern: str) -> str:
    if pattern == "*":
        return "alles"
    head, _, rest = pattern.partition(".")
    return FAMILIES.get(head, pattern) if rest == "*" else KINDS.get(pattern, pattern)


def told_window(window: Window | None) -> str:
    """Say when: "ma t/m vr 08:00-18:00, niet op feestdagen"; None is always."""
    if window is None:
        return "altijd"
    parts = [_days(window.weekdays), f"{_clock(window.begins)}-{_clock(window.ends)}"]
    said = " ".join(one for one in parts if one)
    holidays = ON_HOLIDAYS[window.holidays]
    return f"{said}, {holidays}" if holidays else said


def _days(weekdays: frozenset[int]) -> str:
    if weekdays == EVERY_DAY:
        return ""
    if weekdays == WORKDAYS:
        return "ma t/m vr"
    return (
        "weekend" if weekdays == WEEKEND else ", ".join(WEEKDAYS[one] for one in sorted(weekdays))
    )


def _clock(since_midnight: timedelta) -> str:
    hours, minutes = divmod(int(since_midnight.total_seconds()) // 60, 60)
    return f"{hours:02}:{minutes:02}"


def told_steps(steps: Sequence[Step], names: Mapping[UUID, str]) -> list[str]:
    """Say each step of a ladder: who, beside whom, how long is waited for an answer."""
    return [", ".join(_step(one, names)) for one in steps]


def _step(step: Step, names: Mapping[UUID, str]) -> Iterator[str]:
    who = [names.get(one, "iemand die niet bekend is") for one in step.who]
    first = f"{LEVELS[step.level]} ({', '.join(who)})" if who else LEVELS[step.level]
    yield " en ".join([first, *(LEVELS[one].lower() for one in step.beside)])
    if step.needed > 1:
        yield f"{step.needed} mensen nodig"
    yield told_length(step.wait)


def told_length(length: timedelta) -> str:
    """Say a length of time: "2 min", or "1 min 30 s"."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    parts = [f"{minutes} min" if minutes or not seconds else "", f"{seconds} s" if seconds else ""]
    return " ".join(one for one in parts if one)
