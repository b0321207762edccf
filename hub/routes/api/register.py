"""/api/v1/registry: clients, contacts, plans, rosters and devices, by your own external ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from hub.access.viewer import Viewer
from hub.registry.activating import carried_in
from hub.registry.bringing import begun, never_seen
from hub.registry.duty import TURNS
from hub.registry.ending import CannotEnd, NoSuchThing, end
from hub.registry.fields import Noun
from hub.registry.files import read_object
from hub.registry.nouns import NOUNS, ORGANISATIONS, REGIONS
from hub.registry.outcome import Outcome, Refused, new_ids, who_of
from hub.registry.records import Place, Record, Sent, Trouble, understood
from hub.registry.values import Wrong
from hub.routes.api.bodies import NoNul
from hub.routes.api.things import (
    Integrator,
    NounName,
    may_change,
    schema_of,
    sending,
)
from hub.routes.dependencies import NowDep, WebDep
from hub.routes.problems import documented
from hub.store.records import Stored
from hub.store.registered import Registered
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["registry"], responses=documented(401, 403, 404, 422, 503))

Name = Annotated[str, Field(max_length=500), NoNul]


class ThingView(BaseModel):
    """One thing of the registry, with all its fields; in docs/registry.md they are explained."""

    noun: str = Field(examples=["clients"])
    name: str = Field(examples=["anna-de-wit"])
    result: str = Field("there", description="there, new, changed, unchanged or ended")
    fields: dict[str, Any]


class ThingList(BaseModel):
    """Things of one noun, by name."""

    items: list[ThingView]
    next_after: str | None = Field(description="Send it as `after` for the next page.")


class ChangeView(BaseModel):
    """One change: who, when, what it was and what it became."""

    at: datetime
    by: str
    before: dict[str, Any] | None
    after: dict[str, Any]


class ChangeList(BaseModel):
    """What was changed of one thing, the newest first."""

    items: list[ChangeView]


ONE = sending({"anyOf": [schema_of(one) for one in NOUNS.values()]})


@router.get("/registry/export")
async def export(web: WebDep, viewer: Integrator, now: NowDep) -> dict[str, list[dict[str, Any]]]:
    """Give everything of your organisation, as `/registry/import` takes it."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with web.store.transaction(viewer) as uow:
        own = await uow.registered.called(viewer.organisation_id)
        for noun in NOUNS.values():
            things = await _visible(uow.registered, noun, own)
            await _looked(uow, viewer, noun, list(things.values()), now)
            found[noun.name] = [one.values for one in things.values()]
    return {name: some for name, some in found.items() if some}


@router.get("/registry/changes")
async def changes(
    web: WebDep,
    viewer: Integrator,
    now: NowDep,
    noun: Annotated[NounName, Query()],
    name: Name,
) -> ChangeList:
    """List what was changed of one thing: who, when, what it was and what it became."""
    async with web.store.transaction(viewer) as uow:
        owner = None if NOUNS[noun] in (REGIONS, TURNS) else viewer.organisation_id
        rows = await uow.registered.changes(NOUNS[noun], owner, name)
        if noun == "clients":
            own = await uow.registered.called(viewer.organisation_id)
            there = await uow.registered.ids(noun, own, [name])
            await uow.access.looked(viewer, None, there.values(), "registry.changes", now)
    return ChangeList(items=[ChangeView.model_validate(row, from_attributes=True) for row in rows])


