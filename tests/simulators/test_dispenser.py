"""The pretender dispenser speaks the published dispenser profile."""

import json
from datetime import datetime
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from simulators import dispenser

SCHEMA = json.loads(
    files("adapters.inbound.dispenser").joinpath("schema/dispenser.schema.json").read_text("utf-8")
)
EIGHT = datetime.fromisoformat("2026-01-13T08:00:00+01:00")


@pytest.mark.parametrize(
    "said",
    [
        dispenser.due("doses-jan", EIGHT, EIGHT, critical=True),
        dispenser.taken("doses-jan", EIGHT, EIGHT),
        dispenser.jam("doses-jan", EIGHT, jammed=True),
    ],
)
def test_what_it_says_satisfies_the_schema(said: bytes) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(said))


def test_a_dose_has_the_same_id_when_it_is_due_and_when_it_is_taken() -> None:
    due = json.loads(dispenser.due("doses-jan", EIGHT, EIGHT, critical=False))
    taken = json.loads(dispenser.taken("doses-jan", EIGHT, EIGHT))
    assert due["dose"]["id"] == taken["dose"]["id"]
