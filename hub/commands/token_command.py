"""`nachtwacht token`: let a program of an organisation ask the API, and let it in no longer."""

import argparse
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from hub.access.secrets import Purpose, keyed_hash, new_secret
from hub.commands.letting_in import NotDone, add_action, carry_out, names, organisation_of
from hub.store.gateway_registry import GatewayRegistry
from hub.store.tokens import Token, Tokens, TokenTaken
from hub.store.unit_of_work import UnitOfWork

FORM = "ORGANISATION/NAME"
MOST_DAYS = 3650

Work = Callable[[UnitOfWork, "Request"], Awaitable[Sequence[str]]]


class Request(argparse.Namespace):
    """What was asked for, with what it needs to be done."""

    token: str
    days: int | None
    pepper: bytes
    now: datetime


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and what belongs to it; its parser."""
    token = commands.add_parser("token", help="let programs ask the API: add, list, disable")
    actions = token.add_subparsers(required=True, metavar="action")
    add = _action(actions, "add", "make a token for an integrator and print it, once", _add)
    add.add_argument("--days", type=_days, help="it opens nothing after so many; else it does")
    _action(actions, "disable", "let the token open nothing from now on", _disable)
    listed = actions.add_parser("list", help="list tokens, never the secrets themselves")
    listed.set_defaults(work=_list)
    return token


_action = partial(add_action, whom="token", form=FORM)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"give a number of days from 1 to {MOST_DAYS}")
    return int(text)


def main(asked: argparse.Namespace, url: str, pepper: bytes, now: datetime) -> int:
    """Carry a parsed command out on a migrated database; its exit status."""
    request = Request(**vars(asked), pepper=pepper, now=now)
    work: Work = request.work
    return carry_out(url, lambda uow: work(uow, request))


async def _add(uow: UnitOfWork, request: Request) -> Sequence[str]:
    organisation, name = names(request.token, FORM)
    organisation_id = await organisation_of(GatewayRegistry(uow.db), organisation)
    secret = new_secret(secrets.token_bytes)
    expires_at = None if request.days is None else request.now + timedelta(days=request.days)
    try:
        await Tokens(uow.db).add(
            (uuid4(), uuid4(), uuid4()),
            (organisation_id, organisation),
            name,
            keyed_hash(request.pepper, Purpose.API_TOKEN, secret),
            expires_at,
        )
    except TokenTaken as error:
        raise NotDone(
            f"{request.token} is there already; a name is never used again."
            " Add one with another name, and then disable this one."
        ) from error
    until = "until it is disabled" if expires_at is None else f"until {expires_at:%Y-%m-%d}"
    return (
        f"token    {secret}",
        f"may do   what an integrator of {organisation} may, {until}",
        "ask with Authorization: Bearer TOKEN",
        "The token is shown this once.",
    )


async def _disable(uow: UnitOfWork, request: Request) -> Sequence[str]:
    names(request.token, FORM)
    tokens = Tokens(uow.db)
    found = [one for one in await tokens.all() if one.named == request.token]
    if not found:
        raise NotDone(f"there is no token {request.token!r}; `nachtwacht token list` names them")
    if _lives(found[0], request.now):
        await tokens.expire(found[0], request.now)
    return (f"{request.token} opens nothing from now on.",)


async def _list(uow: UnitOfWork, request: Request) -> Sequence[str]:
    lines = [_line(one, request.now) for one in await Tokens(uow.db).all()]
    return lines or ["There are no tokens; make one with `nachtwacht token add`."]


def _line(one: Token, now: datetime) -> str:
    ends = "" if one.expires_at is None else f"until {one.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.named:40} {one.role:11} {ends if _lives(one, now) else 'DISABLED'}".rstrip()


def _lives(one: Token, now: datetime) -> bool:
    return one.expires_at is None or one.expires_at > now
