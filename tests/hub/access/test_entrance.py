"""Thousands of gateways come back at once: their secrets are checked together."""

import asyncio
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from hub.access.gateways import Entrance
from hub.access.secrets import Purpose, keyed_hash
from hub.store import tables as t
from hub.store.together import AT_ONCE
from hub.store.unit_of_work import open_store
from tests.hub.house import House, known

PEPPER = b"p" * 32
MANY = AT_ONCE + 50


async def install(house: House, count: int) -> None:
    async with house.store.transaction() as uow:
        await uow.db.execute(
            sa.insert(t.gateways),
            [
                {
                    "id": uuid4(),
                    "organisation_id": known("zorg"),
                    "external_id": f"many-{number}",
                    "secret_hash": keyed_hash(PEPPER, Purpose.GATEWAY, f"secret-{number}"),
                    "adapters": ["native"],
                }
                for number in range(count)
            ],
        )


async def test_those_who_ask_at_once_are_answered_together_and_each_for_itself(
    house: House,
) -> None:
    await install(house, MANY)
    asked: list[str] = []
    event.listen(
        house.store.engine.sync_engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: asked.append(statement),
    )
    entrance = Entrance(house.store, PEPPER)
    coming = [entrance.authenticate(f"zorg/many-{n}", b"secret-%d" % n) for n in range(MANY)]
    guessing = [entrance.authenticate(f"zorg/many-{n}", b"secret-0") for n in range(1, 20)]
    principals = await asyncio.gather(*coming, *guessing)
    assert [one.gateway for one in principals[:MANY] if one] == [f"many-{n}" for n in range(MANY)]
    assert principals[MANY:] == [None] * 19
    assert len(asked) <= 3


async def test_who_hung_up_meanwhile_holds_up_nobody(house: House) -> None:
    await install(house, 2)
    entrance = Entrance(house.store, PEPPER)
    impatient = asyncio.create_task(entrance.authenticate("zorg/many-0", b"secret-0"))
    await asyncio.sleep(0)
    impatient.cancel()
    principal = await entrance.authenticate("zorg/many-1", b"secret-1")
    assert principal is not None


async def test_without_a_database_everybody_hears_not_now_and_may_ask_again() -> None:
    away = open_store("postgresql+psycopg://u@127.0.0.1:1/none", size=1, statement_timeout=1)
    entrance = Entrance(away, PEPPER)
    for _ in range(2):
        asked = (entrance.authenticate("zorg/gw1", b"x") for _ in range(3))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in answers] == [ConnectionError] * 3
    with pytest.raises(ConnectionError):
        await entrance.authenticate("zorg/gw1", b"x")
    await away.close()
