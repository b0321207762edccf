"""Whole random regions: what goes out comes in as it was, and whatever is sent twice is one."""

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from hub.registry.bringing import bring
from hub.registry.fields import Noun
from hub.registry.files import csv_text, json_text, read_file
from hub.registry.nouns import NOUNS
from hub.registry.outcome import Outcome, Who
from hub.registry.records import Place, Record, Sent, name_of, understood
from hub.store import tables as t
from hub.store.registered import Registered
from hub.store.unit_of_work import open_store
from tests.hub.registry.test_round_trip import BEFORE, NOW, STORED, possible, things
from tests.hub.web.conftest import Town, town

__all__ = ["town"]
CHOSEN = {"home": "homes", "client": "clients", "contact": "contacts", "team": "contacts"}
Files = Mapping[str, bytes]


class TakenBack(Exception):
    """Nothing of it is to stay."""


def a_region(data: some.DataObject) -> list[Record]:
    """Some things of some nouns, that refer to each other at random, beside a fixed few."""
    found: list[Record] = []
    names = {noun: [name_of(NOUNS[noun], one) for one in some] for noun, some in BEFORE.items()}
    odd = {"external_id": "'=h", "street": "=1+1", "place": "3,16E+10"}
    found.append(Record(NOUNS["homes"], "zorg", odd, Place()))
    random = data.draw(some.sets(some.sampled_from(sorted(NOUNS)), min_size=2, max_size=4))
    for noun in NOUNS.values():
        drawn = [*BEFORE.get(noun.name, ())]
        if noun.name in random:
            made = possible(noun, data.draw(things(noun)))
            for field, of in CHOSEN.items():
                if made.get(field) is not None and "to" not in made:  # nobody diverts to themselves
                    made[field] = data.draw(some.sampled_from(names[of]))
            drawn.append(made)
            if not any(made.get(one) for one in ("ended_at", "care_ended_at")):
                names.setdefault(noun.name, []).append(name_of(noun, made))
        once = {name_of(noun, one): one for one in drawn}
        owner = "" if noun.shared else "zorg"
        found += [Record(noun, owner, one, Place()) for one in once.values()]
    return found


async def exported(registered: Registered, form: str) -> dict[str, bytes]:
    """Everything there is, as the files of an export."""
    write = json_text if form == "json" else csv_text
    there = {noun: await registered.things(noun, None) for noun in NOUNS.values()}
    return {
        f"{noun.name}.{form}": write(noun, [(key[1], one.values) for key, one in all_.items()])
        .encode()
        for noun, all_ in there.items()
    }  # fmt: skip


def read_back(files: Files) -> list[Record]:
    read = [one for name, content in files.items() for one in read_file(name, content)]
    records, troubles = understood([one for one in read if isinstance(one, Sent)], "")
    assert len(records) == len(read)
    assert not troubles
    return records


@pytest.mark.parametrize("form", ["csv", "json"])
@settings(STORED, derandomize=True)
@given(data=some.data())
async def test_what_a_whole_region_exports_comes_in_elsewhere_as_it_was(
    database_url: str, form: str, data: some.DataObject
) -> None:
    given_to = (Who("test"), NOW, lambda *_: uuid4(), {"gateways": {"secret_hash": b""}})
    store = open_store(database_url, size=1, statement_timeout=5)

    async def brought(records: list[Record]) -> tuple[Outcome, dict[str, bytes]]:
        """Bring these to a hub with nothing; what it exports then. All of it is taken back."""
        there: list[tuple[Outcome, dict[str, bytes]]] = []
        with suppress(TakenBack):
            async with store.transaction() as uow:
                outcome = await bring(uow.registered, records, *given_to)
                there.append((outcome, await exported(uow.registered, form)))
                raise TakenBack
        return there[0]

    try:
        first, out = await brought(a_region(data))
        again, back = await brought(read_back(out))
    finally:
        await store.close()
    assert back == out
    assert again.counts == first.counts


OF_AN_ORGANISATION = [one for one in NOUNS.values() if not one.shared]
OF_THE_TOWN = {"home": "home", "client": "gerda", "contact": "daughter", "team": "team"}
OF_THE_TOWN |= {"to": "team", "served_by": "vliet"}


@pytest.mark.parametrize("noun", OF_AN_ORGANISATION, ids=lambda one: one.name)
@settings(STORED, max_examples=2, derandomize=True)
@given(data=some.data())
async def test_whatever_is_put_twice_is_answered_alike_and_changes_nothing_the_second_time(
    town: Town, noun: Noun, data: some.DataObject
) -> None:
    thing = possible(noun, data.draw(things(noun)))
    thing.pop("provider", None)
    thing |= {name: one for name, one in OF_THE_TOWN.items() if thing.get(name) is not None}
    path = "/".join(quote(one, safe="") for one in name_of(noun, thing).split("/"))
    async with town.client("machine") as machine:
        first = await machine.put(f"/api/v1/registry/{noun.name}/{path}", json=thing)
        changes = await town.rows(sa.select(sa.func.count()).select_from(t.registry_changes))
        second = await machine.put(f"/api/v1/registry/{noun.name}/{path}", json=thing)
    assume(503 not in (first.status_code, second.status_code))  # a machine that is too busy
    if first.is_success:
        assert (second.status_code, second.json()["result"]) == (200, "unchanged")
        assert second.json()["fields"] == first.json()["fields"]
    else:
        assert (second.status_code, second.json()) == (first.status_code, first.json())
        assert first.status_code in (404, 422), first.text
    same = await town.rows(sa.select(sa.func.count()).select_from(t.registry_changes))
    assert same == changes
