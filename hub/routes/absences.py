"""GET /absences/{id}: who cannot be called, every plan that hits, and what to do meanwhile.

One button puts the temporary plans in force, one takes them back. Every button is a plain form.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from hub.plans.dropping_out import ladder
from hub.registry.standing_in import Standing, Tried, is_back, standing_of, take_back
from hub.routes.api.absences import Wanted, found_or_404, putting
from hub.routes.api.activations import Reviewer
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, Web, WebDep
from hub.screen.pages import page

router = APIRouter(prefix="/absences/{absence_id}")

SAID = {
    "absent": "Vastgelegd. Deze mantelzorger wordt dan niet gebeld.",
    "put": "De tijdelijke plannen gelden vanaf nu.",
    "back": "Ingetrokken. Wat daarvoor was afgesproken, geldt nu weer, zonder wie er niet is.",
}


@router.get("")
async def show(
    absence_id: UUID,
    request: Request,
    viewer: Reviewer,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """Show an absence and every plan it hits; every look is on record."""
    return await _page(absence_id, request, viewer, web, now, form_token, SAID.get(said, ""))


@router.post("/{what}")
async def change(
    absence_id: UUID,
    what: str,
    request: Request,
    viewer: Reviewer,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
) -> Response:
    """Put temporary plans in force, take them back, or end the absence; 404 for anything else."""
    form = await request.form()
    chosen = [one for one in form.getlist("client") if isinstance(one, str)]
    here = f"/absences/{absence_id}"
    if what == "put":
        body = _wanted(dict(form.items()), chosen)
        tried = await putting(web, viewer, absence_id, body, now)
        if any(one.troubles for one in tried):
            said = "Niet alle plannen gelden: lees hieronder wat er mist."
            return await _page(
                absence_id, request, viewer, web, now, form_token, said, tried, status=422
            )
        return RedirectResponse(f"{here}?said=put", 303)
    if what == "back":
        whose = [UUID(one) for one in chosen] if chosen else None
        await found_or_404(take_back(web.store, viewer, absence_id, whose, now))
        return RedirectResponse(f"{here}?said=back", 303)
    if what == "over":
        await found_or_404(is_back(web.store, viewer, absence_id, now))
        return RedirectResponse("/plans", 303)
    raise HTTPException(404, "There is no such action.")


def _wanted(sent: dict[str, Any], chosen: list[str]) -> Wanted:
    """Read the form. Raises RequestValidationError."""
    try:
        return Wanted.model_validate({"clients": chosen, "reason": sent.get("reason", "")})
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from error


async def _page(
    absence_id: UUID,
    request: Request,
    viewer: Reviewer,
    web: Web,
    now: datetime,
    form_token: str,
    said: str,
    tried: Any = (),
    status: int = 200,
) -> Response:
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        found = await found_or_404(standing_of(uow, absence_id, viewer.organisation_id, now))
        seen = [one.client_id for one in found.hits]
        await uow.access.looked(viewer, None, seen, "absence.show", now)
    return page(
        request, "absence.html", status=status, found=found, plans=_plans(found, tried),
        tab="modes", said=said, form_token=form_token, now=now,
        **facts,
    )  # fmt: skip


def _plans(found: Standing, tried: list[Tried]) -> list[dict[str, Any]]:
    wrong = {one.client_id: one.troubles for one in tried}
    return [
        {
            "client_id": hit.client_id,
            "name": found.names[hit.client_id],
            "proposed": [(one.name, ladder(one.steps)) for one in hit.proposed],
            "in_force": found.in_force.get(hit.client_id, ()),
            "troubles": wrong.get(hit.client_id, ()),
        }
        for hit in found.hits
    ]
