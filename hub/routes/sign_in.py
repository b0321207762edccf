"""/sign-in and /sign-out: the way in and out of the screens."""

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from hub.access.secrets import Purpose, keyed_hash, new_secret, same
from hub.access.sign_in import Attempt, TooManyTries, WrongPassword, sign_in
from hub.access.viewer import Viewer
from hub.routes.api.bodies import NoNul
from hub.routes.dependencies import NowDep, SessionDep, Web, WebDep, address, signed_in
from hub.screen.pages import page

router = APIRouter()

FORM_COOKIE = "nachtwacht_form"
FORM_LIVES = timedelta(hours=1)
HOME = "/"

WRONG = "Deze gebruikersnaam en dit wachtwoord horen niet bij elkaar."
TOO_MANY = "Te vaak geprobeerd. Wacht {seconds} s en probeer het opnieuw."
STALE = "Deze pagina was verlopen. Probeer het opnieuw."

Text = Annotated[str, Form(max_length=1000), NoNul]


@router.get("/sign-in")
async def show(
    request: Request,
    web: WebDep,
    now: NowDep,
    found: SessionDep,
    next: str = HOME,  # noqa: A002
) -> Response:
    """Show the form; whoever is signed in already goes on."""
    if found is not None:
        return RedirectResponse(inside(next), 303)
    return _form(request, web, now, next=next)


@router.post("/sign-in")
async def enter(
    request: Request,
    web: WebDep,
    now: NowDep,
    login: Text = "",
    password: Text = "",
    form_token: Text = "",
    next: Text = HOME,  # noqa: A002
) -> Response:
    """Check the password and open a new session; an old one of this browser ends."""
    if not same(form_token, _form_token(web, request.cookies.get(FORM_COOKIE, ""))):
        return _form(request, web, now, status=403, error=STALE, login=login, next=next)
    attempt = Attempt(login.strip(), password, address(request))
    try:
        secret = await sign_in(
            web.store, web.passwords, web.random, web.pepper, attempt, now, web.longest
        )
    except WrongPassword:
        return _form(request, web, now, status=401, error=WRONG, login=login, next=next)
    except TooManyTries as stopped:
        said = TOO_MANY.format(seconds=stopped.seconds(now))
        answer = _form(request, web, now, status=429, error=said, login=login, next=next)
        answer.headers["retry-after"] = str(stopped.seconds(now))
        return answer
    await _end(request, web)
    answer = RedirectResponse(inside(next), 303)
    _remember(answer, web, web.cookie, secret, web.longest)
    answer.delete_cookie(FORM_COOKIE)
    return answer


@router.post("/sign-out")
async def leave(
    request: Request, web: WebDep, viewer: Annotated[Viewer, Depends(signed_in)]
) -> Response:
    """End the session here and now."""
    await _end(request, web)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(web.cookie, secure=web.secure, httponly=True, samesite="lax")
    return answer


def inside(where: str) -> str:
    """Keep a way onward within this hub: a path of ours, else the board.

    Browsers read a backslash as a slash and drop tabs and line ends, so those lead home too.
    """
    parts = urlsplit(where) if where.isprintable() and "\\" not in where else urlsplit(HOME)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or where.startswith("//"):
        return HOME
    return where if parts.geturl() == where else HOME


def _form(
    request: Request,
    web: Web,
    now: datetime,
    *,
    status: int = 200,
    error: str = "",
    login: str = "",
    next: str = HOME,  # noqa: A002
) -> Response:
    seed = request.cookies.get(FORM_COOKIE) or new_secret(web.random)
    shown = {
        "error": error,
        "login": login,
        "form_token": _form_token(web, seed),
        "next": inside(next),
    }
    answer = page(request, "sign_in.html", now=now, status=status, **shown)
    _remember(answer, web, FORM_COOKIE, seed, FORM_LIVES)
    return answer


def _form_token(web: Web, seed: str) -> str:
    return keyed_hash(web.pepper, Purpose.SIGN_IN_FORM, seed).hex()


def _remember(answer: Response, web: Web, name: str, value: str, lives: timedelta) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=int(lives.total_seconds()),
        secure=web.secure,
        httponly=True,
        samesite="lax",
    )


async def _end(request: Request, web: Web) -> None:
    if (token := request.cookies.get(web.cookie)) is not None:
        async with web.store.transaction() as uow:
            await uow.people.end_session(keyed_hash(web.pepper, Purpose.SESSION, token))
