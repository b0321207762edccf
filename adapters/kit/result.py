"""What the kit found: a verdict for each check, and the level that they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

BRONZE, SILVER, GOLD = range(1, 7), range(7, 11), range(11, 14)
TITLES = {
    1: "manifest valid, a message for every kind and channel",
    2: "every message comes out as its file says",
    3: "deterministic: twice, in another order, with fields in another order",
    4: "pure: no clock, no luck, no files, no network",
    5: "damaged messages are no crash",
    6: "hostile messages are refused in words",
    7: "keys: the same on redelivery, others for other events",
    8: "in another's name: refused",
    9: "restart: what is cached rings not at all, the next press once",
    10: "time: no zone, future, both clock changes, seconds and milliseconds",
    11: "what begins can end",
    12: "privacy: no names, addresses or numbers of people",
    13: "end to end through a hub within two seconds",
}


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Result:
    """One check. A failed one has a `witness`, what was seen where, and a `remedy`."""

    number: int
    verdict: Verdict
    witness: str = ""
    remedy: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """What was checked."""
        return TITLES[self.number]


def level_of(results: Sequence[Result]) -> str:
    """The level reached: gold, silver, bronze, or "" for none."""
    passed = {one.number for one in results if one.verdict is Verdict.PASSED}
    reached = ""
    for name, numbers in (("bronze", BRONZE), ("silver", SILVER), ("gold", GOLD)):
        if not passed.issuperset(numbers):
            return reached
        reached = name
    return reached


def as_json(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """The results for programs."""
    return {
        "adapter": name,
        "level": level_of(results),
        "checks": [
            {
                "number": one.number,
                "title": one.title,
                "verdict": one.verdict.value,
                "witness": one.witness,
                "remedy": one.remedy,
                "note": one.note,
            }
            for one in results
        ],
    }


def as_lines(name: str, results: Sequence[Result]) -> list[str]:
    """The results for people: a line for each check, with what to do under those that failed."""
    lines = []
    for one in results:
        note = f" ({one.note})" if one.note else ""
        lines.append(f"{one.number:>3}  {one.verdict.value.upper():7}  {one.title}{note}")
        if one.verdict is Verdict.FAILED:
            lines += [f"     seen:    {one.witness}", f"     remedy:  {one.remedy}"]
    reached = level_of(results)
    return [*lines, f"{name}: {reached.upper() if reached else 'no level yet'}"]
