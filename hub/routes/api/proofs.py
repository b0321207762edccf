"""/api/v1/proofs: what was proved of care plans, and where they do not hold."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from hub.routes.dependencies import NowDep, SignedIn, WebDep
from hub.routes.problems import documented

router = APIRouter(tags=["plans"], responses=documented(401, 404, 422, 503))


class FindingView(BaseModel):
    """One thing that is wrong, with a moment at which it is so, and what to do about it."""

    gravity: str = Field(examples=["error", "warning", "note"])
    code: str = Field(examples=["professional_late"])
    kinds: list[str]
    witness: datetime = Field(description="The first moment at which it is so.")
    until: datetime = Field(description="Until when, that first time.")
    times: int = Field(description="How often it is so.")
    text_nl: str
    remedy_nl: str
    text_en: str
    remedy_en: str


class ProofView(BaseModel):
    """What was proved of one client's plan; `proved_at` is null while it waits for the first."""

    client_id: UUID
    external_id: str
    proved_at: datetime | None
    until: datetime | None
    again: bool = Field(description="Something changed since; it is being proved again.")
    errors: int
    warnings: int
    findings: list[FindingView]


class ProofList(BaseModel):
    """Proofs, those with errors first; 200 at most."""

    items: list[ProofView]


@router.get("/proofs")
async def proofs(web: WebDep, viewer: SignedIn, now: NowDep) -> ProofList:
    """List what was found in the plans of your clients, the worst first."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.proofs.seen(viewer, now)
        await uow.access.looked(viewer, None, [row.client_id for row in rows], "proofs.list", now)
    return ProofList(items=[_view(row) for row in rows])


@router.get("/clients/{client}/proof")
async def proof(client: str, web: WebDep, viewer: SignedIn, now: NowDep) -> ProofView:
    """Tell what was found in one client's plan, by id or external id."""
    async with web.store.transaction(viewer) as uow:
        found = await uow.registry.client(client, now)
        rows = [] if found is None else await uow.proofs.seen(viewer, now, found.id)
        if not rows:
            raise HTTPException(404, "There is no such client, or no proof of their plan yet.")
        await uow.access.looked(viewer, None, [rows[0].client_id], "proof.show", now)
    return _view(rows[0])


def _view(row: Any) -> ProofView:
    return ProofView.model_validate(
        {
            **{name: getattr(row, name) for name in ProofView.model_fields if name != "again"},
            "again": row.due_at is not None,
        }
    )
