"""GET /duty and /duty/{team}: teams, turns, who serves whom; a team sends its calls on.

Every button is a plain form. What is typed is local time of the viewer's organisation.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from escalation.windows import Window, moment
from hub.access.viewer import Viewer
from hub.plans.telling import told_window
from hub.registry.diverting import diverts_of, end_divert, targets_of
from hub.registry.outcome import Outcome, Refused, who_of
from hub.registry.records import Trouble
from hub.registry.rostering import Roster, bring_roster, planned_of, shifts_of
from hub.routes.api.activations import may_review
from hub.routes.api.calendars import AHEAD, CALENDAR
from hub.routes.api.diverts import diverted, own_team
from hub.routes.api.modes import Setter
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NotForThisRole, NowDep, SignedIn, Web, WebDep
from hub.routes.problems import FieldRefused
from hub.screen.pages import page
from hub.store.duty_seen import duty_seen, shifts_seen
from hub.store.unit_of_work import UnitOfWork
from hub.store.values import stored_or_none

router = APIRouter(prefix="/duty")

SHOWN = timedelta(days=14)
SAID = {
    "divert": "Doorgeschakeld. Nieuwe oproepen gaan daarheen; zorgplannen worden nagerekend.",
    "back": "De oproepen komen weer bij dit team.",
    "roster": "Het rooster is ingelezen. Zorgplannen worden nagerekend.",
}


@router.get("")
async def everybody(
    request: Request, viewer: SignedIn, web: WebDep, now: NowDep, form_token: FormToken
) -> Response:
    """List the teams of the viewer's organisation, turns, contracts and holidays."""
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        seen = await duty_seen(uow.db, viewer.organisation_id, now)
        found = await diverts_of(uow, [one.id for one in seen.teams], now)
    sent_on = {one.contact_id: one for one in found if one.begins_at <= now}
    hours = [told_window(stored_or_none(Window, one.hours)) for one in seen.contracts]
    return page(
        request, "duty.html", seen=seen, sent_on=sent_on, hours=hours, tab="modes",
        form_token=form_token, now=now, **facts,
    )  # fmt: skip


@router.get("/{team}")
async def one_team(
    team: str,
    request: Request,
    viewer: Setter,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """Show a team's diverts and shifts, with the forms to change them."""
    return await _page(team, request, viewer, web, now, form_token, SAID.get(said, ""))


@router.get("/{team}/roster.ics")
async def calendar(team: str, viewer: Setter, web: WebDep, now: NowDep) -> Response:
    """Give a team's shifts that are not over yet, as iCalendar."""
    from hub.registry.calendars import calendar_text  # slow to load, and seldom needed

    async with web.store.transaction(viewer) as uow:
        found = await own_team(uow, viewer, team)
        there = await shifts_of(uow.registered, found.owner, found.external_id, now)
    text = calendar_text(planned_of(found.external_id, there), found.external_id, now)
    headers = {"content-disposition": f'attachment; filename="{found.id}.ics"'}
    return Response(text, media_type=CALENDAR, headers=headers)


@router.post("/{team}/{what}")
async def change(
    team: str,
    what: str,
    request: Request,
    viewer: Setter,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
) -> Response:
    """Send a team's calls on, take them back, or bring its roster; 404 for anything else."""
    if what not in SAID:
        raise HTTPException(404, "There is no such action.")
    form = await request.form()
    local = (await around(web, viewer))["local"]
    if what == "roster":
        sent = form.get("calendar")
        content = b"" if sent is None or isinstance(sent, str) else await sent.read()
        await form.close()
        if troubles := await _roster(web, viewer, team, content, now):
            return await _page(
                team, request, viewer, web, now, form_token, troubles=troubles, status=422
            )
    else:
        to, until = (str(form.get(name, "")) for name in ("to", "until"))

        async def work(uow: UnitOfWork) -> None:
            found = await own_team(uow, viewer, team)
            if what == "back":
                await end_divert(uow, found, who_of(viewer), now)
                return
            ends_at = next_at(until, local, now)
            await diverted(uow, found, _id(to), ends_at, viewer, now)

        await web.store.retried(work, viewer)
    return RedirectResponse(f"/duty/{team}?said={what}", 303)


def next_at(typed: str, local: ZoneInfo, now: datetime) -> datetime:
    """The next moment at which the clock on the wall shows this time. Raises FieldRefused."""
    try:
        wall = datetime.combine(now.date(), time.fromisoformat(typed))
    except ValueError as error:
        raise FieldRefused("until", "is no time", "Send 07:00.") from error
    midnight, today = datetime.combine(now.date(), time()), now.astimezone(local).date()
    days = (today, today + timedelta(days=1))
    return next(at for day in days if (at := moment(day, wall - midnight, local)) > now)


def _id(sent: str) -> UUID:
    try:
        return UUID(sent)
    except ValueError as error:
        raise FieldRefused("to", "is nobody", "Choose one of the list.") from error


async def _roster(
    web: Web, viewer: Viewer, team: str, content: bytes, now: datetime
) -> Sequence[Trouble]:
    """Make a calendar the team's roster, from now on; what is wrong with it, by line."""
    from hub.registry.calendars import read_calendar  # as above

    ends = now + AHEAD
    planned, troubles = await asyncio.to_thread(read_calendar, content, (now, ends), "rooster")
    if troubles:
        return troubles

    async def work(uow: UnitOfWork) -> Outcome:
        found = await own_team(uow, viewer, team)
        if not may_review(viewer, found.organisation_id):
            raise NotForThisRole
        roster = Roster(found.owner, found.external_id, ends)
        return await bring_roster(uow.registered, roster, planned, who_of(viewer), now)

    try:
        await web.store.retried(work, viewer)
    except Refused as refused:
        return refused.outcome.troubles
    return ()


async def _page(
    team: str,
    request: Request,
    viewer: Viewer,
    web: Web,
    now: datetime,
    form_token: str,
    said: str = "",
    troubles: Sequence[Trouble] = (),
    status: int = 200,
) -> Response:
    facts = await around(web, viewer)
    async with web.store.transaction(viewer) as uow:
        found = await own_team(uow, viewer, team)
        sent_on = await diverts_of(uow, [found.id], now)
        targets = await targets_of(uow, found, now)
        shifts: Any = await shifts_seen(uow.db, found.id, (now, now + SHOWN))
    return page(
        request, "team.html", status=status, team=found, sent_on=sent_on, targets=targets,
        shifts=shifts, troubles=troubles, said=said, tab="modes", form_token=form_token,
        may_roster=may_review(viewer, found.organisation_id), now=now, **facts,
    )  # fmt: skip
