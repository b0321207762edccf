"""POST /clients/{client}/pressed/{what}: was a press during a test the test, or is it real."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from hub.routes.api.modes import Setter, client_of
from hub.routes.api.pressed import told_of
from hub.routes.dependencies import NowDep, WebDep

router = APIRouter(prefix="/clients/{client}/pressed")


class What(StrEnum):
    """What somebody says of a press."""

    TESTED = "tested"
    REAL = "real"


SAID = {
    "tested": "Getest. Vanaf nu is dit apparaat van deze cliënt.",
    "real": "De zorgcentrale hoort het nu.",
    "late": "Hier wacht niets meer: de zorgcentrale heeft het gehoord, of het was al bevestigd.",
}


@router.post("/{what}")
async def say(
    client: str,
    what: What,
    device: Annotated[str, Form(max_length=40)],
    web: WebDep,
    viewer: Setter,
    now: NowDep,
) -> Response:
    """Take somebody's word for what a press was, and go back to the client's page."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        done = await told_of(uow, found, device, viewer, now, ours=what is What.TESTED)
    said = what.value if done else "late"
    return RedirectResponse(f"/clients/{found.id}/modes?said={said}", 303)
