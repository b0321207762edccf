"""Strict JSON: only what cannot be misread comes through, and reading it never breaks."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fields import Fields, Unreadable
from adapters.strict_json import DEEPEST, parse, strict_json
from adapters.text import LONGEST_TEXT, visible

scalars = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1)
plain_json = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(**values: Any) -> Fields:
    return strict_json(json.dumps(values).encode())


@given(st.binary())
def test_no_bytes_are_anything_but_read_or_unreadable(payload: bytes) -> None:
    with suppress(Unreadable):
        parse(payload)


@given(plain_json)
def test_what_is_plain_json_comes_through_unchanged(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value


@given(st.text())
def test_visible_text_can_be_stored(text: str) -> None:
    shown = visible(text)
    assert "\x00" not in shown
    assert len(shown.encode()) <= 4 * LONGEST_TEXT


def test_nested_as_deep_as_allowed_is_read_and_one_deeper_is_not() -> None:
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(Unreadable, match="too_deep"):
        parse(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse(json.dumps([[]] * 100).encode())


def test_zero_false_and_empty_are_values() -> None:
    fields = read(number=0, flag=False, text="", list=[])
    assert (fields.integer("number"), fields.flag("flag"), fields.text("text")) == (0, False, "")
    assert all(name in fields for name in ("number", "flag", "text", "list"))


def test_true_is_no_number_and_one_is_no_flag() -> None:
    fields = read(yes=True, one=1)
    for reading in (lambda: fields.integer("yes"), lambda: fields.number("yes", 0, 9)):
        with pytest.raises(Unreadable, match="yes"):
            reading()
    with pytest.raises(Unreadable, match="one: send true or false"):
        fields.flag("one")


def test_an_error_names_the_field_where_it_stands() -> None:
    with pytest.raises(Unreadable, match=r"dose\.id: not there; add it"):
        read(dose={}).inner("dose").text("id")


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b'{"kind":"x","seq":1e999}', r"field 'seq': too large; stay within 64 bits"),
        (b'{"a":1,"dose":{"days":[[1],[%d]]},"b":1e999}' % 2**63, "field 'days'"),
        (b'{"a":-1e999,"b":', "number_too_large: a number"),
        (b"[%s]" % (b"9" * 400), "number_too_large: a number"),
    ],
)
def test_a_number_that_is_too_large_is_told_with_its_field(payload: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        parse(payload)


@pytest.mark.parametrize(
    "said",
    [
        "2026-01-05T03:12:00+01:00",
        "2026-01-05T03:12:00",
        "2026-01-05T02:12:00Z",
        "20260105T031200",
        1767579120,
        1767579120.0,
        1767579120000,
    ],
)
def test_a_moment_in_any_of_these_forms_is_the_same_moment(said: object) -> None:
    moment = read(at=said).moment("at", "Europe/Amsterdam")
    assert moment == datetime(2026, 1, 5, 2, 12, tzinfo=UTC)
    assert moment.utcoffset() == timedelta()


@pytest.mark.parametrize(
    "said",
    ["", "nu", "2026-01-05", "2026-13-05T00:00:00", True, [], {}, 1e300, "0001-01-01T00:00+23:00"],
)
def test_what_is_no_moment_is_unreadable(said: object) -> None:
    with pytest.raises(Unreadable, match="at: send a moment"):
        read(at=said).moment("at", "Europe/Amsterdam")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "a\x00b"])
def test_a_zone_that_is_none_is_unreadable(zone: str) -> None:
    with pytest.raises(Unreadable, match="no time zone"):
        read(at="2026-01-05T03:12:00").moment("at", zone)
