"""Every night that comes with Nachtwacht goes as it says, and the same way each time."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.rehearsal import report
from hub.rehearsal.account import Account
from hub.rehearsal.building import open_pools
from hub.rehearsal.database import empty
from hub.rehearsal.play import NotEmpty, rehearse
from hub.serving.stores import Stores
from simulators.night import Night
from simulators.night_file import NIGHTS, find, shipped
from simulators.night_reading import load

PATTERN = NIGHTS / "patterns" / "new_night.yaml"


def named(path: Path) -> str:
    return path.stem


async def played(night: Night, url: str, seed: int | None = None) -> Account:
    empty(url)
    return await rehearse(night, url, seed)


def account_of(account: Account, client: str) -> list[tuple[object, ...]]:
    """What happened about one client."""
    return [(one.at, one.what, one.who) for one in account.happened if client in one.clients]


@pytest.mark.parametrize("path", [*shipped(), PATTERN], ids=named)
async def test_a_shipped_night_goes_as_it_says(path: Path, database_url: str) -> None:
    account = await rehearse(load(path), database_url)
    assert not account.broken, "\n".join(report.lines(account))


@pytest.mark.parametrize("name", ["busy", "hub_killed", "dispenser_round", "wander_and_return"])
async def test_the_same_seed_gives_the_same_journal_byte_for_byte(
    name: str, database_url: str
) -> None:
    """A few of them; `python -m tests.nights.twice` does it with all, and with two seeds."""
    night = load(find(name))
    first = await played(night, database_url, seed=7)
    second = await played(night, database_url, seed=7)
    assert first.journal.encode() == second.journal.encode()
    assert first.journal


async def test_a_busy_machine_changes_nothing(database_url: str) -> None:
    """No limit in real time may end what the hub does at a moment that stands still."""
    async with open_pools(database_url) as pools:
        for name in Stores.__slots__:
            async with getattr(pools, name).transaction() as uow:
                for limit in ("idle_in_transaction_session_timeout", "lock_timeout"):
                    said = await uow.db.execute(sa.text(f"SHOW {limit}"))
                    assert said.scalar_one() == "0"


async def test_another_seed_gives_another_night(database_url: str) -> None:
    night = load(find("model_night"))
    first = await played(night, database_url, seed=7)
    second = await played(night, database_url, seed=8)
    assert first.journal != second.journal


async def test_somebody_more_in_the_night_changes_nobody_elses_luck(database_url: str) -> None:
    night = load(find("model_night"))
    toos = replace(night.client("toos"), devices=frozenset({"sensors"}), routine="ordinary")
    others = tuple(one for one in night.clients if one.name != "toos")
    without = replace(night, clients=others)
    alone = await played(without, database_url)
    together = await played(replace(night, clients=(*others, toos)), database_url)
    assert together.messages > alone.messages
    assert account_of(alone, "anna") == account_of(together, "anna")


async def test_a_database_that_holds_something_is_left_alone(database_url: str) -> None:
    night = load(find("quiet"))
    await rehearse(night, database_url)
    with pytest.raises(NotEmpty):
        await rehearse(night, database_url)
