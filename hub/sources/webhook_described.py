"""The webhook as OpenAPI describes it, with examples."""

from collections.abc import Mapping
from typing import Any

SCHEMES: Mapping[str, Any] = {
    "gateway": {"type": "http", "scheme": "bearer", "description": "The gateway's secret."},
    "gateway_and_secret": {
        "type": "http",
        "scheme": "basic",
        "description": "`organisation/gateway` and its secret, as over MQTT.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks, with webhook-id and webhook-timestamp.",
    },
}


def _text(description: str, example: str) -> dict[str, Any]:
    return {"schema": {"type": "string", "example": example}, "description": description}


def _parameter(name: str, description: str, example: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, **_text(description, example)}


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, **_text(description, example)}


def _refusal(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


_MESSAGE: Mapping[str, Any] = {
    "type": "object",
    "required": ["message_id", "outcome"],
    "properties": {
        "message_id": {"type": "string", "format": "uuid"},
        "outcome": {
            "type": "string",
            "enum": ["decoded", "ignored", "rejected", "refused"],
            "description": "What the adapter made of it; refused is not this gateway's to send.",
        },
        "reason": {"type": "string"},
    },
}
_TAKEN: Mapping[str, Any] = {
    "description": "Stored. Do not send it again, whatever became of it.",
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    _MESSAGE,
                    {
                        "type": "object",
                        "properties": {"messages": {"type": "array", "items": _MESSAGE}},
                    },
                ]
            },
            "examples": {
                "stored": {
                    "value": {
                        "message_id": "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d",
                        "outcome": "decoded",
                    }
                },
                "not understood": {
                    "value": {
                        "message_id": "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d",
                        "outcome": "rejected",
                        "reason": "unknown_kind: kind: 'alarm.buton' is not in the list of kinds",
                    }
                },
            },
        }
    },
}
PATHS: Mapping[str, Any] = {
    "/in/{organisation}/{gateway}/{adapter}/{topic}": {
        "post": {
            "tags": ["messages"],
            "summary": "Hand over a message; 202 means that it is stored",
            "operationId": "post_message",
            "description": "Messages that are wrong are stored as well, and shown: 202 is the end.",
            "parameters": [
                _parameter("organisation", "The gateway's organisation.", "zorg"),
                _parameter("gateway", "The gateway.", "gw1"),
                _parameter("adapter", "The language of the message.", "native"),
                _parameter("topic", "Your own topic; may hold slashes.", "pendant-1"),
                _header("Idempotency-Key", "The message's id, the same on every try.", "msg_2KWPB"),
            ],
            "requestBody": {
                "required": True,
                "description": "At most 64 KiB; as application/x-ndjson 500 lines, each a message.",
                "content": {
                    "application/json": {
                        "schema": {},
                        "examples": {
                            "a press": {"value": {"kind": "alarm.button", "boot": "7f", "seq": 12}}
                        },
                    },
                    "application/x-ndjson": {"schema": {"type": "string"}},
                },
            },
            "responses": {
                "202": _TAKEN,
                "401": _refusal("No key, user or signature that is right"),
                "408": _refusal("The body did not come within 10 seconds"),
                "413": _refusal("Over 64 KiB: its beginning is kept, and shown"),
                "503": _refusal("Not stored: send it again, after Retry-After seconds"),
            },
            "security": [{one: []} for one in SCHEMES],
        },
    }
}
