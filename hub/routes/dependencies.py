"""What routes ask for: the store, the clock, who is signed in, what their forms must carry.

A route that takes `SignedIn`, or one of the roles built on it, is closed to everybody else. For
anything but reading, the form token of the session is checked in the same place, so that no
route can forget it. A bearer token needs no form token: no browser sends it by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from hub.access.passwords import Passwords
from hub.access.secrets import Purpose, Random, keyed_hash, same
from hub.access.viewer import Viewer
from hub.clock import Clock
from hub.decoders.redecoding import Again, not_here
from hub.decoders.switched import Switched
from hub.feed import Feed
from hub.plans.room import Apart
from hub.store.inspection import Followed
from hub.store.people import Session
from hub.store.unit_of_work import Store
from hub.upkeep.health import Pulse

READING = ("GET", "HEAD", "OPTIONS")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
FORM_TOKEN_HEADER = "x-form-token"  # noqa: S105 - the name of a header

OPERATOR, NIGHT, TEAM, INTEGRATOR, TESTER = "operator", "night", "team", "integrator", "tester"


@dataclass(frozen=True, slots=True)
class Web:
    """Everything the routes are given; made once, by the composition root.

    `secure` says that people come in over https. `heads` are the migrations this code expects.
    `compare_clocks` is off where the hub's clock is a rehearsal's. `door` gives the front door's
    counters, `brokers` those of each outside broker by its name, `webhook` those of
    messages over HTTP. `decode_again` reads a stored message as its adapter would now;
    `adapters` says how those that are switched on do. `think` runs a function that takes a
    processor long, where it keeps no alarm waiting; `apart` does so with large work on the
    database. `led_by` is the file a rehearsal's clock is led with.
    """

    store: Store
    clock: Clock
    feed: Feed
    passwords: Passwords
    random: Random
    pepper: bytes
    pulse: Pulse
    door: Callable[[], Mapping[str, int]] = dict
    brokers: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    webhook: Callable[[], Mapping[str, int]] = dict
    decode_again: Callable[[Followed], Awaitable[Again]] = not_here
    adapters: Callable[[], Sequence[Switched]] = tuple
    think: Callable[..., Awaitable[Any]] = asyncio.to_thread
    apart: Apart | None = None
    heads: tuple[str, ...] = ()
    secure: bool = False
    compare_clocks: bool = True
    idle: timedelta = timedelta(hours=12)
    longest: timedelta = timedelta(hours=24)
    time_zone: str = "Europe/Amsterdam"
    emergency_phone: str = ""
    rehearsal: bool = False
    time_scale: float = 1.0
    led_by: str = ""
    largest_body: int = 256 * 1024

    @property
    def cookie(self) -> str:
        """The session's cookie; `__Host-` binds it to this very host, and needs https."""
        return "__Host-nachtwacht" if self.secure else "nachtwacht"


class NotSignedIn(Exception):
    """Nobody is signed in, or no longer."""


class NotForThisRole(Exception):
    """Somebody is signed in who has no business here."""


class FormTokenWrong(Exception):
    """A form came without the token of its session: another site may have sent it."""


def web(request: Request) -> Web:
    """The parts the application was made with."""
    return cast(Web, request.app.state.web)


WebDep = Annotated[Web, Depends(web)]


def _now(parts: WebDep) -> datetime:
    return parts.clock()


def _clock(parts: WebDep) -> Clock:
    return parts.clock


ClockDep = Annotated[Clock, Depends(_clock)]
NowDep = Annotated[datetime, Depends(_now)]  # read once for the whole request


async def session(request: Request, parts: WebDep, now: NowDep) -> Session | None:
    """The session of the browser that asks, if it has one that lives."""
    token = request.cookies.get(parts.cookie)
    if not token:
        return None
    kept = keyed_hash(parts.pepper, Purpose.SESSION, token)
    async with parts.store.transaction() as uow:
        return await uow.people.session(kept, now, parts.idle, address(request))


SessionDep = Annotated[Session | None, Depends(session)]


async def signed_in(request: Request, parts: WebDep, now: NowDep, found: SessionDep) -> Viewer:
    """Who is asking, by API token or by session. Raises NotSignedIn or FormTokenWrong."""
    if (token := _bearer(request)) is not None:
        kept = keyed_hash(parts.pepper, Purpose.API_TOKEN, token)
        async with parts.store.transaction() as uow:
            viewer = await uow.people.token(kept, now, address(request))
        if viewer is None:
            raise NotSignedIn
        return viewer
    if found is None:
        raise NotSignedIn
    if request.method not in READING and not same(await sent_form_token(request), found.form_token):
        raise FormTokenWrong
    return found.viewer


SignedIn = Annotated[Viewer, Depends(signed_in)]


def form_token(found: SessionDep) -> str:
    """What every form of this session carries in its hidden field `form_token`."""
    return found.form_token if found is not None else ""


FormToken = Annotated[str, Depends(form_token)]


def role(*allowed: str) -> Callable[[Viewer], Awaitable[Viewer]]:
    """Let only these roles in. Raises NotForThisRole."""

    async def checked(viewer: SignedIn) -> Viewer:
        if viewer.role not in allowed:
            raise NotForThisRole
        return viewer

    return checked


ANSWERING = (OPERATOR, NIGHT, TEAM, TESTER)
Worker = Annotated[Viewer, Depends(role(*ANSWERING))]


async def sent_form_token(request: Request) -> str:
    """The form token a request carries: in its header, else in its form; empty when in neither."""
    if (header := request.headers.get(FORM_TOKEN_HEADER)) is not None:
        return header
    if not request.headers.get("content-type", "").startswith(FORMS):
        return ""
    sent = (await request.form()).get(FORM_TOKEN)
    return sent if isinstance(sent, str) else ""


def address(request: Request) -> str:
    """The network address of whoever asks, for the access log."""
    return request.client.host if request.client is not None else ""


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
