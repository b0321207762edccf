"""/api/v1/registry/calendars: the roster of a team or a person, as iCalendar."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from hub.registry.looking import look
from hub.registry.outcome import Outcome, Refused, who_of
from hub.registry.rostering import Roster, bring_roster, planned_of, shifts_of
from hub.routes.api.importing import Imported, imported
from hub.routes.api.register import Name
from hub.routes.api.things import Integrator
from hub.routes.dependencies import NowDep, WebDep
from hub.routes.problems import documented
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["registry"], responses=documented(401, 403, 404, 422, 503))

AHEAD = timedelta(days=400)
FURTHEST = timedelta(days=3 * 366)
CALENDAR = "text/calendar"
EXAMPLE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Rooster//NL
BEGIN:VEVENT
UID:nacht
DTSTART;TZID=Europe/Amsterdam:20261019T230000
DTEND;TZID=Europe/Amsterdam:20261020T070000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU
END:VEVENT
END:VCALENDAR
"""
SHOWN: dict[str, Any] = {CALENDAR: {"schema": {"type": "string"}, "example": EXAMPLE}}
SENT = {"requestBody": {"required": True, "content": SHOWN}}


@router.put("/registry/calendars/{contact:path}", openapi_extra=SENT)
async def put_calendar(
    request: Request,
    web: WebDep,
    viewer: Integrator,
    now: NowDep,
    contact: Name,
    until: Annotated[AwareDatetime | None, Query(description="Else for 400 days.")] = None,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
) -> Imported:
    """Make this calendar the shifts of a contact, from now on. The same again changes nothing.

    From now until `until` it is the whole roster: a shift it does not have is ended. A refusal
    names every event that cannot be read, by line.
    """
    from hub.registry.calendars import read_calendar  # slow to load, and seldom needed

    ends = min(until or now + AHEAD, now + FURTHEST)
    content = await request.body()
    planned, troubles = await asyncio.to_thread(read_calendar, content, (now, ends), "calendar.ics")
    if troubles:
        raise Refused(Outcome(troubles=troubles))

    async def work(uow: UnitOfWork) -> Outcome:
        own = await uow.registered.called(viewer.organisation_id)
        who = who_of(viewer)
        roster = Roster(own, contact, ends)
        return await bring_roster(uow.registered, roster, planned, who, now, dry_run=dry_run)

    try:
        outcome = await web.store.retried(work, viewer)
    except Refused as refused:  # a dry run's has no troubles
        outcome = refused.outcome
    plans = await look(web.store, outcome, now, web.think, viewer)
    return imported(outcome, plans, dry_run=dry_run)


@router.get(
    "/registry/calendars/{contact:path}",
    response_class=Response,
    responses={200: {"description": "The shifts to come", "content": SHOWN}},
)
async def get_calendar(web: WebDep, viewer: Integrator, now: NowDep, contact: Name) -> Response:
    """Give the shifts of a contact that are not over yet, as iCalendar."""
    from hub.registry.calendars import calendar_text  # as above

    async with web.store.transaction(viewer) as uow:
        own = await uow.registered.called(viewer.organisation_id)
        there = await shifts_of(uow.registered, own, contact, now)
    return Response(calendar_text(planned_of(contact, there), contact, now), media_type=CALENDAR)
