"""GET /, /techniek and /trend: the live board and its tabs; POST /theme: light or dark."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from escalation.model import Lane
from hub.access.viewer import Viewer
from hub.routes.dependencies import FormToken, NowDep, SignedIn, WebDep
from hub.routes.screen_parts import BoardsDep
from hub.routes.sign_in import inside
from hub.screen.board_view import board_view
from hub.screen.live import Reading, read
from hub.screen.looks import shown_on
from hub.screen.pages import THEME_COOKIE, THEMES, page
from hub.store.troubles import list_trends
from hub.words.answers import said_before
from hub.words.times import zone

router = APIRouter()

A_YEAR = 365 * 24 * 3600


@router.get("/")
async def alarms(
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    boards: BoardsDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """The live board of everything that rings."""
    reading = await read(web.store, viewer, Lane.ALARM, web.clock)
    await boards.looks.record(viewer, Lane.ALARM, shown_on(reading.board))
    return _board(request, viewer, reading, Lane.ALARM, form_token, said)


@router.get("/techniek")
async def queue(
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    boards: BoardsDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """The queue of the technical desk."""
    reading = await read(web.store, viewer, Lane.QUEUE, web.clock)
    await boards.looks.record(viewer, Lane.QUEUE, shown_on(reading.board))
    return _board(request, viewer, reading, Lane.QUEUE, form_token, said)


def _board(
    request: Request, viewer: Viewer, reading: Reading, lane: Lane, form_token: str, said: str
) -> Response:
    local = zone(reading.desk.time_zone)
    now = request.app.state.web.clock()
    total = reading.tabs.queue if lane is Lane.QUEUE else None
    return page(
        request,
        "board.html",
        viewer=viewer,
        me=viewer.contact_id,
        desk=reading.desk,
        tabs=reading.tabs,
        troubles=reading.tabs.troubles,
        tab=lane.value,
        view=board_view(reading.board, local, now, total),
        revision=reading.board.revision,
        form_token=form_token,
        said=said_before(said, ()),
        now=now,
        local=local,
    )


@router.get("/trend")
async def trends(
    request: Request, viewer: SignedIn, web: WebDep, now: NowDep, form_token: FormToken
) -> Response:
    """What changes slowly: for the day, never for the night."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        listed = await list_trends(uow.db, viewer, now)
        clients = {client_id for one in listed for client_id in one.client_ids}
        if clients:
            await uow.access.looked(viewer, None, sorted(clients), "trend.show", now)
    return page(
        request, "trend.html", trends=listed, tab="trend", form_token=form_token, now=now, **facts
    )


async def around(web: Any, viewer: Viewer) -> dict[str, Any]:
    """Read what surrounds every page of a signed-in person: the desk and the tabs' counters."""
    reading = await read(web.store, viewer, Lane.QUEUE, web.clock)
    local = zone(reading.desk.time_zone)
    return {"viewer": viewer, "desk": reading.desk, "tabs": reading.tabs, "local": local}


@router.post("/theme")
async def theme(
    web: WebDep,
    viewer: SignedIn,
    theme: Annotated[str, Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Remember light or dark on this browser, and go back to the page."""
    answer = RedirectResponse(inside(back), 303)
    if theme in THEMES:
        answer.set_cookie(
            THEME_COOKIE, theme, max_age=A_YEAR, secure=web.secure, httponly=True, samesite="lax"
        )
    return answer
