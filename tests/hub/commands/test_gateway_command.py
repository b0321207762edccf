"""`nachtwacht gateway`: how somebody who is not the demo plugs a gateway in."""

import io

import pytest
import sqlalchemy as sa

from hub.access.callers import Callers
from hub.access.gateways import Entrance
from hub.access.signing import written
from hub.feed import CHANNEL
from hub.store import tables as t
from tests.conftest import connected
from tests.hub.commands.command import SECRET, Command
from tests.hub.house import House
from tests.hub.posting import posting_at

PEPPER = SECRET.encode()


@pytest.fixture
def command(house: House, nachtwacht: Command) -> Command:
    return nachtwacht.of("gateway")


def shown(said: str) -> str:
    """The secret in what a command said."""
    return next(line.split()[1] for line in said.splitlines() if line.startswith("secret"))


async def opens(house: House, secret: str, user: str = "zorg/nieuw") -> bool:
    return await Entrance(house.store, PEPPER).authenticate(user, secret.encode()) is not None


async def test_a_new_gateway_comes_in_with_the_secret_that_was_shown(
    house: House, command: Command
) -> None:
    said = await command("add", "zorg/nieuw", "--adapters", "native", "--home", "home-1")
    assert await opens(house, shown(said))
    assert not await opens(house, "another")
    listed = await command("list")
    assert "zorg/nieuw" in listed
    assert "home home-1" in listed
    assert shown(said) not in listed
    (row,) = await house.rows(sa.select(t.gateways).where(t.gateways.c.external_id == "nieuw"))
    assert shown(said).encode() not in row.secret_hash


async def test_a_new_secret_stands_beside_the_one_before_until_that_is_ended(
    house: House, command: Command
) -> None:
    first = shown(await command("add", "zorg/nieuw", "--adapters", "native"))
    second = shown(await command("secret", "zorg/nieuw"))
    assert [await opens(house, one) for one in (first, second)] == [True, True]
    assert "1 older keys" in await command("list")
    await command("secret", "zorg/nieuw", "--end-old")
    assert [await opens(house, one) for one in (first, second)] == [False, True]
    third = shown(await command("secret", "zorg/nieuw", "--at-once"))
    assert [await opens(house, one) for one in (second, third)] == [False, True]


async def test_a_gateway_is_disabled_and_let_in_again(house: House, command: Command) -> None:
    secret = shown(await command("add", "zorg/nieuw", "--adapters", "native"))
    await command("disable", "zorg/nieuw")
    assert not await opens(house, secret)
    assert "DISABLED" in await command("list")
    await command("enable", "zorg/nieuw")
    assert await opens(house, secret)


async def test_a_vendors_own_secret_or_a_new_one_signs(
    house: House, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = b"the vendor's own secret, 32 bytes"
    monkeypatch.setattr("sys.stdin", io.StringIO(written(given) + "\n"))
    assert written(given) not in await command("secret", "zorg/gw1", "--signing", "--given")
    made = shown(await command("secret", "zorg/gw1", "--signing"))
    assert made.startswith("whsec_")
    async with posting_at(house) as posting:
        posting.webhook._callers = Callers(house.store, PEPPER)
        assert (await posting.signed(secret=given)).status_code == 202
        await command("secret", "zorg/gw1", "--signing", "--at-once")
        posting.webhook._callers.forget()
        assert (await posting.signed(secret=given)).status_code == 401


async def test_hubs_hear_of_a_change_when_it_is_made(
    house: House, command: Command, database_url: str
) -> None:
    with connected(database_url) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        await command("disable", "zorg/gw1")
        notices = listener.notifies(timeout=10, stop_after=1)
        assert [one.payload for one in notices] == ["registry"]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("add", "nowhere/x", "--adapters", "native"), "there are: centre, nacht, zorg"),
        (("add", "zorg/gw1", "--adapters", "native"), "is there already"),
        (("add", "zorg/Gw 2", "--adapters", "native"), "small letters"),
        (("add", "zorg/gw2", "--adapters", "natvie"), "on in NACHTWACHT_ADAPTERS: native"),
        (("add", "zorg/gw2", "--adapters", ""), "--adapters: none"),
        (("add", "zorg/gw2", "--adapters", "native", "--home", "x"), "has no home 'x'"),
        (("add", "zorg/gw2", "--adapters", "native", "--key-header", "a b"), "--key-header"),
        (("secret", "zorg/gw9"), "gateway list"),
        (("secret", "zorg/gw1", "--given"), "--given is for --signing"),
        (("disable", "gw1"), "ORGANISATION/GATEWAY"),
    ],
)
async def test_what_cannot_be_done_is_told_with_its_remedy(
    house: House, command: Command, words: tuple[str, ...], remedy: str
) -> None:
    before = await house.rows(sa.select(t.gateways))
    assert remedy in await command(*words, status=1)
    assert await house.rows(sa.select(t.gateways)) == before


async def test_an_integrator_that_listens_speaks_nothing(house: House, command: Command) -> None:
    said = await command("add", "zorg/record", "--listens")
    who = await Entrance(house.store, PEPPER).authenticate("zorg/record", shown(said).encode())
    assert who is not None
    assert (who.listens, who.adapters) == (True, frozenset())
    assert "out/zorg/#" in said
