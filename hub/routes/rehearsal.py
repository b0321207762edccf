"""/rehearsal: how a rehearsal hub proves that it is one. No other hub has this page."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from hub.routes.dependencies import WebDep

router = APIRouter(prefix="/rehearsal", tags=["rehearsal"])


class RehearsalView(BaseModel):
    """`at_the_door` says whether the client `rehearsal-<nonce>` is connected to this hub's door.

    `clock` is the file that leads its clock, empty where nothing does.
    """

    rehearsal: bool = True
    at_the_door: bool
    speed: float
    clock: str


@router.get("/{nonce}")
async def rehearsal(nonce: UUID, web: WebDep) -> RehearsalView:
    """Say that nothing here is real, and whether whoever made this nonce is at the same hub's door.

    Somebody who connects with a fresh nonce and hears it here knows that messages on that
    connection wake nobody, whatever stands between them and the hub.
    """
    async with web.store.transaction() as uow:
        there = await uow.mqtt_sessions.is_connected(f"rehearsal-{nonce}")
    return RehearsalView(at_the_door=there, speed=web.time_scale, clock=web.led_by if there else "")
