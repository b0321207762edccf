"""Runs the checks on an adapter, each on its own: one that fails stops none of the others."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from adapters.kit import bronze, gold, silver
from adapters.kit.asking import Failed
from adapters.kit.result import Result, Verdict
from adapters.kit.subject import Subject, Wrong

CHECKS: Mapping[int, Callable[[Subject], str]] = MappingProxyType(
    {
        1: bronze.manifest,
        2: bronze.golden,
        3: bronze.deterministic,
        4: bronze.pure,
        5: bronze.fuzz,
        6: bronze.hostile,
        7: silver.keys,
        8: silver.identity,
        9: silver.restart,
        10: silver.time,
        11: gold.pairs,
        12: gold.privacy,
    }
)


def check(number: int, subject: Subject) -> Result:
    """Run one check of 1 to 12. Whatever the adapter does, this answers."""
    try:
        if not subject.fixtures and number > 2:
            return Result(number, Verdict.NOT_RUN, note="needs recorded messages")
        return Result(number, Verdict.PASSED, note=CHECKS[number](subject))
    except Wrong as wrong:
        return Result(number, Verdict.FAILED, wrong.witness[:1000], wrong.remedy)
    except Failed as error:
        return Result(number, Verdict.FAILED, str(error)[:1000], "keep to adapters/contract.py")


def checked(subject: Subject) -> list[Result]:
    """Run all checks that need no hub."""
    return [check(number, subject) for number in CHECKS]
