"""GET /pairing: devices that must be tested, given to somebody or registered, and those given up.

Whoever agrees on the plans of this organisation gives a device to a client here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from hub.access.viewer import Viewer
from hub.registry.changing import put
from hub.registry.nouns import DEVICES
from hub.registry.outcome import Refused
from hub.routes.api.activations import Reviewer, may_review
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, SignedIn, Web, WebDep
from hub.routes.inspector import LOOKERS
from hub.screen.pages import page
from hub.store.pairing import pairing
from hub.store.tables import devices
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(prefix="/pairing")

SAID = {"given": "Vastgelegd. Was het van een ander, druk dan eerst op de knop om te testen."}
NOBODY = "Er is geen cliënt met dit nummer. Kijk onder Standen hoe de cliënt heet in het register."


@router.get("")
async def show(
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """List what is to be done; every look is on record."""
    return await _page(request, viewer, web, now, form_token, SAID.get(said, ""))


@router.post("/{device_id}")
async def give(
    device_id: UUID,
    request: Request,
    viewer: Reviewer,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    client: Annotated[str, Form(max_length=200)],
) -> Response:
    """Give a device of the viewer's organisation to a client, by the client's external id."""

    async def fields(uow: UnitOfWork, _: str) -> Mapping[str, Any]:
        own = (devices.c.id == device_id, devices.c.organisation_id == viewer.organisation_id)
        name = await uow.db.scalar(sa.select(devices.c.external_id).where(*own))
        if name is None:
            raise HTTPException(404, "There is no such device in your organisation.")
        return {"external_id": name, "client": client.strip(), "home": None}

    try:
        await put(web.store, viewer, DEVICES, fields, now, web.think)
    except Refused:
        return await _page(request, viewer, web, now, form_token, wrong=NOBODY, status=422)
    return RedirectResponse("/pairing?said=given", 303)


async def _page(
    request: Request,
    viewer: Viewer,
    web: Web,
    now: datetime,
    form_token: str,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        found = await pairing(uow.db, viewer, now)
        seen = {one.client_id for one in (*found.untested, *found.ended)} - {None}
        await uow.access.looked(viewer, None, sorted(seen), "pairing.show", now)
    return page(
        request, "pairing.html", status=status, found=found, said=said, wrong=wrong,
        may_read=viewer.role in LOOKERS, may_give=may_review(viewer, viewer.organisation_id),
        tab="modes", form_token=form_token, now=now, **facts,
    )  # fmt: skip
