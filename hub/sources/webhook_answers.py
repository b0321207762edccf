"""What a sender over HTTP hears: what became of its message, or a problem (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.decoders.heard import Heard
from hub.incoming.becoming import stored
from hub.store.messages import MessageOutcome

TYPES = "/api/v1/problems/"  # names, explained in docs/webhooks.md
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
TITLES: Mapping[int, str] = {
    400: "The request cannot be understood",
    401: "Nobody is known by these credentials",
    404: "There is no such address",
    405: "This cannot be done here",
    408: "The message came too slowly",
    413: "The message is too large",
    415: "The message is compressed",
    503: "The message is not stored",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a JSON body; `close` ends the connection, as its body was not read."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    close: bool = False
    raw: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "raw", json.dumps(self.body).encode())

    def start(self) -> dict[str, Any]:
        """Give the message that begins the response."""
        kind = b"application/json" if self.status < 300 else b"application/problem+json"
        own = (
            (b"content-type", kind),
            (b"content-length", str(len(self.raw)).encode()),
            *HEADERS,
            *self.headers,
            *(((b"connection", b"close"),) if self.close else ()),
        )
        return {"type": "http.response.start", "status": self.status, "headers": own}


def problem(
    status: int, kind: str, detail: str, *headers: tuple[bytes, bytes], **more: Any
) -> Answer:
    """Say what is wrong and what helps; the body was not read, unless `close` is False."""
    close = bool(more.pop("close", True))
    said = {
        "type": f"{TYPES}{kind}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        **more,
    }
    return Answer(status, said, headers, close)


def taken(heard: Sequence[Heard], *, several: bool) -> Answer:
    """Say what became of stored messages; one in an object, several in a list."""
    said = [_became(one) for one in heard]
    return Answer(202, {"messages": said} if several else said[0])


def _became(heard: Heard) -> dict[str, Any]:
    row = stored(heard)
    said: dict[str, Any] = {"message_id": str(heard.id), "outcome": row.outcome.value}
    if row.outcome is not MessageOutcome.DECODED or row.reason:
        said["reason"] = row.reason
    return said


def too_large(heard: Heard, most: int) -> Answer:
    """Say that only the beginning of a message was kept."""
    detail = (
        f"{heard.arrival.size} bytes, at most {most}: send it in parts. Its beginning is kept and"
        " shown to the organisation; sending it again changes nothing."
    )
    return problem(413, "too-large", detail, close=False, message_id=str(heard.id))
