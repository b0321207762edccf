"""Long lists in pages: an opaque cursor that says after which row the next page begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from hub.routes.problems import FieldRefused
from hub.store.registry import Place

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]


def cursor(at: datetime, identifier: UUID) -> str:
    """Write where a page ended."""
    return urlsafe_b64encode(f"{at.isoformat()} {identifier}".encode()).decode()


def _place(
    cursor: Annotated[str | None, Query(max_length=200, description="From `next_cursor`.")] = None,
) -> Place | None:
    if cursor is None:
        return None
    try:
        at, _, identifier = urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        place = Place(datetime.fromisoformat(at), UUID(identifier))
    except ValueError as error:
        raise _unreadable() from error
    if place.at.tzinfo is None:
        raise _unreadable()
    return place


def _unreadable() -> FieldRefused:
    return FieldRefused(
        "cursor", "this is not a cursor of ours", "Send `next_cursor` of a page, or leave it out."
    )


PlaceDep = Annotated[Place | None, Depends(_place)]
