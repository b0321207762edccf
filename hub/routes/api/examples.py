"""Puts an example beside every body that /api/v1 takes or gives, made from its own schema.

What a model says in `examples` goes first; what it leaves open is filled in by the name of the
field, so that one alert, one client and one night go through all of them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.routes.problems import MEDIA_TYPE, TITLES, TYPES

Shape = Mapping[str, Any]

AN_ID = "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d"
A_MOMENT = "2026-01-12T22:00:00Z"
BY_FORMAT: Mapping[str, Any] = {
    "uuid": AN_ID,
    "date-time": A_MOMENT,
    "date": "2026-01-12",
    "time": "23:00:00",
    "duration": "PT20M",
    "uri": "https://care.example/nachtwacht",
}
BY_NAME: Mapping[str, str] = {
    "adapter": "native",
    "address": "https://care.example/call",
    "by": "nurse-4",
    "client": "client-gerda",
    "contact": "nurse-4",
    "cursor": "eyJhIjoxfQ",
    "device": "pendant-gerda",
    "emergency": "BODY",
    "explanation": "Uit bed om 03:02, 24 min; geen beweging elders.",
    "external_id": "client-gerda",
    "gateway": "gw-west",
    "home": "home-12",
    "kind": "alarm.button",
    "key": "pendant-7",
    "mode": "mode-1",
    "name": "G. de Vries",
    "marks": "late",
    "note": "She is back in bed.",
    "organisation": "lisdodde",
    "outcome": "real_not_urgent",
    "phone": "+31 38 555 01 01",
    "plan": "night",
    "reason": "Her daughter telephoned.",
    "room": "bedroom",
    "source": "door",
    "time_zone": "Europe/Amsterdam",
    "to": "nurse-4",
    "topic": "in/lisdodde/gw-west/native/pendant-7",
    "way": "webhook",
    "ways": "webhook",
    "ways_open": "webhook",
    "webhook": "care-record",
}
NUMBERS: Mapping[str, int] = {"eta_minutes": 10, "minutes": 10, "wait_seconds": 120, "limit": 50}
ALREADY = frozenset({"due_at", "next_step_at", "last_seen_at"})  # known while an alert is open
CANDIDATES = ("text", *BY_NAME.values(), *BY_FORMAT.values(), "1", "P1", "23:00", "A")
DEEPEST = 6


def add_examples(schema: dict[str, Any], prefix: str) -> None:
    """Give every operation under `prefix` an example of each body and parameter it has."""
    shapes = schema["components"]["schemas"]
    for shape in shapes.values():
        _complete_own(shape, shapes)
    for path, methods in schema["paths"].items():
        for operation in methods.values() if path.startswith(prefix) else ():
            _add_to(operation, shapes)


def _complete_own(shape: Shape, shapes: Mapping[str, Shape]) -> None:
    """Add what must be there: FastAPI leaves nulls out, and a model may add to another's."""
    for given in shape.get("examples", ()):
        for name in shape.get("required", ()) if isinstance(given, dict) else ():
            if name not in given:
                own = shape["properties"][name]
                given[name] = None if _is_nullable(own) else example(own, shapes, name)


def _is_nullable(shape: Shape) -> bool:
    return any(one.get("type") == "null" for one in shape.get("anyOf", ()))


def _add_to(operation: Shape, shapes: Mapping[str, Shape]) -> None:
    for one in operation.get("parameters", ()):
        if one.get("required"):
            one.setdefault("example", example(one["schema"], shapes, one["name"]))
    for content, status in _bodies(operation):
        for media, body in content.items():
            if "example" not in body and "examples" not in body and body.get("schema"):
                made = _refusal(status) if media == MEDIA_TYPE else None
                body["example"] = made or example(body["schema"], shapes)


def _bodies(operation: Shape) -> Iterator[tuple[dict[str, Any], str]]:
    if asked := operation.get("requestBody"):
        yield asked["content"], ""
    for status, answer in operation["responses"].items():
        yield answer.get("content", {}), status


def _refusal(status: str) -> dict[str, Any] | None:
    title = TITLES.get(int(status)) if status.isdigit() else None
    if title is None:
        return None
    wrong = {
        "field": "eta_minutes",
        "problem": "Input should be less than or equal to 600",
        "remedy": "Send a number of at most 600.",
    }
    return {
        "type": f"{TYPES}invalid" if status == "422" else "about:blank",
        "title": title,
        "status": int(status),
        "detail": "",
        "errors": [wrong] if status == "422" else [],
    }


def example(shape: Shape, shapes: Mapping[str, Shape], name: str = "", depth: int = 0) -> Any:
    """Make something that fits a schema; `name` is the field's, which says what is meant."""
    shape = _resolved(shape, shapes)
    if (given := _given(shape, name)) is not None:
        return given
    for choice in ("anyOf", "oneOf"):
        if choice in shape:
            return _first_of(shape[choice], shapes, name, depth)
    return _of_type(shape, shapes, name, depth)


def _given(shape: Shape, name: str) -> Any:
    """What the schema itself says, or the name of the field; None where neither does."""
    for word in ("const", "example"):
        if word in shape:
            return shape[word]
    if shape.get("examples"):
        return shape["examples"][0]
    if named := _named(shape, name):
        return named
    return shape["enum"][0] if "enum" in shape else shape.get("default")


def _named(shape: Shape, name: str) -> str | None:
    known = BY_NAME.get(name)
    fits = "enum" not in shape and shape.get("type") == "string" and "format" not in shape
    return known if known is not None and fits and _fits(known, shape) else None


def _fits(text: str, shape: Shape) -> bool:
    short, long = shape.get("minLength", 0), shape.get("maxLength", len(text))
    return short <= len(text) <= long and re.search(shape.get("pattern", ""), text) is not None


def _resolved(shape: Shape, shapes: Mapping[str, Shape]) -> Shape:
    while "$ref" in shape or "allOf" in shape:
        if "allOf" in shape:
            parts = [_resolved(one, shapes) for one in shape["allOf"]]
            own = {key: said for key, said in shape.items() if key != "allOf"}
            shape = {key: said for one in (*parts, own) for key, said in one.items()}
        else:
            own = {key: said for key, said in shape.items() if key != "$ref"}
            shape = {**shapes[shape["$ref"].rpartition("/")[2]], **own}
    return shape


def _first_of(choices: Any, shapes: Mapping[str, Shape], name: str, depth: int) -> Any:
    some = [_resolved(one, shapes) for one in choices if one.get("type") != "null"]
    later = "enum" in some[0] or (name.endswith("_at") and name not in ALREADY)
    if len(some) < len(choices) and (later or depth >= DEEPEST):
        return None
    return example(some[0], shapes, name, depth)


def _of_type(shape: Shape, shapes: Mapping[str, Shape], name: str, depth: int) -> Any:
    match shape.get("type"):
        case "object":
            return _object(shape, shapes, depth)
        case "array":
            if depth >= DEEPEST and not shape.get("minItems"):
                return []
            return [example(shape.get("items", {}), shapes, name, depth + 1)]
        case "string":
            found = (one for one in CANDIDATES if _fits(one, shape))
            return BY_FORMAT.get(shape.get("format", "")) or next(found, "")
        case "integer" | "number":
            return NUMBERS.get(name, shape.get("minimum", shape.get("exclusiveMinimum", 0) + 1))
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return {}


def _object(shape: Shape, shapes: Mapping[str, Shape], depth: int) -> dict[str, Any]:
    must = shape.get("required", ())
    return {
        name: example(one, shapes, name, depth + 1)
        for name, one in shape.get("properties", {}).items()
        if name in must or depth < DEEPEST
    }
