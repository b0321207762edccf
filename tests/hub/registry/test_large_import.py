"""Large imports: judged at one moment, written at another, and nobody waits for them meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from hub.plans.room import Apart
from hub.registry.activating import Unsettled
from hub.registry.files import LARGEST
from hub.registry.importing import import_records
from hub.registry.nouns import AGREEMENTS, CLIENTS, HOMES
from hub.registry.outcome import Refused, Who
from hub.registry.records import Record
from hub.store import tables as t
from hub.store.unit_of_work import UnitOfWork
from tests.hub.web.conftest import Town, town

__all__ = ["town"]
BY = Who("test")


def many() -> dict[str, Any]:
    return {"homes": [{"external_id": f"huis-{n}", "street": "Laan " * 40} for n in range(1500)]}


@pytest.fixture
async def machine(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with town.client("machine") as client:
        yield client


@pytest.fixture
def apart(town: Town) -> Apart:
    """A hub does large imports in a process of their own."""
    made = Apart(town.store.engine.url.render_as_string(hide_password=False))
    town.app.state.web = replace(town.app.state.web, apart=made)
    return made


def a_home(name: str, **values: Any) -> Record:
    return Record(HOMES, "brug", {"external_id": name, **values})


async def homes_there(town: Town) -> set[str]:
    return {one.external_id for one in await town.rows(sa.select(t.homes.c.external_id))}


async def test_what_is_too_large_for_any_other_request_comes_in(
    town: Town, machine: httpx.AsyncClient, apart: Apart
) -> None:
    sent = many()
    body = json.dumps(sent)
    assert len(body) > town.app.state.web.largest_body
    answer = await machine.post("/api/v1/registry/import", content=body)
    assert answer.json()["counts"] == {"homes": {"new": 1500, "changed": 0, "unchanged": 0}}
    sent["homes"][7] = {"external_id": "huis-7", "living_form": "boot"}
    wrong = await machine.post("/api/v1/registry/import", content=json.dumps(sent))
    assert wrong.status_code == 422
    assert "'boot' is not known here" in wrong.json()["errors"][0]["problem"]


async def test_larger_than_the_limit_is_refused_with_the_limit(machine: httpx.AsyncClient) -> None:
    headers = {"content-length": str(LARGEST + 1)}
    answer = await machine.post("/api/v1/registry/import", content=b"{}", headers=headers)
    assert answer.status_code == 413
    assert f"Send at most {LARGEST} bytes" in answer.json()["detail"]


@pytest.mark.parametrize("said", ["veel", "-1", "1.5", "\u0663", "9" * 5000, ""])
async def test_a_length_that_is_no_number_is_told(machine: httpx.AsyncClient, said: str) -> None:
    headers = [(b"content-length", said.encode())]
    answer = await machine.post("/api/v1/registry/import", content=b"{}", headers=headers)
    assert answer.status_code == 400
    assert "content-length is no number" in answer.json()["detail"]


async def test_who_does_not_say_how_much_it_is_may_send_it(
    machine: httpx.AsyncClient, apart: Apart
) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        yield b'{"homes": '
        yield b"[]}"

    answer = await machine.post("/api/v1/registry/import", content=in_parts())
    assert answer.status_code == 200, answer.text


async def test_a_second_large_one_is_told_to_wait(machine: httpx.AsyncClient, apart: Apart) -> None:
    body = json.dumps(many())
    first = asyncio.create_task(machine.post("/api/v1/registry/import", content=body))
    while not apart.is_busy:  # noqa: ASYNC110 - only this test waits for it
        await asyncio.sleep(0)
    second = await machine.post("/api/v1/registry/import", content=body)
    assert second.status_code == 503
    assert "A large import is going on" in second.json()["detail"]
    assert int(second.headers["retry-after"]) > 0
    small = await machine.post("/api/v1/registry/import", content=b'{"homes": []}')
    assert small.status_code == 200
    assert (await first).status_code == 200


def meanwhile(town: Town, change: sa.Executable, times: int) -> Callable[..., Awaitable[None]]:
    """Change something after an import has looked, so many times; it asks whether it may first."""
    asked = 0

    async def may(uow: UnitOfWork, _records: Sequence[Record]) -> None:
        nonlocal asked
        asked += 1
        if asked <= times:
            await uow.registered.called(town.ids["brug"])  # what is seen is settled from here on
            await town.write(change)

    return may


async def test_what_changed_after_it_was_judged_is_judged_again(town: Town) -> None:
    await import_records(town.store, [a_home("huis")], BY, town.now)
    moved = sa.update(t.homes).where(t.homes.c.external_id == "huis").values(place="Elders")
    told = await import_records(
        town.store, [a_home("huis", street="Laan 1")], BY, town.now, may=meanwhile(town, moved, 1)
    )
    assert told.changes[0].before is not None
    assert told.changes[0].before["place"] == "Elders"
    (row,) = await town.rows(sa.select(t.homes).where(t.homes.c.external_id == "huis"))
    assert (row.street, row.place) == ("Laan 1", "Elders")


async def test_whose_home_went_away_meanwhile_does_not_come_in(town: Town) -> None:
    await import_records(town.store, [a_home("huis")], BY, town.now)
    gone = sa.delete(t.homes).where(t.homes.c.external_id == "huis")
    client = Record(CLIENTS, "brug", {"external_id": "cor", "name": "Cor", "home": "huis"})
    with pytest.raises(Refused) as refused:
        await import_records(town.store, [client], BY, town.now, may=meanwhile(town, gone, 1))
    assert refused.value.outcome.troubles[0].problem == "there is no 'huis' among the homes"


async def test_what_changes_all_the_time_is_given_up_with_nothing_written(town: Town) -> None:
    await import_records(town.store, [a_home("huis")], BY, town.now)
    again = sa.update(t.homes).values(place=t.homes.c.place + "!")
    brought = [a_home("huis", street="Laan 2"), a_home("nieuw")]
    with pytest.raises(Unsettled):
        await import_records(town.store, brought, BY, town.now, may=meanwhile(town, again, 99))
    assert "nieuw" not in await homes_there(town)


async def test_a_client_is_free_for_alarms_until_everything_was_thought_about(town: Town) -> None:
    """Nobody holds the client while a change of her name is judged, and proofs are made."""
    held: list[bool] = []

    async def think(prove: Any, *given: Any) -> Any:
        async with town.store.transaction() as uow:
            asked = sa.select(t.clients.c.id).with_for_update(skip_locked=True, key_share=True)
            free = asked.where(t.clients.c.external_id == "gerda")
            held.append((await uow.db.execute(free)).first() is None)
        return prove(*given)

    records = [
        Record(CLIENTS, "brug", {"external_id": "gerda", "name": "Gerda Anders"}),
        an_agreement("gerda", "own_team 2 > care_centre 2"),
    ]
    await import_records(town.store, records, BY, town.now, think)
    assert held == [False]


def an_agreement(client: str, steps: str) -> Record:
    field = AGREEMENTS.field("steps")
    assert field is not None
    agreed: dict[str, Any] = {"external_id": f"{client}/val", "client": client, "name": "Val"}
    agreed |= {"kinds": ["alarm.fall"], "steps": field.sort.read(steps)}
    return Record(AGREEMENTS, "brug", agreed)


BAD: some.SearchStrategy[dict[str, Any]] = some.sampled_from(
    [
        {"living_form": "boot"},
        {"latitude": "noord"},
        {"region": "nergens"},
        {"ended_at": "2099-01-01T00:00Z"},
        {"street": "\x00"},
        {"onzin": 1},
        {"external_id": "huis-0"},
        {"external_id": ""},
    ]
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=some.data())
async def test_nothing_is_half_imported_whatever_is_wrong_in_whichever_row(
    town: Town, machine: httpx.AsyncClient, data: some.DataObject
) -> None:
    rows: list[dict[str, Any]] = [{"external_id": f"huis-{n}"} for n in range(6)]
    for place in data.draw(some.sets(some.integers(1, 5), min_size=1)):
        rows[place] = {**rows[place], **data.draw(BAD)}
    answer = await machine.post("/api/v1/registry/import", content=json.dumps({"homes": rows}))
    assert answer.status_code == 422, answer.text
    assert not {name for name in await homes_there(town) if name.startswith("huis-")}
