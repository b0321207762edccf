"""/api/v1/registry: clients, contacts, plans, rosters and devices, by your own external ids."""

import asyncio
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from hub.access.viewer import Viewer
from hub.registry.activating import carried_in
from hub.registry.bringing import Outcome, Refused, Who, bring, new_ids
from hub.registry.duty import TURNS
from hub.registry.ending import CannotEnd, NoSuchThing, end
from hub.registry.fields import Noun
from hub.registry.files import read_file, read_object
from hub.registry.nouns import NOUNS, ORGANISATIONS, REGIONS
from hub.registry.records import Place, Record, Sent, Trouble, understood
from hub.registry.values import Wrong
from hub.routes.api.bodies import NoNul
from hub.routes.dependencies import INTEGRATOR, NotForThisRole, NowDep, WebDep, role
from hub.routes.problems import documented
from hub.store.registered import Registered, Stored
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(tags=["registry"], responses=documented(401, 403, 404, 422, 503))

Name = Annotated[str, Field(max_length=500), NoNul]
Integrator = Annotated[Viewer, Depends(role(INTEGRATOR))]
NounName = StrEnum("NounName", {one: one for one in NOUNS})  # type: ignore[misc]


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


class Imported(BaseModel):
    """How many of each noun are new, changed and unchanged."""

    dry_run: bool
    counts: dict[str, dict[str, int]]


def _schema(noun: Noun) -> dict[str, Any]:
    shapes = {one.name: {**one.sort.schema, "description": one.about} for one in noun.fields}
    return {"title": noun.name, "type": "object", "description": noun.about, "properties": shapes}


def _sending(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


ONE = _sending({"anyOf": [_schema(one) for one in NOUNS.values()]})
MANY = _sending(
    {
        "type": "object",
        "properties": {
            one.name: {"type": "array", "items": _schema(one)} for one in NOUNS.values()
        },
    }
)


@router.post("/registry/import", openapi_extra=MANY)
async def import_things(
    request: Request,
    web: WebDep,
    viewer: Integrator,
    now: NowDep,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
    noun: Annotated[NounName | None, Query(description="Of a CSV file: what is in it.")] = None,
) -> Imported:
    """Bring many things at once, as `{"homes": [...], "clients": [...]}` or one CSV file.

    All of it is written or nothing. A refusal names every mistake by file, line and field.
    """
    name = f"{noun or 'registry'}.{'json' if noun is None else 'csv'}"
    content = await request.body()
    read = await asyncio.to_thread(lambda: list(read_file(name, content)))
    sent = [one for one in read if isinstance(one, Sent)]
    troubles = [one for one in read if isinstance(one, Trouble)]

    async def work(uow: UnitOfWork) -> Outcome:
        own = await uow.registered.called(viewer.organisation_id)
        records, wrong = await asyncio.to_thread(understood, sent, own, only=True)
        if troubles or wrong:
            raise Refused(Outcome(troubles=[*troubles, *wrong]))
        for one in records:
            await _may(uow.registered, own, one)
        return await bring(uow.registered, records, _who(viewer), now, new_id, _fresh())

    new_id = new_ids()
    return await imported(
        carried_in(web.store, work, _who(viewer), now, web.think, viewer, dry_run=dry_run),
        dry_run=dry_run,
    )


async def imported(work: Awaitable[Outcome], *, dry_run: bool) -> Imported:
    """Carry an import out and count; a dry run ends in a Refused without troubles."""
    try:
        outcome = await work
    except Refused as refused:
        if refused.outcome.troubles:
            raise
        outcome = refused.outcome
    return Imported(dry_run=dry_run, counts={n: dict(one) for n, one in outcome.counts.items()})


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
        await _may(uow.registered, own, records[0])
        return await bring(uow.registered, records, _who(viewer), now, new_id, _fresh())

    outcome = await carried_in(web.store, work, _who(viewer), now, web.think, viewer)
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
            await _may(uow.registered, own, Record(kind, owner, one.values))
        return await end(uow.registered, kind, own, name, _who(viewer), now)

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


async def _may(registered: Registered, own: str, record: Record) -> None:
    """Let only those change what is shared who are part of it. Raises NotForThisRole."""
    if not record.noun.shared:
        return
    if record.noun is ORGANISATIONS and record.name == own:
        return
    if record.noun is TURNS:
        there = await registered.things(TURNS, names=[record.name])
        before = [one.values["region"] for one in there.values()]
        wanted = {*before, record.values.get("region")}
        regions = await registered.things(REGIONS, names=sorted(filter(None, wanted)))
        if all(own in one.values["members"] for one in regions.values()):
            return
    raise NotForThisRole


def _who(viewer: Viewer) -> Who:
    return Who(viewer.name, viewer.user_id)


def _fresh() -> dict[str, dict[str, Any]]:
    return {"gateways": {"secret_hash": secrets.token_bytes(32)}}  # opens to nobody yet


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
