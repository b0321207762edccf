"""/health: for watchdogs and balancers. Open to all, and without a name in it."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from hub.routes.dependencies import NowDep, WebDep
from hub.upkeep import health

router = APIRouter(prefix="/health", tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class ReadyView(BaseModel):
    """Whether this hub should get requests, and why not; status 503 when it should not."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]


@router.get("/live")
async def live() -> Alive:
    """Say that the process answers; restart it when this fails."""
    return Alive()


@router.get("/ready", responses={503: {"model": ReadyView}})
async def ready(web: WebDep, response: Response) -> ReadyView:
    """Say whether database, migrations, event loop and clock allow this hub to serve."""
    compared = web.clock if web.compare_clocks else None
    at = asyncio.get_running_loop().time()
    found = await health.ready(web.store, web.pulse, web.heads, compared, at)
    response.status_code = 200 if found.ok else 503
    return ReadyView(status="ready" if found.ok else "not_ready", checks=found.checks)


@router.get("/figures")
async def figures(web: WebDep, now: NowDep) -> dict[str, Any]:
    """Count alerts, messages, unsent calls, and what comes in by each source; nobody's name."""
    counted = await health.figures(web.store, web.pulse, now)
    sources = {"door": web.door(), "brokers": web.brokers(), "webhook": web.webhook()}
    return counted | {"feed_listening": web.feed.listening} | sources
