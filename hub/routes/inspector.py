"""GET /inspector: messages as they come, and what becomes of them; /inspector/{id}: one, whole.

For those who connect an organisation's devices and for its own staff; every look is on record.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.sse import format_sse_event

from hub.access.viewer import Viewer
from hub.clock import Clock
from hub.routes.board import around
from hub.routes.dependencies import (
    INTEGRATOR,
    OPERATOR,
    TEAM,
    TESTER,
    FormToken,
    NowDep,
    Web,
    WebDep,
    role,
)
from hub.routes.screen_parts import BoardsDep
from hub.routes.stream import SIGNED_IN_EVERY, LiveResponse, still_signed_in
from hub.screen.inspecting import watch
from hub.screen.inspector_view import (
    OUTCOMES,
    differs,
    explained,
    readings,
    said_now,
)
from hub.screen.pages import page, render
from hub.screen.raw_payload import as_text
from hub.screen.raw_payload import shown as shown_payload
from hub.store.board import read_desk
from hub.store.inspection import (
    SHOWN,
    Followed,
    Sought,
    first_of,
    follow,
    followed,
    held_until,
    states_of,
)
from hub.store.traffic import known_of
from hub.words.times import zone

router = APIRouter()

WORDS = ("gateway", "device", "adapter", "outcome", "text")
LOOKERS = (INTEGRATOR, TEAM, OPERATOR, TESTER)
Looker = Annotated[Viewer, Depends(role(*LOOKERS))]
Short = Annotated[str, Query(max_length=200)]


def _sought(
    gateway: Short = "",
    device: Short = "",
    adapter: Short = "",
    outcome: Short = "",
    text: Short = "",
    before: Annotated[datetime | None, Query()] = None,
    last: Annotated[UUID | None, Query()] = None,
) -> Sought:
    words = (one.strip().replace("\0", "") for one in (gateway, device, adapter, outcome, text))
    place = (before, last) if before and before.tzinfo and last else None
    return Sought(**dict(zip(WORDS, words, strict=True)), before=place)


SoughtDep = Annotated[Sought, Depends(_sought)]


@router.get("/inspector")
async def show(
    request: Request,
    viewer: Looker,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    sought: SoughtDep,
) -> Response:
    """List what came in of late, newest first; it goes on by itself where the page is live."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        found = await follow(uow.db, viewer, sought)
        known = await known_of(uow.db, viewer)
        await _record(uow.access, viewer, _clients(found), now)
    words = {name: getattr(sought, name) for name in WORDS if getattr(sought, name)}
    return page(
        request,
        "inspector.html",
        messages=found,
        known=known,
        outcomes=OUTCOMES,
        sought=sought,
        stream=f"/inspector/stream?{urlencode(words)}",
        older=_older(found, words),
        tab="inspector",
        form_token=form_token,
        now=now,
        **facts,
    )


def _older(found: Sequence[Followed], words: dict[str, str]) -> str:
    if len(found) < SHOWN:
        return ""
    place = {"before": found[-1].received_at.isoformat(), "last": str(found[-1].id)}
    return f"/inspector?{urlencode(words | place)}"


def _clients(found: Iterable[Followed]) -> set[UUID]:
    return {one.client_id for one in found if one.client_id is not None}


async def _record(access: Any, viewer: Viewer, clients: set[UUID], now: datetime) -> None:
    if clients:
        await access.looked(viewer, None, sorted(clients), "messages.follow", now)
    else:
        await access.looked_at_message(viewer, viewer.organisation_id, None, "messages.follow", now)


@router.get("/inspector/stream")
async def stream(
    viewer: Looker,
    web: WebDep,
    boards: BoardsDep,
    sought: SoughtDep,
    still_signed_in: Annotated[Any, Depends(still_signed_in)],
) -> LiveResponse:
    """Follow the list as server-sent events, in the way of the board's stream."""
    return LiveResponse(
        _events(web, viewer, sought, boards.closing, still_signed_in),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    web: Web, viewer: Viewer, sought: Sought, closing: asyncio.Event, still_signed_in: Any
) -> AsyncIterator[bytes]:
    async with web.store.transaction(viewer) as uow:
        local = zone((await read_desk(uow.db, viewer)).time_zone)
    loop, asked_at = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    revision, recorded = 0, set[UUID]()
    watching = watch(web.store, web.feed, viewer, sought, closing)
    try:
        async for sight in watching:
            if loop.time() - asked_at > SIGNED_IN_EVERY:
                asked_at = loop.time()
                if not await still_signed_in():
                    yield format_sse_event(event="signed-out", data_str="{}")
                    return
            if sight.messages is None:
                yield _event("heartbeat", web.clock, sight.age)
                continue
            if fresh := _clients(sight.messages) - recorded:
                async with web.store.transaction(viewer) as uow:  # before they are seen
                    await _record(uow.access, viewer, fresh, web.clock())
                recorded |= fresh
            revision += 1
            html = render("inspector_rows.html", messages=sight.messages, local=local)
            yield _event("board", web.clock, sight.age, revision=revision, html=html)
    finally:
        await watching.aclose()


def _event(name: str, clock: Clock, age: float, **more: Any) -> bytes:
    facts = {"now": clock().isoformat(), "age": round(age, 3), **more}
    return format_sse_event(event=name, data_str=json.dumps(facts), retry=1000)


@router.get("/inspector/{message_id}")
async def message(
    message_id: UUID,
    request: Request,
    viewer: Looker,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
) -> Response:
    """Follow one message: raw, readings, states, events, alert, and why; the look is on record."""
    found = await _read(web, viewer, message_id, "message.read", now)
    async with web.store.transaction(viewer) as uow:
        copy_of = await first_of(uow.db, found)
        held = await held_until(uow.db, found)
        states = () if found.device_id is None else await states_of(uow.db, found.device_id)
    again = await web.decode_again(found)
    facts = await around(web, viewer)
    return page(
        request,
        "inspected.html",
        message=found,
        payload=shown_payload(found.payload),
        as_text=as_text(found.payload),
        copy_of=copy_of,
        held=held,
        states=states,
        again=again,
        version=next((one.version for one in web.adapters() if one.name == found.adapter), ""),
        readings=readings(again.outcome),
        said_now=said_now(again),
        differs=differs(found, again),
        sentences=explained(found, again, copy_of, held),
        tab="inspector",
        form_token=form_token,
        now=now,
        **facts,
    )


@router.get("/inspector/{message_id}/payload")
async def payload(message_id: UUID, viewer: Looker, web: WebDep, now: NowDep) -> Response:
    """Give the payload as it came in; that it was fetched is on record."""
    found = await _read(web, viewer, message_id, "message.download", now)
    name = f"nachtwacht-{found.received_at:%Y%m%dT%H%M%SZ}-{message_id}.bin"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(found.payload, media_type="application/octet-stream", headers=headers)


async def _read(web: Web, viewer: Viewer, message_id: UUID, action: str, now: datetime) -> Followed:
    async with web.store.transaction(viewer) as uow:
        found = await followed(uow.db, viewer, message_id)
        if found is None:
            raise HTTPException(404)
        await uow.access.looked_at_message(
            viewer, found.organisation_id, found.client_id, action, now
        )
    return found
