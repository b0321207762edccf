"""What integrators read of our own profiles, the schemas, agrees with what the decoders do."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from adapters.inbound import dispenser, lifestyle
from tests.adapters.recorded import Recorded, recorded

SCHEMAS: dict[str, Any] = {
    name: json.loads(
        files(f"adapters.inbound.{name}").joinpath(f"schema/{name}.schema.json").read_text("utf-8")
    )
    for name in ("dispenser", "lifestyle")
}
WITH_SCHEMA = {name: one for name, one in recorded() if one.wanted.get("schema") in SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_profiles_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("message", WITH_SCHEMA.values(), ids=WITH_SCHEMA.keys())
def test_recorded_payloads_satisfy_the_schema_of_their_profile(message: Recorded) -> None:
    schema = SCHEMAS[message.wanted["schema"]]
    Draft202012Validator(schema).validate(json.loads(message.payload))


def test_the_schemas_know_the_words_of_the_decoders() -> None:
    events = SCHEMAS["dispenser"]["properties"]["event"]["enum"]
    insights = SCHEMAS["lifestyle"]["properties"]["insight"]["enum"]
    assert (set(events), set(insights)) == (set(dispenser.EVENTS), set(lifestyle.INSIGHTS))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dispenser", {"event": "dose_gone"}),
        ("dispenser", {"event": "schedule"}),
        ("dispenser", {"event": "dose_due", "dose": {"due_at": "2026-01-05T08:00:00Z"}}),
        ("dispenser", {"event": "status", "jam": "yes"}),
        ("lifestyle", {"insight": "not_up", "usual_at": "half acht"}),
        ("lifestyle", {"insight": "not_up", "explanation": "..."}),
    ],
)
def test_a_mistake_does_not_satisfy_the_schema(name: str, message: dict[str, Any]) -> None:
    assert not Draft202012Validator(SCHEMAS[name]).is_valid(message)
