"""The example region in docs: what the demo brings, whole, and closed by the proof."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from hub.cli import main
from hub.demo import example, region, seeding
from hub.demo.rows import known
from hub.store import tables as t
from tests.hub.house import EVENING

SHIPPED = Path(__file__).parents[2] / "docs" / "example-region"
PEOPLE = "http://127.0.0.1:8390/people"


def test_what_ships_is_what_the_demo_brings() -> None:
    shipped = {one.name: one.read_bytes().decode() for one in SHIPPED.glob("*.csv")}
    assert shipped == example.files(PEOPLE), "python -m hub.demo.example docs/example-region"


def test_it_has_two_hundred_clients_of_three_providers_in_two_regions() -> None:
    assert len({one.id for one in example.RESIDENTS}) == 200
    assert {one.owner for one in example.HOUSES} == set(example.PROVIDERS)
    assert (len(example.PROVIDERS), len(example.REGIONS)) == (3, 2)
    homes = [one.home for one in example.RESIDENTS]
    assert sum(homes.count(home) == 2 for home in set(homes)) > 10
    ids = [one.id for one in example.PEOPLE]
    assert len(set(ids)) == len(ids)


async def test_it_comes_in_whole_and_everybody_is_reached(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    assert await asyncio.to_thread(main, ["import", str(SHIPPED)]) == 0
    assert await asyncio.to_thread(main, ["plan", "check", "--days", "8"]) == 0
    assert "200 clients: 0 errors" in capsys.readouterr().out


async def test_the_demo_brings_the_same_under_its_own_ids(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    engine = create_async_engine(database_url)
    async with engine.begin() as db:
        await seeding.seed(db, PEOPLE, EVENING)
        found = await db.execute(sa.select(t.clients.c.id, t.clients.c.external_id))
        ids = {row.external_id: row.id for row in found}
    await engine.dispose()
    assert {one.id: known("client", one.id) for one in region.RESIDENTS}.items() <= ids.items()
    assert await asyncio.to_thread(main, ["import", str(SHIPPED)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("Written.")
    assert all(" 0 new      0 changed" in line for line in said[:-1])
