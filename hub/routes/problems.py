"""Problem details (RFC 9457): what is wrong, in which field, and what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"  # names, explained in docs/api.md


class FieldProblem(BaseModel):
    """One field that is wrong, and the remedy."""

    field: str = Field(examples=["eta_minutes"])
    problem: str = Field(examples=["Input should be less than or equal to 600"])
    remedy: str = Field(examples=["Send a number of at most 600."])


class Problem(BaseModel):
    """The body of every refusal, as `application/problem+json`."""

    type: str = Field(examples=["/api/v1/problems/no-such-alert"])
    title: str = Field(examples=["There is no such alert"])
    status: int = Field(examples=[404])
    detail: str = ""
    errors: list[FieldProblem] = []


class FieldRefused(Exception):
    """A field holds something that can only be judged by looking it up."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.error = FieldProblem(field=field, problem=problem, remedy=remedy)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {one: {"description": TITLES[one], "content": content} for one in statuses}


TITLES: Mapping[int, str] = {
    400: "The request cannot be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Something else is in the way",
    410: "This is no longer kept",
    413: "The request is too large",
    415: "The request is not JSON",
    422: "A field is missing or wrong",
    429: "Too many tries",
    500: "The hub made a mistake",
    503: "The database does not answer",
}

_REMEDIES: Mapping[str, str] = {
    "missing": "Send this field.",
    "extra_forbidden": "Leave this field out, or check its spelling.",
    "json_invalid": "Send valid JSON.",
    "timezone_aware": "Send a moment with its offset, such as 2026-12-24T18:00:00Z.",
    "datetime_from_date_parsing": "Send a moment with its offset, such as 2026-12-24T18:00:00Z.",
    "datetime_parsing": "Send a moment with its offset, such as 2026-12-24T18:00:00Z.",
    "uuid_parsing": "Send a UUID such as 0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d.",
    "int_parsing": "Send a whole number.",
    "int_type": "Send a whole number.",
    "int_from_float": "Send a whole number.",
    "value_error": "Send it without the character that cannot be stored.",
    "string_unicode": "Send valid Unicode.",
    "string_type": "Send text between quotes.",
    "list_type": "Send a list between brackets.",
    "model_attributes_type": "Send a JSON object, with Content-Type: application/json.",
    "model_type": "Send a JSON object, with Content-Type: application/json.",
    "dict_type": "Send a JSON object, with Content-Type: application/json.",
}

_LIMITS: Mapping[str, tuple[str, str]] = {
    "enum": ("expected", "Send one of {}."),
    "literal_error": ("expected", "Send one of {}."),
    "less_than_equal": ("le", "Send a number of at most {}."),
    "greater_than_equal": ("ge", "Send a number of at least {}."),
    "string_too_long": ("max_length", "Send at most {} characters."),
    "string_too_short": ("min_length", "Send at least {} character."),
    "too_long": ("max_length", "Send at most {} of them."),
    "too_short": ("min_length", "Send at least {} of them."),
}


def field_problems(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Say of each field that did not validate what is wrong and what would be right."""
    return [
        FieldProblem(field=_field(one["loc"]), problem=one["msg"], remedy=_remedy(one))
        for one in errors
    ]


def _field(where: Sequence[str | int]) -> str:
    inside = [str(one) for one in where[1:] if not (where[0] == "body" and isinstance(one, int))]
    return ".".join(inside) or str(where[0])


def _remedy(error: Mapping[str, Any]) -> str:
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind in _LIMITS:
        name, sentence = _LIMITS[kind]
        return sentence.format(context.get(name, ""))
    return _REMEDIES.get(kind, "Compare the request with /api/v1/openapi.json.")
