"""Damaged copies of a payload: bytes flipped, lost, doubled, and values swapped for nasty ones."""

import re
from collections.abc import Iterator
from random import Random

NASTY = (
    b"null",
    b"true",
    b"false",
    b"0",
    b"-0",
    b"-1",
    b'""',
    b"[]",
    b"{}",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"1e308",
    b"0.1",
    b"9" * 30,
    b"9223372036854775808",
    b"253402300800",
    b"-62135596801",
    b'"\\u0000"',
    b'"\\ud800"',
    b'"9999-12-31T23:59:59-14:00"',
    b'"0001-01-01T00:00:00+14:00"',
    b'"2026-W01-1T00"',
    b"[" * 40,
    b'{"a":' * 40,
    b'"' + b"x" * 300 + b'"',
)
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null')


def mutants(payload: bytes, luck: Random, many: int) -> Iterator[bytes]:
    """`many` damaged copies, the same for the same luck."""
    values = [found.span() for found in _VALUE.finditer(payload)]
    for _ in range(many):
        if values and luck.random() < 0.5:
            first, last = luck.choice(values)
            yield payload[:first] + luck.choice(NASTY) + payload[last:]
        else:
            yield _damaged(payload, luck)


def _damaged(payload: bytes, luck: Random) -> bytes:
    damaged = bytearray(payload)
    for _ in range(luck.randint(1, 3)):
        at = luck.randint(0, len(damaged))
        until = min(at + luck.randint(0, 8), len(damaged))
        match luck.randrange(4):
            case 0:
                damaged[at:until] = b""
            case 1:
                damaged[at:at] = damaged[at:until]
            case 2:
                damaged[at:until] = luck.randbytes(until - at)
            case _:
                damaged[at:at] = luck.choice(NASTY)
    return bytes(damaged)
