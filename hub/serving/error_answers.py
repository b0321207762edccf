"""What each refusal, and each mistake of ours, looks like from outside: problem detail or page."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from hub.contain import without_its_text
from hub.registry.activating import Unsettled
from hub.registry.ending import NoSuchThing
from hub.registry.outcome import Refused
from hub.road.standing import NoSuchAlert
from hub.routes.answers import LinkGone
from hub.routes.api.out import EventsGone
from hub.routes.api.webhooks import NoSuchWebhook
from hub.routes.dependencies import FormTokenWrong, NotForThisRole, NotSignedIn
from hub.routes.guards import HEADERS
from hub.routes.problems import (
    MEDIA_TYPE,
    TITLES,
    TYPES,
    FieldProblem,
    FieldRefused,
    Problem,
    field_problems,
)
from hub.screen.link_page import OVER
from hub.screen.pages import page
from hub.store.alerts import UnreadableAlert

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = "2"

UNCERTAIN = "Het is niet zeker dat dit is vastgelegd. Probeer het opnieuw, of bel."
LOADS_AGAIN = "De pagina probeert het zelf opnieuw, om de paar tellen. Heeft het haast? Bel."


def map_refusals(app: FastAPI) -> None:
    """Answer every exception that a route may raise."""
    mapped: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        NotSignedIn: _not_signed_in,
        NotForThisRole: _not_for_this_role,
        FormTokenWrong: _form_token_wrong,
        NoSuchAlert: _no_such_alert,
        LinkGone: _link_gone,
        EventsGone: _events_gone,
        NoSuchWebhook: _no_such_webhook,
        NoSuchThing: _no_such_thing,
        Unsettled: _unsettled,
        Refused: _registry_refused,
        FieldRefused: _field_refused,
        RequestValidationError: _invalid,
        HTTPException: _plain,
        UnreadableAlert: _unreadable,
        OperationalError: _database_away,
        InterfaceError: _database_away,
        InternalError: _database_away,
        PoolTimeout: _database_away,
        Exception: _mistake,
    }
    for refusal, handler in mapped.items():
        app.add_exception_handler(refusal, handler)


async def _not_signed_in(request: Request, _: NotSignedIn) -> Response:
    if _wants_problem(request):
        remedy = "Send `Authorization: Bearer <token>` with a token that is valid."
        return _problem(401, "not-signed-in", remedy, headers={"www-authenticate": "Bearer"})
    onward = quote(request.url.path) if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={onward}", 303)


async def _not_for_this_role(request: Request, _: NotForThisRole) -> Response:
    if _wants_problem(request):
        return _problem(403, "not-for-this-role", "Ask for a user with another role.")
    return _error_page(request, 403, "Dit mag je niet", "Vraag iemand met een andere rol.")


async def _form_token_wrong(request: Request, _: FormTokenWrong) -> Response:
    if _wants_problem(request):
        remedy = "Send the session's form token in the header X-Form-Token, or a bearer token."
        return _problem(403, "form-token", remedy)
    return _error_page(
        request,
        403,
        "Deze pagina was verlopen",
        "Er is niets vastgelegd. Ga terug, ververs de pagina en druk opnieuw.",
    )


async def _no_such_alert(request: Request, _: NoSuchAlert) -> Response:
    if _wants_problem(request):
        remedy = "Send an id from GET /api/v1/alerts; only parties to an alert can see it."
        return _problem(404, "no-such-alert", remedy, title="There is no such alert")
    return _error_page(
        request,
        404,
        "Deze melding is er niet",
        "Hij bestaat niet, of je organisatie is er niet bij betrokken.",
    )


async def _link_gone(request: Request, _: LinkGone) -> Response:
    if _wants_problem(request):
        return _problem(404, "no-such-link", "The link is unknown or expired; ask for a new call.")
    return page(request, "link.html", status=404, page=OVER)


async def _events_gone(_: Request, gone: EventsGone) -> Response:
    remedy = (
        "Read the open alerts (GET /api/v1/alerts) and go on with"
        f" GET /api/v1/out/events?after={gone.oldest}, the oldest there is."
    )
    return _problem(410, "events-gone", remedy)


async def _no_such_webhook(_: Request, __: NoSuchWebhook) -> Response:
    return _problem(404, "no-such-webhook", "Send an id from GET /api/v1/out/webhooks.")


async def _no_such_thing(_: Request, __: NoSuchThing) -> Response:
    return _problem(404, "no-such-thing", "Send a name from GET /api/v1/registry/{noun}.")


async def _unsettled(_: Request, __: Unsettled) -> Response:
    remedy = "What these plans hang on changed while they were proved. Send it again."
    return _problem(503, "unsettled", remedy, headers={"retry-after": TRY_AGAIN_SECONDS})


async def _registry_refused(request: Request, refused: Refused) -> Response:
    return _unprocessable(
        request,
        [
            FieldProblem(field=one.where or "body", problem=one.problem, remedy=one.remedy)
            for one in refused.outcome.troubles
        ],
    )


async def _field_refused(request: Request, refused: FieldRefused) -> Response:
    return _unprocessable(request, [refused.error])


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    return _unprocessable(request, field_problems(error.errors()))


def _unprocessable(request: Request, errors: list[FieldProblem]) -> Response:
    if _wants_problem(request):
        detail = "; ".join(f"{one.field}: {one.problem}" for one in errors)
        return _problem(422, "field", detail, errors=errors)
    return _error_page(
        request,
        422,
        "Er ontbreekt iets of er klopt iets niet",
        "Er is niets vastgelegd. Ga terug en vul het formulier opnieuw in.",
    )


async def _plain(request: Request, error: HTTPException) -> Response:
    if _wants_problem(request):
        return _problem(error.status_code, "", str(error.detail), headers=error.headers)
    title = "Deze pagina is er niet" if error.status_code == 404 else "Dit kan niet"
    return _error_page(request, error.status_code, title, "Ga terug naar het bord.")


async def _database_away(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer a page", extra=without_its_text(error))
    again = {"retry-after": TRY_AGAIN_SECONDS}
    if _wants_problem(request):
        detail = "Nothing was changed for certain: send it again with the same `once`."
        return _problem(503, "database-away", detail, headers=again)
    only_looked = request.method == "GET"  # then the page may try again by itself
    remedy = LOADS_AGAIN if only_looked else UNCERTAIN
    answer = _error_page(request, 503, "De database antwoordt niet", remedy)
    answer.headers.update(again | {"refresh": TRY_AGAIN_SECONDS} if only_looked else again)
    return answer


async def _unreadable(request: Request, _: UnreadableAlert) -> Response:
    if _wants_problem(request):
        detail = "The care centre is called about it. Telephone the client."
        return _problem(500, "unreadable-alert", detail, title="This alert cannot be read")
    return _error_page(request, 500, "Deze melding is onleesbaar", "Bel de cliënt.")


async def _mistake(request: Request, _: Exception) -> Response:
    if _wants_problem(request):
        detail = "It has been logged. Send it again with the same `once`."
        answer: Response = _problem(500, "mistake", detail)
    else:
        answer = _error_page(request, 500, "Er ging iets mis bij ons", UNCERTAIN)
    answer.headers.update(HEADERS)  # this answer is made outside the guards
    return answer


def _wants_problem(request: Request) -> bool:
    sent, accepts = request.headers.get("content-type", ""), request.headers.get("accept", "")
    path = request.url.path
    return (
        path.startswith(("/api/", "/health/"))
        or "json" in sent
        or ("json" in accepts and "text/html" not in accepts)
    )


def _problem(
    status: int,
    kind: str,
    detail: str,
    *,
    title: str = "",
    errors: Sequence[FieldProblem] = (),
    headers: Any = None,
) -> JSONResponse:
    problem = Problem(
        type=f"{TYPES}{kind}" if kind else "about:blank",
        title=title or TITLES.get(status, "It did not work"),
        status=status,
        detail=detail,
        errors=list(errors),
    )
    return JSONResponse(problem.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def _error_page(request: Request, status: int, title: str, remedy: str) -> Response:
    return page(request, "error.html", status=status, title=title, remedy=remedy)
