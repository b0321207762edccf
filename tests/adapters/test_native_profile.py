"""What integrators read, the schemas and the manifest, agrees with what the decoder does."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from adapters.contract import Decoded
from adapters.inbound.native.envelope import SAYABLE
from hub.decoders.translation import manifest_of
from tests.adapters.recorded import ADAPTERS, Recorded, recorded

FOLDER = files("adapters.inbound.native").joinpath("schema")
SCHEMAS: dict[str, Any] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
    for path in FOLDER.iterdir()
}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(one["$id"], Resource.from_contents(one)) for one in SCHEMAS.values()]
)
FAMILIES = ("personal-alarm", "lifestyle-sensor", "medication-dispenser", "location")
WITH_SCHEMA = {name: one for name, one in recorded() if one.wanted.get("schema") in SCHEMAS}


def valid(name: str, message: object) -> bool:
    return Draft202012Validator(SCHEMAS[name], registry=REGISTRY).is_valid(message)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("message", WITH_SCHEMA.values(), ids=WITH_SCHEMA.keys())
def test_recorded_payloads_satisfy_their_schema(message: Recorded) -> None:
    name = message.wanted["schema"]
    said = json.loads(message.payload)
    assert valid(name, said)
    if name in FAMILIES:
        assert valid("message", said)


def test_a_misspelt_field_or_a_word_for_a_flag_does_not_satisfy_a_schema() -> None:
    assert valid("personal-alarm", {"kind": "alarm.button", "withdraws": True})
    assert not valid("personal-alarm", {"kind": "alarm.button", "withdraw": True})
    assert not valid("personal-alarm", {"channel": "fall", "active": "yes"})
    assert not valid("personal-alarm", {"kind": "medication.jam"})
    assert not valid("message", {"battery": 80})


def test_the_schemas_the_manifest_and_the_decoder_know_the_same_kinds() -> None:
    manifest = manifest_of(ADAPTERS["native"])
    in_schemas = {kind for name in FAMILIES for kind in _kinds_in(SCHEMAS[name])}
    in_envelope = {
        one.removeprefix("nachtwacht.")
        for one in SCHEMAS["cloudevent"]["properties"]["type"]["enum"]
    }
    assert set(manifest.kinds) == set(SAYABLE)
    assert in_schemas | {"technical.gateway_offline"} == set(manifest.kinds)
    assert in_envelope - {"level"} == in_schemas


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_kind_a_manifest_declares_has_a_recorded_payload(name: str) -> None:
    decoded = {kind for _, one in recorded() if one.adapter == name for kind in _kinds_of(one)}
    assert set(manifest_of(ADAPTERS[name]).kinds) == decoded


def _kinds_in(schema: dict[str, Any]) -> Iterator[str]:
    for form in schema["oneOf"]:
        yield from form["properties"].get("kind", {}).get("enum", ())


def _kinds_of(message: Recorded) -> Iterator[str]:
    decoder, inbound = message.decoder, message.inbound
    outcome = decoder.decode(inbound, message.binding(decoder.identify(inbound)))
    if isinstance(outcome, Decoded):
        yield from (one.kind.value for one in outcome.readings if one.kind is not None)
