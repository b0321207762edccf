"""The web application: routers, guards and the description of its API."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from hub.registry.files import LARGEST
from hub.routes import answers, health, rehearsal, sign_in
from hub.routes.answers import LinkAnswer
from hub.routes.api import (
    absences,
    activations,
    alerts,
    calendars,
    disclosures,
    diverts,
    importing,
    modes,
    out,
    plans,
    pressed,
    proofs,
    register,
    registry,
    webhooks,
)
from hub.routes.api import answers as api_answers
from hub.routes.api.examples import add_examples
from hub.routes.dependencies import Web
from hub.routes.guards import RequestLog, SecurityHeaders, SizeLimit
from hub.routes.problems import (
    Problem,
)
from hub.serving.error_answers import map_refusals
from hub.sources.webhook_described import PATHS, SCHEMES

API = "/api/v1"

DESCRIPTION = """
Alarms of people who receive care at home: which are open, who has them, what happened.

Sign in with `Authorization: Bearer <token>`. Moments are UTC in ISO 8601. A thing is called by its
id or by its `external_id`. An answer takes `once`, an id you make yourself: sent again after a lost
connection it changes nothing and gives the first answer back. A refusal is a problem detail
(RFC 9457) that names the field and the remedy. What the alert itself makes of an answer is no
refusal: it is status 200 with a `verdict`.
"""


def create_app(parts: Web, screens: Sequence[APIRouter] = (), version: str = "0.1.0") -> FastAPI:
    """Make the application of these parts; `screens` are the operators' pages."""
    app = FastAPI(
        title="Nachtwacht",
        version=version,
        description=DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.web = parts
    for router in (
        alerts.router,
        disclosures.router,
        api_answers.router,
        registry.router,
        calendars.router,
        importing.router,
        register.router,
        plans.router,
        proofs.router,
        absences.router,
        diverts.router,
        activations.router,
        modes.router,
        pressed.router,
        out.router,
        out.open_router,
        webhooks.router,
    ):
        app.include_router(router, prefix=API)
    app.include_router(answers.router)
    app.include_router(health.router)
    for router in (sign_in.router, *screens):
        app.include_router(router, include_in_schema=False)
    if parts.rehearsal:
        app.include_router(rehearsal.router, include_in_schema=False)
    app.openapi = _described(app)  # type: ignore[method-assign]
    map_refusals(app)
    more = {f"{API}/registry/import": LARGEST}
    app.add_middleware(SizeLimit, most=parts.largest_body, more=more)
    app.add_middleware(SecurityHeaders, secure=parts.secure)
    app.add_middleware(RequestLog)
    return app


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            _complete(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    return openapi


def _complete(schema: dict[str, Any]) -> None:
    parts = schema["components"]
    where = "#/components/schemas/{model}"
    for model in (Problem, LinkAnswer):
        shape = model.model_json_schema(ref_template=where)
        parts["schemas"].update(shape.pop("$defs", {}))
        parts["schemas"][model.__name__] = shape
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            operation["security"] = [{"token": []}] if path.startswith(API) else []
    parts["securitySchemes"] |= SCHEMES
    schema["paths"] |= PATHS
    add_examples(schema, API)
