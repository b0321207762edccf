"""`nachtwacht import` and `export`: a registry comes in as files, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.cli import main
from hub.store import tables as t
from hub.store.unit_of_work import Store, open_store
from tests.hub.registry.region import FILES


class Desk:
    """Somebody with files and the command line."""

    def __init__(self, folder: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.store, self.capsys = folder, store, capsys
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str | bytes) -> None:
        raw = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(raw)

    def add(self, name: str, line: str) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(f"{line}\n".encode())

    async def __call__(self, *words: str, status: int = 0) -> str:
        """Run a command; what it said."""
        assert await asyncio.to_thread(main, list(words)) == status, self.capsys.readouterr()
        said = self.capsys.readouterr()
        return said.err if status else said.out

    async def imports(self, *words: str, status: int = 0) -> str:
        return await self("import", str(self.folder), *words, status=status)

    async def count(self, table: sa.Table) -> int:
        async with self.store.transaction() as uow:
            asked = sa.select(sa.func.count()).select_from(table)
            return int((await uow.db.execute(asked)).scalar_one())


@pytest.fixture
async def desk(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> AsyncIterator[Desk]:
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    folder = tmp_path / "files"
    folder.mkdir()
    store = open_store(database_url, size=2, statement_timeout=5)
    yield Desk(folder, store, capsys)
    await store.close()


async def test_a_region_comes_in_and_a_second_time_changes_nothing(desk: Desk) -> None:
    first = await desk.imports()
    assert "clients            2 new      0 changed      0 unchanged" in first
    changes = await desk.count(t.registry_changes)
    second = await desk.imports()
    assert "clients            0 new      0 changed      2 unchanged" in second
    assert " 0 new" in second
    assert await desk.count(t.registry_changes) == changes


async def test_a_dry_run_says_the_same_and_writes_nothing(desk: Desk) -> None:
    said = await desk.imports("--dry-run")
    assert "clients            2 new" in said
    assert said.endswith("Dry run: nothing was written.\n")
    assert await desk.count(t.organisations) == 0


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_what_is_exported_is_what_is_there(desk: Desk, form: str) -> None:
    await desk.imports()
    out = desk.folder.parent / "out"
    await desk("export", str(out), "--format", form)
    said = await desk("import", str(out))
    assert "devices            0 new      0 changed      2 unchanged" in said
    for line in said.splitlines()[:-1]:
        assert " 0 new      0 changed" in line
    await desk("export", str(desk.folder.parent / "again"), "--format", form)
    for path in out.iterdir():
        assert path.read_bytes() == (desk.folder.parent / "again" / path.name).read_bytes()


async def test_an_export_comes_in_at_another_hub_as_it_was(desk: Desk) -> None:
    await desk.imports()
    out = desk.folder.parent / "out"
    await desk("export", str(out))
    async with desk.store.transaction() as uow:
        for table in reversed(t.metadata.sorted_tables):
            if not table.name.startswith("messages"):
                await uow.db.execute(sa.delete(table))
    assert "agreements         2 new" in await desk("import", str(out))


async def test_every_mistake_is_told_with_file_line_column_and_remedy(desk: Desk) -> None:
    desk.add("clients.csv", "els;bep;Bep;31-02-1940;huis;team;")
    desk.add("clients.csv", "els;ger;Ger;1940-01-01;huisje;team;")
    desk.add("contacts.csv", "els;x;persoon;X;own_team;;;")
    desk.add("turns.csv", "dubbel;plas;uil;2026-03-29 02:30;")
    said = await desk.imports(status=1)
    assert "clients.csv:5:birth_date: '31-02-1940' is no date. Write 2026-12-24" in said
    assert "contacts.csv:8:sort: 'persoon' is not known here. Use one of: person, team" in said
    assert "turns.csv:4:begins: 2026-03-29 02:30 does not exist: the clock changes" in said
    assert "3 problems: nothing was imported." in said
    assert await desk.count(t.organisations) == 0


async def test_what_is_referred_to_must_exist_here_or_in_the_files(desk: Desk) -> None:
    desk.add("clients.csv", "els;ger;Ger;1940-01-01;huisje;team;")
    desk.add(
        "agreements.csv", 'els;a;ger;A;alarm.*;;own_team 5;"{""inform"": [{""who"": ""nobody""}]}";'
    )
    said = await desk.imports(status=1)
    assert "clients.csv:5:home: there is no 'huisje' among the homes" in said
    assert "agreements.csv:4:rest: there is no 'nobody' among the contacts" in said
    assert await desk.count(t.organisations) == 0


async def test_a_dose_that_nobody_would_wait_for_is_a_mistake(desk: Desk) -> None:
    desk.write(
        "devices.csv",
        "organisation;external_id;gateway;adapter;key;client;options\n"
        """els;pillen;kastje;dispenser;d-1;cor;"{""doses"": ""8.00 21:30"", """
        """""missed_after_minutes"": ""lang""}"\n""",
    )
    said = await desk.imports(status=1)
    assert "devices.csv:2:options: '8.00' in doses is no time of day. Write \"08:00 21:30\"" in said
    assert "devices.csv:2:options: missed_after_minutes cannot be used. Write 75" in said
    assert "21:30' in doses" not in said


async def test_a_large_import_may_think_for_longer_and_nobody_else(desk: Desk) -> None:
    asked = sa.text("SHOW idle_in_transaction_session_timeout")
    async with desk.store.transaction() as uow:
        await uow.registered.take_time()
        assert (await uow.db.execute(asked)).scalar_one() == "30s"
    async with desk.store.transaction() as uow:
        assert (await uow.db.execute(asked)).scalar_one() == "2s"
