"""/api/v1/clients/{client}/test-presses: was a press the test, or real."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from hub.access.viewer import Viewer
from hub.routes.api.modes import Setter, client_of
from hub.routes.dependencies import NowDep, WebDep
from hub.routes.problems import documented
from hub.store.unit_of_work import UnitOfWork
from hub.waiting.pressed import pressed_at, was_real, was_the_test

router = APIRouter(tags=["modes"], responses=documented(401, 403, 404, 409, 422, 503))


class Word(BaseModel):
    """Whether the press was the test; false lets it ring at the care centre at once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ours": True}]})

    ours: bool


class TestPress(BaseModel):
    """A press that waits for somebody's word; until then the device is nobody's for sure."""

    device_id: UUID
    name: str
    rings_at: datetime


class TestPresses(BaseModel):
    """The presses that wait of one client's devices."""

    client_id: UUID
    items: list[TestPress]


@router.get("/clients/{client}/test-presses")
async def test_presses(client: str, web: WebDep, viewer: Setter, now: NowDep) -> TestPresses:
    """List the presses during a test that ring soon, unless somebody says that they were it."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        await uow.access.looked(viewer, None, [found.id], "test_press.list", now)
        return await _shown(uow, found)


@router.post("/clients/{client}/test-presses/{device_id}")
async def say_of_a_test_press(
    client: str, device_id: UUID, body: Word, web: WebDep, viewer: Setter, now: NowDep
) -> TestPresses:
    """Say whether a press was the test: then the device is this client's from now on.

    409 where it does not wait any more: it rang, or somebody was first.
    """
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        if not await told_of(uow, found, str(device_id), viewer, now, ours=body.ours):
            raise HTTPException(409, "This press does not wait any more: it rang, or was answered.")
        return await _shown(uow, found)


async def told_of(
    uow: UnitOfWork, client: Any, device: str, viewer: Viewer, now: datetime, *, ours: bool
) -> bool:
    """Do what somebody said of a press of one of this client's devices, on record.

    False where none waits any more.
    """
    await uow.care.lock({client.id}, {client.home_id})
    waiting = [one.device_id for one in await pressed_at(uow, client.id)]
    chosen = next((one for one in waiting if str(one) == device), None)
    if chosen is None:
        return False
    done = await was_the_test(uow, chosen) if ours else await was_real(uow, chosen, now)
    action = "test_press.ours" if ours else "test_press.real"
    await uow.access.looked(viewer, None, [client.id], action, now)
    uow.touched |= {"board", "due", "outbox"}
    return done


async def _shown(uow: UnitOfWork, client: Any) -> TestPresses:
    found = await pressed_at(uow, client.id)
    items = [TestPress.model_validate(one, from_attributes=True) for one in found]
    return TestPresses(client_id=client.id, items=items)
