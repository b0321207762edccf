"""/api/v1/registry/import: many things at once, all of them or none."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from hub.access.viewer import Viewer
from hub.plans.holding import Looked
from hub.registry.activating import Think
from hub.registry.files import LARGEST, read_file
from hub.registry.importing import import_records
from hub.registry.looking import look
from hub.registry.nouns import NOUNS
from hub.registry.outcome import Outcome, Refused, who_of
from hub.registry.records import Record, Sent, Trouble, understood
from hub.routes.api.proofs import FindingView
from hub.routes.api.things import Integrator, NounName, may_change, schema_of, sending
from hub.routes.dependencies import NowDep, Web, WebDep
from hub.routes.guards import MOST_DIGITS
from hub.routes.problems import documented
from hub.store.for_a_command import STATEMENT_TIMEOUT, with_store
from hub.store.unit_of_work import Store, UnitOfWork

router = APIRouter(tags=["registry"], responses=documented(400, 401, 403, 413, 422, 503))

MOST_TOLD = 1000  # troubles
AGAIN_SECONDS = "30"
MANY = sending(
    {
        "type": "object",
        "properties": {
            one.name: {"type": "array", "items": schema_of(one)} for one in NOUNS.values()
        },
    }
)


class PlansLookedAt(BaseModel):
    """Which plans of your clients that hang on it do not hold, or would not, by external id.

    `days` says how far ahead was looked; 0 where they are too many to look at here: they are
    proved one after the other, and `/api/v1/proofs` tells what was found.
    """

    count: int
    days: int
    errors: dict[str, list[FindingView]]


class Imported(BaseModel):
    """How many of each noun are new, changed and unchanged; and what that does to care plans."""

    dry_run: bool
    counts: dict[str, dict[str, int]]
    plans: PlansLookedAt


Told = tuple[Outcome, Looked]


@dataclass(frozen=True, slots=True)
class Posted:
    """An import as it was posted: `name` says as which file it is to be read."""

    name: str
    content: bytes
    viewer: Viewer
    now: datetime
    dry_run: bool


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

    All of it is written or nothing. A refusal names every mistake by file, line and field. At
    most 64 MiB; of those over 256 KiB one at a time, another is answered with 503.
    """
    name = f"{noun or 'registry'}.{'json' if noun is None else 'csv'}"
    large = announced(request.headers) > web.largest_body
    if large and web.apart is not None and web.apart.is_busy:
        problem = "A large import is going on. Send this one when it has ended."
        raise HTTPException(503, problem, {"retry-after": AGAIN_SECONDS})
    posted = Posted(name, await request.body(), viewer, now, dry_run)
    outcome, plans = await _carried_out(web, posted, large=large)
    return imported(outcome, plans, dry_run=dry_run)


def announced(headers: Headers) -> int:
    """How many bytes it says that it has; who does not say may send the most."""
    said = headers.get("content-length", str(LARGEST))
    if not (said.isascii() and said.isdigit() and len(said) < MOST_DIGITS):
        raise HTTPException(400, "content-length is no number. Say how many bytes you send.")
    return int(said)


def imported(outcome: Outcome, plans: Looked, *, dry_run: bool) -> Imported:
    """Say what was brought. Raises Refused for one with troubles."""
    if outcome.troubles:
        raise Refused(outcome)
    errors = {
        client: [FindingView(**one) for one in found] for (_, client), found in plans.errors.items()
    }
    return Imported(
        dry_run=dry_run,
        counts={noun: dict(one) for noun, one in outcome.counts.items()},
        plans=PlansLookedAt(count=plans.plans, days=plans.days, errors=errors),
    )


async def _carried_out(web: Web, posted: Posted, *, large: bool) -> Told:
    """Do it here, or in a process of its own where it would keep alarms waiting."""
    if not large or web.apart is None:
        return await _told(web.store, posted, web.think)
    try:
        told: Told = await web.apart.do(import_apart, posted)
    except BrokenExecutor as error:
        problem = "The import was broken off. Send it again: what is there already is not changed."
        raise HTTPException(503, problem, {"retry-after": AGAIN_SECONDS}) from error
    return told


def import_apart(url: str, posted: Posted) -> Told:
    """Import on a store of its own; runs in another process. Raises as `import_records`."""
    work = with_store(url, lambda store: _told(store, posted, asyncio.to_thread), STATEMENT_TIMEOUT)
    return asyncio.run(work)


async def _told(store: Store, posted: Posted, think: Think) -> Told:
    """Import, and say no more of it than is answered."""
    try:
        outcome = await _imported(store, posted, think)
    except Refused as refused:
        return Outcome(troubles=list(refused.outcome.troubles)[:MOST_TOLD]), Looked()
    plans = await look(store, outcome, posted.now, think, posted.viewer)
    return Outcome(outcome.counts), plans


async def _imported(store: Store, posted: Posted, think: Think) -> Outcome:
    viewer = posted.viewer
    async with store.transaction(viewer) as uow:
        own = await uow.registered.called(viewer.organisation_id)
    records, troubles = await asyncio.to_thread(_read, posted, own)
    if troubles:
        raise Refused(Outcome(troubles=troubles))

    async def may(uow: UnitOfWork, records: Sequence[Record]) -> None:
        for one in records:
            await may_change(uow.registered, own, one)

    brought = store, records, who_of(viewer), posted.now, think, viewer, may
    return await import_records(*brought, dry_run=posted.dry_run)


def _read(posted: Posted, own: str) -> tuple[list[Record], list[Trouble]]:
    read = list(read_file(posted.name, posted.content))
    records, wrong = understood([one for one in read if isinstance(one, Sent)], own, only=True)
    return records, [*(one for one in read if isinstance(one, Trouble)), *wrong]
