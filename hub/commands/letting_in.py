"""What the commands share that let somebody in by name: `gateway`, `token` and `user`."""

import argparse
import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from hub.store.for_a_command import with_store
from hub.store.gateway_registry import GatewayRegistry
from hub.store.unit_of_work import Store, UnitOfWork

NAME = re.compile(r"[a-z0-9-]{1,63}")
STATEMENT_TIMEOUT = 5.0  # seconds: few rows, beside a hub that works


class NotDone(Exception):
    """The command cannot be carried out; the message says why and what helps."""


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    what: str,
    work: Callable[..., Any],
    *,
    whom: str,
    form: str,
) -> argparse.ArgumentParser:
    """Add an action on one of them, `whom`, given as `form`; `work` is what it does."""
    parser = actions.add_parser(name, help=what)
    parser.add_argument(whom, metavar=form)
    parser.set_defaults(work=work)
    return parser


def carry_out(url: str, work: Callable[[UnitOfWork], Awaitable[Sequence[str]]]) -> int:
    """Do `work` in one transaction and print the lines it gives; the command's exit status."""
    try:
        done = with_store(
            url, lambda store: _in_one(store, work), statement_timeout=STATEMENT_TIMEOUT
        )
        lines = asyncio.run(done)
    except NotDone as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


async def _in_one(
    store: Store, work: Callable[[UnitOfWork], Awaitable[Sequence[str]]]
) -> Sequence[str]:
    async with store.transaction() as uow:
        return await work(uow)


def names(said: str, form: str) -> tuple[str, str]:
    """Take ORGANISATION/NAME apart. Raises NotDone where it is no such thing as `form` says."""
    organisation, _, name = said.partition("/")
    if not (NAME.fullmatch(organisation) and NAME.fullmatch(name)):
        raise NotDone(f"{said!r}: give {form}, each of small letters, digits and -, at most 63")
    return organisation, name


async def organisation_of(registry: GatewayRegistry, name: str) -> UUID:
    """Find an organisation by its name. Raises NotDone, which says who there are."""
    known = await registry.organisations()
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise NotDone(f"there is no organisation {name!r}; there are: {there}")
    return known[name]
