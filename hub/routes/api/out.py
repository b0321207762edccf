"""/api/v1/out: the events of your organisation's alerts, from a cursor on, and their schema."""

import json
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hub.access.viewer import Viewer
from hub.routes.dependencies import INTEGRATOR, TESTER, NowDep, WebDep, role
from hub.routes.problems import FieldRefused, documented
from hub.store.out import Extent

router = APIRouter(prefix="/out", tags=["out"])
open_router = APIRouter(prefix="/out", tags=["out"])

_HERE = Path(__file__).parents[2] / "out"
SCHEMA = (_HERE / "schema.json").read_bytes()
ASYNCAPI = (_HERE / "asyncapi.json").read_bytes()
ASYNCAPI_MEDIA = "application/vnd.aai.asyncapi+json;version=3.0.0"
LONGEST = 18  # digits that fit the column

Integrator = Annotated[Viewer, Depends(role(INTEGRATOR, TESTER))]
AN_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "5e9b2d0c-6b52-5f4e-9f0a-7a1c3f2d8b10",
    "source": "/organisations/lisdodde",
    "type": "nl.nachtwacht.alert.accepted",
    "subject": "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d",
    "time": "2026-01-12T22:03:10.120Z",
    "datacontenttype": "application/json",
    "dataschema": "https://hub.example/api/v1/out/schema.json",
    "alertsequence": 4,
    "position": "4711",
    "data": {
        "kind": "alarm.button",
        "priority": "P1",
        "opened_at": "2026-01-12T22:00:00.000Z",
        "clients": ["client-gerda"],
        "by": {"organisation": "nachtzorg", "contact": "nurse-4", "level": "night_partner"},
        "eta_seconds": 600.0,
    },
}


class EventsGone(Exception):
    """The events after this cursor are no longer kept; `oldest` is where they begin now."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"events begin after {oldest}")
        self.oldest = oldest


class EventPage(BaseModel):
    """Events in the order of the stream."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [AN_EVENT], "after": "4711", "more": False}]}
    )

    items: list[dict[str, Any]] = Field(description="CloudEvents, see GET /api/v1/out/schema.json.")
    after: str = Field(description="The cursor to ask on with; keep it with what you processed.")
    more: bool = Field(description="Whether there is more to ask for at once.")


@router.get("/events", response_model=EventPage, responses=documented(401, 403, 410, 422, 503))
async def events(
    web: WebDep,
    viewer: Integrator,
    now: NowDep,
    after: Annotated[
        str | None,
        Query(max_length=40, description="The `position` of the last event you have."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 200,
) -> Response:
    """Read your organisation's events after a cursor, oldest first; without one, all there are.

    Nothing is ever put in front of an event that could be read, so whoever goes on from the last
    position misses nothing.
    """
    async with web.store.transaction(viewer) as uow:
        extent = await uow.out.extent(viewer.organisation_id)
        position = _position(after, extent)
        found = await uow.out.after(viewer.organisation_id, position, limit + 1)
        page = found[:limit]
        seen = sorted({one for event in page for one in event.client_ids})
        if seen:
            await uow.access.looked(viewer, None, seen, "out.events", now)
    last = page[-1].position if page else position
    items, more = ",".join(one.body for one in page), str(len(found) > limit).lower()
    body = f'{{"items":[{items}],"after":"{last}","more":{more}}}'
    return Response(body, media_type="application/json")


def _position(after: str | None, extent: Extent) -> int:
    if after is None:
        return extent.forgotten
    if not (after.isascii() and after.isdigit() and len(after) <= LONGEST):
        remedy = "Send the `position` of an event, or `after` of a page, or leave it out."
        raise FieldRefused("after", "this is not a cursor of ours", remedy)
    position = int(after)
    if position > extent.position:
        raise FieldRefused(
            "after",
            f"the stream ends at {extent.position}: the hub was restored, or this is another's",
            f"Read the open alerts (GET /api/v1/alerts) and go on with after={extent.position}.",
        )
    if position < extent.forgotten:
        raise EventsGone(extent.forgotten)
    return position


def _document(media: str, example: bytes) -> dict[int | str, dict[str, Any]]:
    begins = dict(list(json.loads(example).items())[:3])  # the whole can be fetched
    body = {"schema": {"type": "object"}, "example": begins}
    return {200: {"description": "The document.", "content": {media: body}}}


@open_router.get(
    "/schema.json", response_class=Response, responses=_document("application/schema+json", SCHEMA)
)
async def schema() -> Response:
    """The JSON Schema of an event."""
    return Response(SCHEMA, media_type="application/schema+json")


@open_router.get(
    "/asyncapi.json", response_class=Response, responses=_document(ASYNCAPI_MEDIA, ASYNCAPI)
)
async def asyncapi() -> Response:
    """The AsyncAPI 3 document: the same events over MQTT and as webhooks."""
    return Response(ASYNCAPI, media_type=ASYNCAPI_MEDIA)
