"""Turns the engine's frozen values into JSON and back, by their type hints.

Unions of values carry their class name under `is`. Field names are the contract with stored
rows: a new field needs a default, so that older rows can still be read.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Turn a value into what JSON can hold: lengths of time become seconds."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if type(value) in (list, tuple):
        return [encode(one) for one in value]
    plain = for_json(value)
    if isinstance(plain, dict):
        return {name: encode(one) for name, one in plain.items()}
    return [encode(one) for one in plain] if isinstance(plain, list) else plain


def for_json(value: Any) -> Any:
    """Turn one value `json.dumps` does not know into one it does; its parts may need it too."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    if is_dataclass(value):
        return {name: getattr(value, name) for name in _names(kind)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(encode(one) for one in value)
    return list(value)


_PLAIN: dict[type, Callable[[Any], Any]] = {
    UUID: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    timedelta: timedelta.total_seconds,
    bytes: lambda value: f"\\x{value.hex()}",
}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def decode(kind: type[T], stored: Any) -> T:
    """Read a value of this type back. Raises KeyError, TypeError or ValueError when it cannot."""
    target: Any = kind
    made: T = _reader(target)(stored)
    return made


def stored_or_none(kind: type[T], stored: Any) -> T | None:
    """Read a value that may be missing; nonsense must not keep anybody from a call."""
    try:
        return None if stored is None else decode(kind, stored)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _optional(arguments)
    if origin in (tuple, frozenset):
        return _several(origin, arguments[0])
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    plain: dict[Any, Callable[[Any], Any]] = {
        UUID: UUID,
        datetime: datetime.fromisoformat,
        date: date.fromisoformat,
        timedelta: lambda seconds: timedelta(seconds=seconds),
    }
    if kind in plain:
        return plain[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return lambda stored: stored


def _optional(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    inner = [_reader(one) for one in arguments if one is not NoneType]
    if len(inner) != 1:
        raise TypeError(f"cannot read a union of {arguments}")
    return lambda stored: None if stored is None else inner[0](stored)


def _several(origin: Callable[[Any], Any], inner: Any) -> Callable[[Any], Any]:
    read = _reader(inner)
    return lambda stored: origin(read(one) for one in stored)


def _dataclass_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _names(kind)}
    needed = {
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    }

    def read(stored: Any) -> Any:
        if missing := needed - stored.keys():
            raise KeyError(f"{kind.__name__} misses {sorted(missing)}")
        return kind(**{name: readers[name](stored[name]) for name in readers if name in stored})

    return read
