"""`nachtwacht gateway`: let a gateway in, give it a new secret, let it in no longer."""

import argparse
import re
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import uuid4

from hub.access.secrets import Purpose, keyed_hash, new_secret
from hub.access.signing import SecretUnusable, sealed, secret_bytes, written
from hub.commands.letting_in import NotDone, add_action, carry_out, names, organisation_of
from hub.store.gateway_registry import KEY, SIGNING, GatewayRegistry, NameTaken, Registered
from hub.store.unit_of_work import UnitOfWork

FORM = "ORGANISATION/GATEWAY"
HEADER = re.compile(r"[a-z0-9-]{1,100}")
SIGNING_BYTES = 32

Work = Callable[[GatewayRegistry, "Request"], Awaitable[Sequence[str]]]


class Request(argparse.Namespace):
    """What was asked for, with what it needs to be done."""

    gateway: str
    adapters: str  # given, unless it listens
    home: str
    key_header: str
    listens: bool
    at_once: bool
    end_old: bool
    signing: bool
    given: bool
    pepper: bytes
    on: Sequence[str]
    now: datetime


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and what belongs to it; its parser."""
    gateway = commands.add_parser("gateway", help="let gateways in: add, list, secret, disable")
    actions = gateway.add_subparsers(required=True, metavar="action")
    add = _action(actions, "add", "register a gateway and print its secret, once", _add)
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--adapters", help="what it may speak, with commas between")
    what.add_argument(
        "--listens", action="store_true", help="an integrator's: it hears, and speaks nothing"
    )
    add.add_argument("--home", default="", help="the home it stands in, by its external id")
    add.add_argument("--key-header", default="", help="HTTP header with the id of a message")
    secret = _action(actions, "secret", "give it a new secret; the one before goes on", _secret)
    secret.add_argument("--signing", action="store_true", help="a secret to sign with (webhooks)")
    secret.add_argument("--given", action="store_true", help="read that one from standard input")
    secret.add_argument("--at-once", action="store_true", help="and end all others now")
    secret.add_argument("--end-old", action="store_true", help="end the older ones, make none")
    _action(actions, "disable", "let it in no longer", _disable)
    _action(actions, "enable", "let it in again", _enable)
    listed = actions.add_parser("list", help="list gateways, never their secrets")
    listed.set_defaults(work=_list)
    return gateway


_action = partial(add_action, whom="gateway", form=FORM)


def main(
    asked: argparse.Namespace, url: str, pepper: bytes, on: Sequence[str], now: datetime
) -> int:
    """Carry a parsed command out on a migrated database; its exit status."""
    request = Request(**vars(asked), pepper=pepper, on=on, now=now)
    return carry_out(url, lambda uow: _done(uow, request))


async def _done(uow: UnitOfWork, request: Request) -> Sequence[str]:
    work: Work = request.work
    return await work(GatewayRegistry(uow.db), request)


async def _add(registry: GatewayRegistry, request: Request) -> Sequence[str]:
    organisation, name = names(request.gateway, FORM)
    organisation_id, home_id = await organisation_of(registry, organisation), None
    if request.home and (home_id := await registry.home(organisation_id, request.home)) is None:
        raise NotDone(f"--home: {organisation} has no home {request.home!r}")
    secret = new_secret(secrets.token_bytes)
    try:
        await registry.add(
            uuid4(),
            organisation_id,
            name,
            [] if request.listens else _adapters(request),
            keyed_hash(request.pepper, Purpose.GATEWAY, secret),
            home_id,
            _header(request.key_header),
            request.listens,
        )
    except NameTaken as error:
        raise NotDone(
            f"{request.gateway} is there already; a name is never used again."
            " `gateway secret` gives it a new secret, `gateway enable` lets it in again."
        ) from error
    return (
        f"user     {request.gateway}",
        f"secret   {secret}",
        *_where(request, organisation),
        "The secret is shown this once.",
    )


def _where(request: Request, organisation: str) -> Sequence[str]:
    if request.listens:
        return (f"listens  out/{organisation}/#",)
    return (
        f"topics   in/{request.gateway}/ADAPTER/...",
        f"post to  /in/{request.gateway}/ADAPTER/...",
    )


async def _secret(registry: GatewayRegistry, request: Request) -> Sequence[str]:
    gateway = await _one(registry, request.gateway)
    sort = SIGNING if request.signing else KEY
    if request.end_old:
        if request.signing:
            raise NotDone("--end-old is for keys; end signing secrets with --signing --at-once")
        return (f"{await registry.end_others(gateway, sort)} older keys ended.",)
    if request.given and not request.signing:
        raise NotDone("--given is for --signing: a key is always made by the hub")
    shown = await (_sign if request.signing else _key)(registry, gateway, request)
    kept = "All others are ended." if request.at_once else "Those before go on; see --at-once."
    return (f"secret   {shown}", kept, "The secret is shown this once.")


async def _key(registry: GatewayRegistry, gateway: Registered, request: Request) -> str:
    secret = new_secret(secrets.token_bytes)
    if request.at_once:
        await registry.end_others(gateway, KEY)
    else:
        await registry.keep_key(gateway, uuid4(), request.now)
    await registry.set_key(gateway, keyed_hash(request.pepper, Purpose.GATEWAY, secret))
    return secret


async def _sign(registry: GatewayRegistry, gateway: Registered, request: Request) -> str:
    try:
        given = sys.stdin.readline().strip() if request.given else ""
        raw = secret_bytes(given) if request.given else secrets.token_bytes(SIGNING_BYTES)
    except SecretUnusable as error:
        raise NotDone(str(error)) from error
    secret_id, kept = uuid4(), sealed(request.pepper, gateway.id, raw)
    await registry.add_signing(gateway, secret_id, kept, request.now)
    if request.at_once:
        await registry.end_others(gateway, SIGNING, secret_id)
    return "as given" if request.given else written(raw)


async def _disable(registry: GatewayRegistry, request: Request) -> Sequence[str]:
    await registry.disable(await _one(registry, request.gateway), request.now)
    return (f"{request.gateway} is let in no longer, and shown out within about a second.",)


async def _enable(registry: GatewayRegistry, request: Request) -> Sequence[str]:
    await registry.disable(await _one(registry, request.gateway), None)
    return (f"{request.gateway} is let in.",)


async def _list(registry: GatewayRegistry, _: Request) -> Sequence[str]:
    return [_line(one) for one in await registry.all()] or ["There are no gateways."]


def _line(one: Registered) -> str:
    seen = f"heard {one.last_seen_at:%Y-%m-%d %H:%M} UTC" if one.last_seen_at else "never heard"
    notes = [",".join(one.adapters) or "listens", seen]
    notes += [f"home {one.home}"] if one.home else []
    notes += [f"{one.older} older keys"] if one.older else []
    notes += [f"{one.signing} signing secrets"] if one.signing else []
    notes += ["DISABLED"] if one.disabled_at else []
    return f"{one.user:40} {'  '.join(notes)}"


async def _one(registry: GatewayRegistry, user: str) -> Registered:
    names(user, FORM)
    found = [one for one in await registry.all() if one.user == user]
    if not found:
        raise NotDone(f"there is no gateway {user!r}; `nachtwacht gateway list` names them")
    return found[0]


def _adapters(request: Request) -> Sequence[str]:
    named = [one.strip() for one in request.adapters.split(",") if one.strip()]
    off = sorted(set(named) - set(request.on))
    if off or not named:
        there = ", ".join(sorted(request.on))
        raise NotDone(f"--adapters: {', '.join(off) or 'none'}; on in NACHTWACHT_ADAPTERS: {there}")
    return named


def _header(name: str) -> str:
    if name and not HEADER.fullmatch(name.lower()):
        raise NotDone("--key-header: give the name of an HTTP header, such as X-Message-Id")
    return name.lower()
