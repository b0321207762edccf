"""/password: whoever is signed in chooses another password; everywhere else they are signed out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from hub.access.secrets import Purpose, keyed_hash
from hub.access.sign_in import (
    SHORTEST,
    Change,
    PasswordUnfit,
    TooManyTries,
    WrongPassword,
    change_password,
)
from hub.access.viewer import Viewer
from hub.routes.api.bodies import NoNul
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NowDep, SignedIn, Web, WebDep
from hub.routes.sign_in import TOO_MANY
from hub.screen.pages import page

router = APIRouter()

Text = Annotated[str, Form(max_length=1000), NoNul]

SAID = {"changed": "Je wachtwoord is veranderd. Op andere schermen ben je afgemeld."}
WRONG = "Dit is niet je wachtwoord van nu."
DIFFERENT = "De twee nieuwe wachtwoorden zijn niet hetzelfde."
UNFIT = f"Neem een ander wachtwoord, van minstens {SHORTEST} tekens. Je gebruikersnaam mag niet."


@router.get("/password")
async def show(
    request: Request, viewer: SignedIn, web: WebDep, form_token: FormToken, said: str = ""
) -> Response:
    """Show the form."""
    return await _form(request, viewer, web, form_token, said=SAID.get(said, ""))


@router.post("/password")
async def change(
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    old: Text = "",
    new: Text = "",
    again: Text = "",
) -> Response:
    """Change it, or say what is wrong."""
    if new != again:
        return await _form(request, viewer, web, form_token, status=422, error=DIFFERENT)
    kept = keyed_hash(web.pepper, Purpose.SESSION, request.cookies.get(web.cookie, ""))
    try:
        await change_password(web.store, web.passwords, viewer, Change(old, new), kept, now)
    except (PasswordUnfit, WrongPassword) as refused:
        status, error = (401, WRONG) if isinstance(refused, WrongPassword) else (422, UNFIT)
        return await _form(request, viewer, web, form_token, status=status, error=error)
    except TooManyTries as stopped:
        error = TOO_MANY.format(seconds=stopped.seconds(now))
        answer = await _form(request, viewer, web, form_token, status=429, error=error)
        answer.headers["retry-after"] = str(stopped.seconds(now))
        return answer
    return RedirectResponse("/password?said=changed", 303)


async def _form(
    request: Request,
    viewer: Viewer,
    web: Web,
    form_token: str,
    *,
    status: int = 200,
    error: str = "",
    said: str = "",
) -> Response:
    facts = await around(web, viewer)
    return page(
        request, "password.html", status=status, error=error, said=said, shortest=SHORTEST,
        tab="", form_token=form_token, **facts,
    )  # fmt: skip
