"""JSON read strictly: whatever is ambiguous, absurd or broken is `Unreadable`, never guessed.

Python's own reader keeps the last of two equal keys, accepts NaN and dies on deep nesting;
the last key wins is how an alarm gets lost. Text that comes out can be stored in PostgreSQL:
NUL and lone surrogates are made visible, and no text is longer than `LONGEST_TEXT`.
"""

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import NoReturn

from adapters.contract import Binding, Inbound, Outcome, Rejected
from adapters.fields import Fields, Json, Unreadable
from adapters.text import visible

DEEPEST = 32
_LARGEST_INTEGER = 2**63


def strict_json(payload: bytes) -> Fields:
    """The fields of a JSON object. Raises Unreadable, with a code and a remedy, for all else."""
    return as_fields(parse(payload))


def as_fields(value: Json) -> Fields:
    """A parsed value as the fields of an object. Raises Unreadable when it is something else."""
    if not isinstance(value, dict):
        raise Unreadable("not_an_object", "the payload is JSON but no object: send { ... }")
    return Fields(value)


def parse(payload: bytes) -> Json:
    """Any JSON value. Raises Unreadable for what is empty, broken, ambiguous or too deep."""
    text = _text(payload)
    _refuse_depth(text)
    try:
        parsed: Json = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except _TooLarge as error:
        detail = f"{_too_large(text)}: too large; stay within 64 bits"
        raise Unreadable("number_too_large", detail) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable("malformed_json", f"{error.msg} at {where}: send valid JSON") from error
    return parsed


def rejects_unreadable(
    decode: Callable[[Inbound, Binding], Outcome],
) -> Callable[[Inbound, Binding], Outcome]:
    """Make a decoder answer Rejected, with the field and the remedy, where it meets Unreadable."""

    @wraps(decode)
    def decoding(inbound: Inbound, binding: Binding) -> Outcome:
        try:
            return decode(inbound, binding)
        except Unreadable as error:
            return Rejected(error.code, error.detail)

    return decoding


def _text(payload: bytes) -> str:
    if not payload.strip():
        raise Unreadable("empty", "the payload is empty: send a JSON object")
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            "not_utf8", f"byte {error.start} is not UTF-8: encode the text as UTF-8"
        ) from error


# Every quote that opens matches to its end or to the end of the text, so this is linear.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.?)*"?|[\[{]|[\]}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(token.group(), 0)
        if depth > DEEPEST:
            raise Unreadable("too_deep", f"nested deeper than {DEEPEST} levels: send it flat")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable("ambiguous_json", f"field {visible(twice, 40)!r} is there twice: once")
    return fields


def _no_number(text: str) -> NoReturn:
    raise Unreadable("not_a_number", f"{text} is not JSON: leave the field out or send null")


class _TooLarge(ValueError):
    """A number is too large; which one is only looked for afterwards, as it is rare."""


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise _TooLarge
    return number


def _bounded(text: str) -> int:
    if len(text) > 20 or abs(number := int(text)) >= _LARGEST_INTEGER:
        raise _TooLarge
    return number


def _too_large(text: str) -> str:
    """The name of the first field that holds a number too large; "a number" where none does."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found.extend(name for name, value in pairs if _is_in(value))
        return dict(pairs)

    with suppress(json.JSONDecodeError):  # what is broken behind it was not reached before either
        json.loads(text, object_pairs_hook=look, parse_int=_or_inf, parse_constant=str)
    return f"field {visible(found[0], 40)!r}" if found else "a number"


def _or_inf(text: str) -> int | float:
    try:
        return _bounded(text)
    except _TooLarge:
        return math.inf


def _is_in(value: Json) -> bool:
    if isinstance(value, list):
        return any(map(_is_in, value))
    return isinstance(value, float) and math.isinf(value)