@router.get("/registry/{noun}")
async def list_things(
    web: WebDep,
    viewer: Integrator,
    now: NowDep,
    noun: NounName,
    after: Annotated[Name, Query(description="From `next_after`.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ThingList:
    """List things of one noun of your organisation, with all their fields."""
    kind = NOUNS[noun]
    async with web.store.transaction(viewer) as uow:
        own = await uow.registered.called(viewer.organisation_id)
        found = await _visible(uow.registered, kind, own, after=after, most=limit + 1)
        page = dict(list(found.items())[:limit])
        await _looked(uow, viewer, kind, list(page.values()), now)
    items = [
        ThingView(noun=noun, name=key[2], result="there", fields=one.values)
        for key, one in page.items()
    ]
    return ThingList(items=items, next_after=items[-1].name if len(found) > limit else None)


@router.get("/registry/{noun}/{name:path}")
async def show(
    web: WebDep, viewer: Integrator, now: NowDep, noun: NounName, name: Name
) -> ThingView:
    """Show one thing by its external id (a relation by client/contact)."""
    kind = NOUNS[noun]
    async with web.store.transaction(viewer) as uow:
        own = await uow.registered.called(viewer.organisation_id)
        found = await _visible(uow.registered, kind, own, names=[name])
        if not found:
            raise NoSuchThing(name)
        await _looked(uow, viewer, kind, list(found.values()), now)
    (one,) = found.values()
    return ThingView(noun=noun, name=name, result="there", fields=one.values)


@router.put(
    "/registry/{noun}/{name:path}",
    openapi_extra=ONE,
    responses={201: {"model": ThingView, "description": "It is new"}},
)
async def put(
    request: Request,
    response: Response,
    web: WebDep,
    viewer: Integrator,
    now: NowDep,
    noun: NounName,
    name: Name,
) -> ThingView:
    """Bring one thing: 201 when it is new, else 200. The same again changes nothing.

    A field that is left out stays as it is; an empty one is emptied.
    """
    kind = NOUNS[noun]
    try:
        fields = _with_name(kind, name, read_object(await request.body()))
    except Wrong as error:
        raise Refused(Outcome(troubles=[Trouble(Place(), error.problem, error.remedy)])) from error

    new_id = new_ids()

    async def work(uow: UnitOfWork) -> Outcome:
        own = await uow.registered.called(viewer.organisation_id)
        records, wrong = understood([Sent(kind, fields, Place())], own, only=True)
        wrong += [_elsewhere(one, name) for one in records if one.name != name]
        if wrong:
            raise Refused(Outcome(troubles=wrong))
        await may_change(uow.registered, own, records[0])
        return await begun(uow.registered, records, now, new_id, never_seen())

    outcome = await carried_in(web.store, work, who_of(viewer), now, web.think, viewer)
    what = next(one for one, count in outcome.counts[noun].items() if count)
    async with web.store.transaction(viewer) as uow:
        own = await uow.registered.called(viewer.organisation_id)
        (stored,) = (await uow.registered.things(kind, [own], [name])).values()
    response.status_code = 201 if what == "new" else 200
    return ThingView(noun=noun, name=name, result=what, fields=stored.values)


@router.delete("/registry/{noun}/{name:path}")
async def end_thing(
    web: WebDep, viewer: Integrator, now: NowDep, noun: NounName, name: Name
) -> ThingView:
    """End one thing: from now on it no longer counts, and it stays on record.

    Refused while others need it, by name. A second time changes nothing.
    """
    kind = NOUNS[noun]

    async def work(uow: UnitOfWork) -> Stored:
        own = await uow.registered.called(viewer.organisation_id)
        found = await _visible(uow.registered, kind, own, names=[name])
        if not found:
            raise NoSuchThing(name)
        for (_, owner, _), one in found.items():
            await may_change(uow.registered, own, Record(kind, owner, one.values))
        return await end(uow.registered, kind, own, name, who_of(viewer), now)

    try:
        stored = await web.store.retried(work, viewer)
    except CannotEnd as error:
        raise HTTPException(405, f"{noun} have no end; change them with PUT.") from error
    return ThingView(noun=noun, name=name, result="ended", fields=stored.values)


def _with_name(noun: Noun, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    parts = [name] if len(noun.named) == 1 else name.split("/")
    own = dict(zip(noun.named, parts, strict=False)) if len(parts) == len(noun.named) else {}
    return {**own, **fields}


def _elsewhere(record: Record, name: str) -> Trouble:
    problem = f"it is called {record.name} in the body"
    return Trouble(Place(column=record.noun.named[0]), problem, f"Send {name}, or leave it out.")


async def _visible(
    registered: Registered,
    noun: Noun,
    own: str,
    names: Sequence[str] | None = None,
    *,
    after: str = "",
    most: int | None = None,
) -> dict[tuple[str, str, str], Stored]:
    """Things of this organisation; of what is shared, everything but others' own facts."""
    if noun is ORGANISATIONS:
        names = [own] if names is None or own in names else []
    return await registered.things(noun, [own], names, after=after, most=most)


async def _looked(
    uow: UnitOfWork, viewer: Viewer, noun: Noun, things: Sequence[Stored], now: datetime
) -> None:
    seen = [one.key["id"] for one in things] if noun.name == "clients" else []
    if noun.field("client"):
        own = await uow.registered.called(viewer.organisation_id)
        named = {str(one.values["client"]) for one in things if one.values["client"]}
        seen = list((await uow.registered.ids("clients", own, named)).values())
    if seen:
        await uow.access.looked(viewer, None, sorted(seen), "registry.show", now)
