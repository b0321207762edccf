"""Files as Dutch Excel writes them, and what it does to numbers and dates on the way."""

from typing import Any

import pytest

from hub.registry.files import csv_text, read_file
from hub.registry.nouns import CONTACTS
from hub.registry.records import Sent, Trouble, understood

HEADER = "external_id;name;level;phone"
DAUGHTER = {"external_id": "mies", "name": "Mies", "level": "informal_caregiver", "phone": "06 12"}


def came_in(text: str | bytes, name: str = "contacts.csv") -> tuple[list[Any], list[str]]:
    """What is understood of a file, and what is said about the rest."""
    read = list(read_file(name, text if isinstance(text, bytes) else text.encode()))
    records, wrong = understood([one for one in read if isinstance(one, Sent)], "zorg")
    troubles = [*(one for one in read if isinstance(one, Trouble)), *wrong]
    return [one.values for one in records], [str(one) for one in troubles]


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEADER}\r\nmies;Mies;informal_caregiver;06 12\r\n",
        f"sep=;\r\n{HEADER}\r\nmies;Mies;informal_caregiver;06 12\r\n",
        f"{HEADER};;\r\nmies;Mies;informal_caregiver;06 12;;\r\n;;;;;\r\n",
        f"{HEADER.upper()}\r\nmies;Mies;informal_caregiver;06 12\r\n",
        '"external_id","name","level","phone"\n"mies","Mies","informal_caregiver","06 12"',
        f"{HEADER}\rmies;Mies;informal_caregiver;06 12\r",
        HEADER.replace(";", "\t") + "\nmies\tMies\tinformal_caregiver\t06 12\n",
    ],
)
def test_however_a_spreadsheet_writes_it_the_same_comes_in(text: str) -> None:
    assert came_in(text) == ([DAUGHTER], [])


@pytest.mark.parametrize("phone", ["3,16123E+10", "3.16E+10"])
def test_a_number_of_which_a_spreadsheet_lost_the_digits_is_refused(phone: str) -> None:
    found, (told,) = came_in(f"{HEADER}\nmies;Mies;informal_caregiver;{phone}\n")
    assert not found
    assert told == (
        f"contacts.csv:2:phone: a spreadsheet made {phone} of it. Make the cell text first."
    )


@pytest.mark.parametrize("phone", ["3,16E+10", "+31612345678", "=1+1", "'06", "''+31"])
def test_what_looks_like_a_number_to_a_spreadsheet_goes_out_and_in_as_it_is(phone: str) -> None:
    usual = {one.name: one.usual for one in CONTACTS.fields}
    text = csv_text(CONTACTS, [("zorg", {**usual, **DAUGHTER, "phone": phone})])
    (found,), troubles = came_in(text)
    assert (found["phone"], troubles) == (phone, [])


def test_a_row_that_is_too_long_or_too_short_is_told_by_its_line() -> None:
    _, told = came_in(f"{HEADER}\nmies;Mies\nmies;Mies;informal_caregiver;06;12\n")
    assert told == [
        "contacts.csv:2: 2 cells under 4 names. Write 4 cells: an empty one keeps its separator.",
        'contacts.csv:3: 5 cells under 4 names. Put a cell with a separator in it between ".',
    ]


@pytest.mark.parametrize("rows", ["", "mies;Mies\npiet;Piet\n"])
def test_a_wrong_name_of_a_field_is_told_once_and_at_the_line_of_names(rows: str) -> None:
    found, told = came_in(f"external_id;naam\n{rows}")
    assert not found
    assert told == ["contacts.csv:1:naam: contacts have no such field. Did you mean name?"]


def test_days_and_hours_as_dutch_excel_shows_them() -> None:
    text = "external_id;contact;begins;ends\na;mies;5-1-2026 7:00;05-01-2026 15:00:00\n"
    (found,), troubles = came_in(text, "shifts.csv")
    assert not troubles
    assert (found["begins"], found["ends"]) == ("2026-01-05T06:00:00Z", "2026-01-05T14:00:00Z")


@pytest.mark.parametrize("code", ["latin-1", "cp1252", "utf-16"])
def test_another_alphabet_is_told_with_what_to_choose_in_excel(code: str) -> None:
    found, (told,) = came_in(f"{HEADER}\nmies;Andr\u00e9;informal_caregiver;06\n".encode(code))
    assert not found
    assert "this is not UTF-8" in told
    assert "CSV UTF-8" in told


def test_a_step_in_json_without_its_wait_is_told_what_it_misses() -> None:
    header = "external_id;name;kinds;steps\n"
    row = 'val;Val;alarm.fall;"[{""level"": ""own_team""}]"\n'
    _, (told,) = came_in(header + row, "agreements.csv")
    assert told.startswith("agreements.csv:2:steps: step 1: Step misses ['wait']. Write ")
