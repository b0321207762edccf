"""/api/v1/out/webhooks: to which addresses your organisation's events are sent."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from hub.access.viewer import Viewer
from hub.out import signing
from hub.out.addresses import NotAllowed, Policy, read
from hub.out.event import TYPES
from hub.out.webhooks import enable
from hub.routes.api.bodies import Reference
from hub.routes.api.out import Integrator
from hub.routes.dependencies import NowDep, Web, WebDep
from hub.routes.problems import FieldRefused, documented
from hub.store.unit_of_work import UnitOfWork

router = APIRouter(
    prefix="/out/webhooks", tags=["out"], responses=documented(401, 403, 404, 422, 503)
)

MOST = 20  # of an organisation: each is sent every event
Type = Literal[TYPES]  # type: ignore[valid-type]  # the list stands in one place
Named = Annotated[Reference, Path(description="Its id or external id.")]
Url = Annotated[str, Field(max_length=2000, examples=["https://care.example/nachtwacht"])]
Types = Annotated[
    list[Type],
    Field(max_length=len(TYPES), description="Last words of event types; empty: all."),
]


class NoSuchWebhook(LookupError):
    """Your organisation has no such webhook."""


class NewWebhook(BaseModel):
    """A webhook to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "external_id": "care-record",
                    "url": "https://care.example/nachtwacht",
                    "types": ["opened", "accepted", "resolved"],
                }
            ]
        },
    )

    external_id: str = Field(pattern=r"^[a-z0-9-]{1,63}$", description="Your own name for it.")
    url: Url
    types: Types = []


class ChangedWebhook(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"types": ["opened", "resolved"]}]}
    )

    url: Url | None = None
    types: Types | None = None


class WebhookView(BaseModel):
    """A webhook, and how it is doing. Its secret is shown once, when it is made or rotated."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d",
                    "external_id": "care-record",
                    "url": "https://care.example/nachtwacht",
                    "types": ["opened", "accepted", "resolved"],
                    "created_at": "2026-01-12T22:00:00Z",
                    "failing_since": None,
                    "trouble": "",
                    "disabled_at": None,
                    "waiting": 0,
                }
            ]
        }
    )

    id: UUID
    external_id: str
    url: str
    types: list[str]
    created_at: datetime
    failing_since: datetime | None = Field(description="Since when no event was taken.")
    trouble: str = Field(description="What the last failure was.")
    disabled_at: datetime | None = Field(description="Nothing is sent until it is enabled.")
    waiting: int = Field(default=0, description="Events still to be sent.")


class WithSecret(WebhookView):
    """A webhook with its secret: keep it, it is not shown again."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookList(BaseModel):
    """Webhooks, by external id."""

    items: list[WebhookView]


@router.get("")
async def webhooks(web: WebDep, viewer: Integrator) -> WebhookList:
    """List your organisation's webhooks and how they are doing."""
    async with web.store.transaction(viewer) as uow:
        rows = await uow.webhooks.all_of(viewer.organisation_id)
    items = [WebhookView.model_validate(row, from_attributes=True) for row in rows]
    return WebhookList(items=items)


@router.post("", status_code=201)
async def make(body: NewWebhook, web: WebDep, viewer: Integrator, now: NowDep) -> WithSecret:
    """Make a webhook: it is sent what happens from now on."""
    _check(body.url, web)
    webhook_id = uuid4()
    async with web.store.transaction(viewer) as uow:
        if len(await uow.webhooks.all_of(viewer.organisation_id)) >= MOST:
            remedy = "Delete one, or change its address."
            raise FieldRefused("external_id", f"there are {MOST} webhooks already", remedy)
        made = await uow.webhooks.add(
            webhook_id, viewer.organisation_id, body.external_id, body.url, body.types, now
        )
        if not made:
            remedy = "Send another name, or PATCH the one there is."
            raise FieldRefused("external_id", "there is a webhook of that name", remedy)
        return await _with_secret(uow, viewer, str(webhook_id), web)


@router.patch("/{webhook}")
async def change(
    webhook: Named, body: ChangedWebhook, web: WebDep, viewer: Integrator
) -> WebhookView:
    """Change the address or the types; what waits already is sent to the new address."""
    if body.url is not None:
        _check(body.url, web)
    changed = {name: said for name, said in body.model_dump().items() if said is not None}
    async with web.store.transaction(viewer) as uow:
        found = await _found(uow, viewer, webhook)
        if changed:
            await uow.webhooks.change(found.id, **changed)
        return _view(await _found(uow, viewer, webhook))


@router.post("/{webhook}/rotate")
async def rotate(webhook: Named, web: WebDep, viewer: Integrator, now: NowDep) -> WithSecret:
    """Give it another secret; for a day the former one signs as well, so nothing is refused."""
    async with web.store.transaction(viewer) as uow:
        found = await _found(uow, viewer, webhook)
        version = found.key_version + 1
        await uow.webhooks.change(found.id, key_version=version, rotated_at=now)
        return await _with_secret(uow, viewer, webhook, web)


@router.post("/{webhook}/enable")
async def enable_again(webhook: Named, web: WebDep, viewer: Integrator, now: NowDep) -> WebhookView:
    """Send again, beginning with what waited meanwhile; harmless where it was enabled."""

    async def work(uow: UnitOfWork) -> Any:
        await enable(uow, await _found(uow, viewer, webhook), now)
        return await _found(uow, viewer, webhook)

    # As the hub: the work at the technical desk that ends here is not the integrator's to see.
    return _view(await web.store.retried(work))


@router.delete("/{webhook}", status_code=204)
async def remove(webhook: Named, web: WebDep, viewer: Integrator) -> Response:
    """Forget a webhook and what still waits for it."""
    async with web.store.transaction(viewer) as uow:
        await uow.webhooks.remove((await _found(uow, viewer, webhook)).id)
    return Response(status_code=204)


def _check(url: str, web: Web) -> None:
    """Refuse an address that can never be sent to; where its name leads is looked at each time."""
    try:
        read(url, Policy(plain=web.rehearsal))
    except NotAllowed as refused:
        problem, _, remedy = str(refused).partition("; ")
        raise FieldRefused("url", problem, remedy[:1].upper() + remedy[1:] + ".") from refused


async def _found(uow: UnitOfWork, viewer: Viewer, reference: str) -> Any:
    found = await uow.webhooks.lock(viewer.organisation_id, reference)
    if found is None:
        raise NoSuchWebhook(reference)
    return found


async def _with_secret(uow: UnitOfWork, viewer: Viewer, reference: str, web: Web) -> WithSecret:
    found = await _found(uow, viewer, reference)
    secret = signing.shown(signing.key(web.pepper, found.id, found.key_version))
    return WithSecret.model_validate(_view(found).model_dump() | {"secret": secret})


def _view(row: Any) -> WebhookView:
    return WebhookView.model_validate(row, from_attributes=True)
