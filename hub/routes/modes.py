"""GET /modes: who is away or not alone now; /clients/{client}/modes: set and end them.

Every button is a plain form. What is typed is local time of the viewer's organisation.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from escalation.modes import Mode
from escalation.windows import moment
from hub.access.sharing import NOT_SHARED, Part, Parts, caregiver
from hub.plans.dropping_out import Away, caregivers_of, drops_out
from hub.routes.api.activations import may_review
from hub.routes.api.modes import (
    NewMode,
    Setter,
    client_of,
    kept_back,
    put_care,
    put_mode,
    take_mode,
)
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, SignedIn, WebDep
from hub.routes.pressed import SAID as PRESSED
from hub.routes.problems import FieldRefused
from hub.screen.pages import page
from hub.store.modes import modes_seen
from hub.store.tables import organisations, regions
from hub.store.unit_of_work import UnitOfWork
from hub.waiting.pressed import pressed_at
from hub.waiting.rhythm import rhythm_of

router = APIRouter()

SENT = ("mode", "note", "street", "place", "region", "provider")


@router.get("/modes")
async def everybody(
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    q: str = "",
) -> Response:
    """List the modes in force, and find a client by name to set one; every look is on record."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        rows = await modes_seen(uow.db, viewer, now, q.replace("\0", "").strip()[:100])
        seen = {one.client_id for one in rows}
        await uow.access.looked(viewer, None, sorted(seen), "modes.show", now)
    return page(
        request, "modes.html", rows=rows, asked=q, tab="modes", form_token=form_token, now=now,
        **facts,
    )  # fmt: skip


@router.get("/clients/{client}/modes")
async def one_client(
    client: str,
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """Show a client's modes with the form to set one."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        await uow.access.looked(viewer, None, [found.id], "modes.show", now)
        kept = await kept_back(uow, found.id, now)
        rows = await uow.modes.of([found.id], now, notes=Part.INSTRUCTIONS not in kept)
        caregivers = _shared(await caregivers_of(uow.db, found.id), kept)
        untested = await uow.devices.untested_of(found.id)
        pressed = await pressed_at(uow, found.id)
        choices = await _choices(uow)
        rhythm = () if Part.RHYTHM in kept else await rhythm_of(uow, found.id, now)
    return page(
        request, "client_modes.html", client=found, rows=rows, caregivers=caregivers,
        modes=list(Mode), rhythm=rhythm, rhythm_kept=Part.RHYTHM in kept, untested=untested,
        pressed=pressed, tab="modes", said={**SAID, **PRESSED}.get(said, ""),
        form_token=form_token, now=now,
        **choices, **facts,
    )  # fmt: skip


def _shared(caregivers: Sequence[Any], kept: Parts) -> Sequence[Any]:
    """Of caregivers who are not shared the order is left, by which they can be told apart."""
    if Part.CONTACTS not in kept:
        return caregivers
    many = len(caregivers)
    return [
        {"contact_id": one.contact_id, "name": caregiver(at, many), "relation": NOT_SHARED}
        for at, one in enumerate(caregivers, 1)
    ]


async def _choices(uow: UnitOfWork) -> dict[str, Any]:
    found = {}
    for name, table in (("regions", regions), ("providers", organisations)):
        columns = (table.c.external_id, table.c.name)
        rows = await uow.db.execute(table.select().with_only_columns(*columns).order_by(columns[1]))
        found[name] = [tuple(row) for row in rows]
    return found


SAID = {
    "set": "De stand staat aan.",
    "end": "De stand is voorbij. Wat nog niet goed is, gaat nu alsnog af.",
    "stop": "De zorg is gestopt. Een alarm gaat alleen nog naar de zorgcentrale.",
    "absent": "Vastgelegd. Deze mantelzorger wordt dan niet gebeld. Wat er opnieuw afgesproken"
    " moet worden, met een voorstel, staat onder Techniek.",
    "resume": "De zorg loopt weer. Het zorgplan geldt weer.",
}


@router.post("/clients/{client}/modes/{what}")
async def change(
    client: str, what: str, request: Request, viewer: Setter, web: WebDep, now: NowDep
) -> Response:
    """Set or end a mode, or end somebody's care; 404 for something else."""
    if what not in SAID:
        raise HTTPException(404, "There is no such action.")
    sent = {name: one for name, one in (await request.form()).items() if isinstance(one, str)}
    local = (await around(web, viewer))["local"]
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        if what == "set":
            await put_mode(uow, found, _asked(sent, local), viewer, now)
        elif what == "absent":
            away = await _drops_out(uow, found, sent, local, now)
            if may_review(viewer, found.organisation_id):
                return RedirectResponse(f"/absences/{away.id}?said=absent", 303)
        elif what == "end":
            await take_mode(uow, found, _asked(sent, local).mode, viewer, now)
        else:
            if what == "stop" and not sent.get("sure"):
                raise FieldRefused("sure", "is not ticked", "Tick it to end somebody's care.")
            await put_care(uow, found, viewer, now, ended=what == "stop")
    return RedirectResponse(f"/clients/{found.id}/modes?said={what}", 303)


async def _drops_out(
    uow: UnitOfWork, client: Any, sent: dict[str, str], local: ZoneInfo, now: datetime
) -> Away:
    """Let one of this client's caregivers be called no more. Raises FieldRefused."""
    known = {str(one.contact_id): one for one in await caregivers_of(uow.db, client.id)}
    if (contact := known.get(sent.get("contact", ""))) is None:
        raise FieldRefused("contact", "is no caregiver of this client", "Choose one of the list.")
    ends_at = _local(sent["ends_at"], local) if sent.get("ends_at") else None
    begins_at = _local(sent["begins_at"], local) if sent.get("begins_at") else now
    begins_at = max(begins_at, now)
    if ends_at is not None and ends_at <= begins_at:
        raise FieldRefused(
            "ends_at", "is no later moment", "Send one after the beginning, to come."
        )
    try:
        once = UUID(sent.get("once", ""))
    except ValueError as error:
        raise FieldRefused("once", "is no UUID", "Send the form as it was shown.") from error
    id_ = uuid5(once, sent["contact"])
    away = Away(id_, client.organisation_id, contact.contact_id, begins_at, ends_at)
    await drops_out(uow, away, now)
    return away


def _asked(sent: dict[str, str], local: ZoneInfo) -> NewMode:
    """Read the form. Raises RequestValidationError."""
    try:
        given: dict[str, Any] = {name: sent[name] for name in SENT if name in sent}
        for name in ("begins_at", "ends_at"):
            if sent.get(name):
                given[name] = _local(sent[name], local)
        return NewMode.model_validate(given)
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from error


def _local(typed: str, local: ZoneInfo) -> datetime:
    try:
        wall = datetime.fromisoformat(typed).replace(tzinfo=None)
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        return moment(wall.date(), wall - midnight, local)
    except (ValueError, OverflowError) as error:
        raise FieldRefused("ends_at", "is no moment", "Send 2026-12-24T18:00.") from error
