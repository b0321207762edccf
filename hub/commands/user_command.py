"""`nachtwacht user`: let people of the registry sign in, and let them in no longer."""

import argparse
import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import uuid4

from escalation.model import Level
from hub.access.passwords import Passwords
from hub.access.sign_in import LONGEST_LOGIN
from hub.commands.letting_in import NotDone, add_action, carry_out, names, organisation_of
from hub.store.gateway_registry import GatewayRegistry
from hub.store.unit_of_work import UnitOfWork
from hub.store.users import LoginTaken, User, Users

FORM = "ORGANISATION/CONTACT"
ROLES = ("operator", "night", "team", "integrator", "tester")
LOGIN = re.compile(rf"[^\s/]{{1,{LONGEST_LOGIN}}}")
LETTERS = "abcdefghjkmnpqrstuvwxyz"  # none that is read as another, or as a figure
GROUPS, GROUP = 4, 4  # 72 random bits

Work = Callable[[UnitOfWork, "Request"], Awaitable[Sequence[str]]]


class Request(argparse.Namespace):
    """What was asked for, with what it needs to be done."""

    contact: str
    login: str
    role: str
    password: str
    password_hash: str
    now: datetime


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and what belongs to it; its parser."""
    user = commands.add_parser("user", help="let people sign in: add, list, password, disable")
    actions = user.add_subparsers(required=True, metavar="action")
    what = "give a person of the registry an account and print its password, once"
    add = add_action(actions, "add", what, _add, whom="contact", form=FORM)
    add.add_argument("--role", required=True, choices=ROLES, help="what they may do")
    add.add_argument("--login", default="", help="what they type; else CONTACT@ORGANISATION")
    for name, help_, work in (
        ("password", "make a new password and print it, once; whoever is signed in is out", _new),
        ("disable", "let them in no longer; whoever is signed in is out", _disable),
        ("enable", "let them in again", _enable),
    ):
        add_action(actions, name, help_, work, whom="login", form="LOGIN")
    listed = actions.add_parser("list", help="list accounts, never their passwords")
    listed.set_defaults(work=_list)
    return user


def main(asked: argparse.Namespace, url: str, now: datetime) -> int:
    """Carry a parsed command out on a migrated database; its exit status."""
    request = Request(**vars(asked), now=now)
    work: Work = request.work
    if work in (_add, _new):
        request.password = new_password()
        request.password_hash = asyncio.run(_hashed(request.password))
    return carry_out(url, lambda uow: work(uow, request))


def new_password() -> str:
    """Make a password of 72 random bits that can be read out and typed: four groups of letters."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


async def _hashed(password: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hashed(password)
    finally:
        passwords.close()


async def _add(uow: UnitOfWork, request: Request) -> Sequence[str]:
    organisation, name = names(request.contact, FORM)
    login = request.login or f"{name}@{organisation}"
    if not LOGIN.fullmatch(login):
        raise NotDone(f"--login {login!r}: give at most {LONGEST_LOGIN} signs, no space and no /")
    organisation_id = await organisation_of(GatewayRegistry(uow.db), organisation)
    people = await Users(uow.db).people_of(organisation_id, request.now)
    if name not in people:
        raise NotDone(
            f"{organisation} has no person {name!r} among its contacts."
            " Bring them in first: `nachtwacht import`, or PUT /api/v1/registry/contacts."
        )
    contact_id, level = people[name]
    if level == Level.INFORMAL_CAREGIVER:
        raise NotDone(
            f"{request.contact} is a caregiver: an account shows every client of {organisation}."
            " A caregiver answers, and says when they are away, behind the link in each call."
        )
    account = {"login": login, "role": request.role, "password_hash": request.password_hash}
    try:
        await Users(uow.db).add(uuid4(), organisation_id, (contact_id, name), **account)
    except LoginTaken as error:
        raise NotDone(
            f"{request.contact} has an account already, or somebody has the login {login!r};"
            " `nachtwacht user list` tells which"
        ) from error
    return (f"login    {login}", *_shown(request), f"may do   what is for the role {request.role}")


async def _new(uow: UnitOfWork, request: Request) -> Sequence[str]:
    user = await _found(uow, request)
    await Users(uow.db).set_password(user.id, request.password_hash)
    return (*_shown(request), f"{user.login} is signed out everywhere.")


def _shown(request: Request) -> Sequence[str]:
    return (
        f"password {request.password}",
        "The password is shown this once; its owner changes it under Wachtwoord on any page.",
    )


async def _disable(uow: UnitOfWork, request: Request) -> Sequence[str]:
    user = await _found(uow, request)
    await Users(uow.db).disable(user.id, request.now)
    return (f"{user.login} comes in no longer, and is signed out everywhere.",)


async def _enable(uow: UnitOfWork, request: Request) -> Sequence[str]:
    user = await _found(uow, request)
    await Users(uow.db).enable(user.id)
    if not _is_over(user, request.now):
        return (f"{user.login} may come in again.",)
    return (f"{user.login} may come in again once {user.named} is no longer ended.",)


async def _found(uow: UnitOfWork, request: Request) -> User:
    for one in await Users(uow.db).all():
        if one.login == request.login:
            return one
    raise NotDone(f"nobody has the login {request.login!r}; `nachtwacht user list` names them")


async def _list(uow: UnitOfWork, request: Request) -> Sequence[str]:
    lines = [_line(one, request.now) for one in await Users(uow.db).all()]
    return lines or ["Nobody can sign in; give somebody an account with `nachtwacht user add`."]


def _line(one: User, now: datetime) -> str:
    state = "DISABLED" if one.disabled_at is not None else "ENDED" if _is_over(one, now) else ""
    return f"{one.login:40} {one.role:11} {one.named:40} {state}".rstrip()


def _is_over(user: User, now: datetime) -> bool:
    return user.ended_at is not None and user.ended_at <= now
