"""What the routes of the screens share: the live boards, and the static files."""

import mimetypes
from typing import Annotated, cast

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response

from hub.routes.dependencies import Web
from hub.screen.live import Boards
from hub.screen.pages import STATIC

router = APIRouter()

FOR_EVER = "public, max-age=31536000, immutable"  # an address with `v` changes with the bytes
FILES = {one.name: one.read_bytes() for one in STATIC.iterdir() if one.is_file()}


def boards_of(app: FastAPI) -> Boards:
    """The live boards of an application; made at the first call, inside the running loop."""
    found = getattr(app.state, "boards", None)
    if found is None:
        parts = cast(Web, app.state.web)
        found = app.state.boards = Boards(parts.store, parts.feed, parts.clock)
    return cast(Boards, found)


def _boards(request: Request) -> Boards:
    return boards_of(request.app)


BoardsDep = Annotated[Boards, Depends(_boards)]


@router.get("/static/{name}")
async def static_file(name: str, v: str = "") -> Response:
    """One of our own static files; there are no folders to wander through."""
    if name not in FILES:
        raise HTTPException(404, "There is no such file.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(
        FILES[name], media_type=kind, headers={"Cache-Control": FOR_EVER if v else "no-cache"}
    )
