"""The places in a JSON payload, and the same payload with something else in one of them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from adapters.fields import Unreadable
from adapters.strict_json import parse

Path = tuple[str | int, ...]


def value_of(payload: bytes) -> Any:
    """The JSON of a payload; None where it is none that is read."""
    try:
        return parse(payload)
    except Unreadable:
        return None


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every text, number, flag and null with its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path, value


def with_value(value: Any, path: Path, other: Any) -> bytes:
    """The payload with another value at a place."""
    return json.dumps(_put(value, path, other)).encode()


def every_object(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """The payload with each of its objects changed."""
    return json.dumps(_changed(value, change)).encode()


def _put(value: Any, path: Path, other: Any) -> Any:
    if not path:
        return other
    copy: Any = value.copy()
    copy[path[0]] = _put(value[path[0]], path[1:], other)
    return copy


def _changed(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return change({name: _changed(inner, change) for name, inner in value.items()})
    if isinstance(value, list):
        return [_changed(inner, change) for inner in value]
    return value
