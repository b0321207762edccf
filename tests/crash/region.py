"""A region of many clients who each have a pendant, so that every press can be counted."""

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level
from escalation.timing import SHORTEST_WAIT
from hub.access.secrets import Purpose, keyed_hash
from hub.store import tables as t
from hub.store.unit_of_work import UnitOfWork
from tests.crash.hubs import SECRET
from tests.hub.house import EVENING, agreement, furnish, known, open_house

GATEWAYS = 4
PASSWORD = "geheim"


def settle(url: str, people_url: str, clients: int = 1) -> None:
    """Furnish an empty database: gateways `gw-0` to `gw-3`, pendants `p-0` and on, one a client.

    Every pendant hangs on the gateway of its number modulo four, beside a sensor `s-<number>`.
    """
    asyncio.run(_settle(url, people_url, clients))


async def _settle(url: str, people_url: str, clients: int) -> None:
    store = open_house(url)
    try:
        await furnish(store)
        async with store.transaction() as uow:
            await _move_in(uow, people_url, clients)
    finally:
        await store.close()


async def _move_in(uow: UnitOfWork, people_url: str, clients: int) -> None:
    for name in ("daughter", "team", "night", "backup", "desk"):
        ways = [{"way": "webhook", "address": f"{people_url}/{name}"}]
        change = sa.update(t.contacts).where(t.contacts.c.id == known(name))
        await uow.db.execute(change.values(ways=ways))
    for table, rows in _rows(clients).items():
        await uow.db.execute(sa.insert(table), rows)


def hurry(url: str, *levels: Level) -> None:
    """Agree with every client that a press calls these levels, each as shortly as can be."""
    asyncio.run(_hurry(url, levels))


async def _hurry(url: str, levels: tuple[Level, ...]) -> None:
    row = _owned("hurry") | {
        "name": "hurry",
        "body": agreement(("alarm.button",), *levels, wait=SHORTEST_WAIT),
        "valid": Range(EVENING - timedelta(days=365)),
    }
    store = open_house(url)
    async with store.transaction() as uow:
        await uow.db.execute(sa.insert(t.agreements), row)
    await store.close()


def _owned(name: str) -> dict[str, Any]:
    return {"id": known(name), "organisation_id": known("zorg"), "external_id": name}


def _rows(clients: int) -> dict[sa.Table, list[dict[str, Any]]]:
    secret = keyed_hash(SECRET.encode(), Purpose.GATEWAY, PASSWORD)
    numbers = range(clients)
    return {
        t.homes: [_owned(f"h-{one}") | {"region_id": known("region")} for one in numbers],
        t.clients: [
            _owned(f"c-{one}") | {"home_id": known(f"h-{one}"), "team_id": known("team"),
                                  "name": f"Client {one}"}
            for one in numbers
        ],
        t.gateways: [
            _owned(f"gw-{one}") | {"secret_hash": secret, "adapters": ["native"]}
            for one in range(GATEWAYS)
        ],
        t.devices: [
            _owned(f"{sort}-{one}") | {
                "gateway_id": known(f"gw-{one % GATEWAYS}"), "adapter": "native",
                "key": f"{sort}-{one}", "client_id": known(f"c-{one}"), "role": role,
            }
            for one in numbers
            for sort, role in (("p", "pendant"), ("s", "motion"))
        ],
    }  # fmt: skip
