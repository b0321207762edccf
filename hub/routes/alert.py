"""GET /alerts/{id}: one alert with all that belongs to it; its forms, each a plain POST.

A form's `once` and its contents make the trigger's id: a double click is one answer, and the
same page pressed differently is another.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import ValidationError

from escalation.decision import Verdict
from escalation.model import Lane
from hub.access.viewer import Viewer
from hub.road.standing import NoSuchAlert
from hub.routes.api import bodies, disclosures
from hub.routes.api.answering import Answering, AnsweringDep
from hub.routes.api.views import AnswerView
from hub.routes.board import around
from hub.routes.dependencies import (
    ANSWERING,
    FORM_TOKEN,
    FormToken,
    NowDep,
    SignedIn,
    Web,
    WebDep,
)
from hub.routes.sign_in import inside
from hub.screen.alert_view import alert_view
from hub.screen.pages import page, render
from hub.store.access import BREAK_GLASS
from hub.store.alert_page import AlertPage, read_alert_page
from hub.words.answers import said_before, sentence

router = APIRouter(prefix="/alerts/{alert_id}")

Form = Mapping[str, str]
MINE = {FORM_TOKEN, "once", "back", "what"}


@router.get("")
async def show(
    alert_id: UUID,
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    said: str = "",
) -> Response:
    """Show one alert, and write down who looked. Raises NoSuchAlert."""
    surroundings = await around(web, viewer)
    found = await _looked_at(web, viewer, alert_id, now, log=True)
    view = alert_view(found, viewer, surroundings["local"], now)
    holders = [one.name for one in view.holders]
    facts = _facts(found, view, viewer, now, form_token)
    return page(request, "alert.html", said=said_before(said, holders), **{**facts, **surroundings})


@router.get("/parts")
async def parts(
    alert_id: UUID,
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    once: UUID,
) -> Response:
    """The same page's contents again, for a page that is already open: one look, one log line.

    `once` is the open page's own, so that its forms keep theirs.
    """
    found = await _looked_at(web, viewer, alert_id, now, log=False)
    surroundings = await around(web, viewer)
    view = alert_view(found, viewer, surroundings["local"], now)
    facts = _facts(found, view, viewer, now, form_token)
    shown = {**facts, "local": surroundings["local"], "once": once}
    return Response(render("alert_parts.html", **shown), media_type="text/html")


async def _looked_at(web: Web, viewer: Viewer, alert_id: UUID, now: Any, *, log: bool) -> AlertPage:
    async with web.store.transaction(viewer) as uow:
        found = await read_alert_page(uow.db, viewer, alert_id, now)
        if found is None:
            raise NoSuchAlert(alert_id)
        if log:
            others = [one.id for one in found.others_at_home]
            right = BREAK_GLASS if found.opened else ""
            own = found.row.client_ids
            await uow.access.looked(viewer, alert_id, own, "alert.show", now, right)
            if others:
                await uow.access.looked(viewer, alert_id, others, "alert.show", now)
    return found


def _facts(
    found: AlertPage, view: Any, viewer: Viewer, now: Any, form_token: str
) -> dict[str, Any]:
    return {
        "view": view,
        "viewer": viewer,
        "me": viewer.contact_id,
        "may_disclose": viewer.role in ANSWERING,
        "tab": "queue" if found.row.lane == Lane.QUEUE.value else "alarm",
        "ended_at": found.row.resolved_at,
        "form_token": form_token,
        "now": now,
    }


@router.post("/{action}")
async def act(alert_id: UUID, action: str, request: Request, answering: AnsweringDep) -> Response:
    """Give one answer from a form. Raises NoSuchAlert; 404 for an action there is not."""
    sent = {name: one for name, one in (await request.form()).items() if isinstance(one, str)}
    what = sent.get("what", "") if action == "answer" else action
    if what == "disclose":
        return await _disclose(answering, alert_id, sent)
    if what not in BODIES:
        raise HTTPException(404, "There is no such action.")
    answer = await answering(alert_id, _body(what, sent))
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"verdict": answer.verdict.value, "said": _said(what, answer)})
    here = f"/alerts/{alert_id}"
    back = inside(sent.get("back", here)) if answer.verdict is Verdict.DONE else here
    said = f"{what}.{answer.verdict.value}.{answer.reason}"
    return RedirectResponse(f"{back}?said={said}", 303)


async def _disclose(answering: Answering, alert_id: UUID, sent: Form) -> Response:
    with _as_sent():
        body = disclosures.Disclose(reason=sent.get("reason", ""))
    await disclosures.opened(answering.web, answering.viewer, alert_id, body.reason, answering.now)
    return RedirectResponse(f"/alerts/{alert_id}#what-to-do", 303)


def _said(what: str, answer: AnswerView) -> str:
    holders = [one.name for one in answer.held_by if one.name]
    return sentence(what, answer.verdict, answer.reason, holders, answer.outcome)


def _body(what: str, sent: Form) -> bodies.AnyBody:
    with _as_sent():
        once = _once(what, sent)
        return BODIES[what]({name: one for name, one in sent.items() if one}, once)


@contextmanager
def _as_sent() -> Iterator[None]:
    """Tell what is wrong with a body as what is wrong with the form."""
    try:
        yield
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from error


def _once(what: str, sent: Form) -> UUID:
    """One id for this form with these contents, whatever else was pressed on the page."""
    try:
        once = UUID(sent.get("once", ""))
    except ValueError as error:
        wrong = {"loc": ("body", "once"), "type": "uuid", "msg": "not a UUID", "input": ""}
        raise RequestValidationError([wrong]) from error
    contents = sorted((name, one) for name, one in sent.items() if name not in MINE)
    return uuid5(once, repr((what, contents)))


def _of(kind: type[Any], *names: str) -> Callable[[Form, UUID], Any]:
    """Make a body from the form's fields of these names, and nothing else a form may hold."""

    def made(sent: Form, once: UUID) -> Any:
        given = {name: sent[name] for name in ("by", *names) if name in sent}
        return kind.model_validate({**given, "once": once})

    return made


def _renamed(make: Callable[[Form, UUID], Any], name: str) -> Callable[[Form, UUID], Any]:
    def made(sent: Form, once: UUID) -> Any:
        minutes = {name: sent["minutes"]} if "minutes" in sent else {}
        return make({**sent, **minutes}, once)

    return made


BODIES: Mapping[str, Callable[[Form, UUID], bodies.AnyBody]] = {
    "claim": _of(bodies.Claim),
    "accept": _renamed(_of(bodies.Accept, "eta_minutes"), "eta_minutes"),
    "arrive": _of(bodies.Arrive),
    "extend": _renamed(_of(bodies.Extend, "more_minutes"), "more_minutes"),
    "release": _of(bodies.Release, "reason"),
    "decline": _of(bodies.Decline, "reason"),
    "take-over": _of(bodies.TakeOver, "holding", "held_by", "reason"),
    "all-well": _of(bodies.TellAllWell, "outcome"),
    "outside": _of(bodies.CallOutside, "service", "result"),
    "resolve": _of(bodies.Resolve, "outcome", "note"),
}
