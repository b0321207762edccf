"""`nachtwacht token`: how an integrator's program comes in, without anybody writing SQL."""

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from hub.access.passwords import Passwords
from hub.cli import main
from hub.clock import system_clock
from hub.feed import Feed
from hub.routes.dependencies import Web
from hub.serving.web import create_app
from hub.store import tables as t
from hub.upkeep.health import Pulse
from tests.hub.commands.command import SECRET, Command
from tests.hub.house import House, known

EVENTS = "/api/v1/out/events"


@pytest.fixture
def command(house: House, nachtwacht: Command) -> Command:
    return nachtwacht.of("token")


@pytest.fixture
async def asking(house: House, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    house.now = system_clock()
    passwords = Passwords()
    web = Web(
        store=house.store,
        clock=lambda: house.now,
        feed=Feed(database_url),
        passwords=passwords,
        random=secrets.token_bytes,
        pepper=SECRET.encode(),
        pulse=Pulse(),
    )
    transport = httpx.ASGITransport(app=create_app(web))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        yield client
    passwords.close()


def shown(said: str) -> str:
    return next(line.split()[1] for line in said.splitlines() if line.startswith("token"))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_program_comes_in_with_the_token_that_was_shown_until_it_is_disabled(
    house: House, command: Command, asking: httpx.AsyncClient
) -> None:
    token = shown(await command("add", "zorg/dossier"))
    assert (await asking.get(EVENTS, headers=bearer(token))).status_code == 200
    listed = await command("list")
    assert "zorg/dossier" in listed
    assert token not in listed
    await command("disable", "zorg/dossier")
    await command("disable", "zorg/dossier")
    house.now = system_clock()
    assert (await asking.get(EVENTS, headers=bearer(token))).status_code == 401
    assert "DISABLED" in await command("list")


async def test_a_token_sees_its_own_organisation_only_and_is_kept_as_a_hash(
    house: House, command: Command, asking: httpx.AsyncClient
) -> None:
    token = shown(await command("add", "nacht/rooster"))
    (kept,) = await house.rows(
        sa.select(t.api_tokens.c.token_hash, t.users.c.organisation_id, t.users.c.role).join(
            t.users, t.users.c.id == t.api_tokens.c.user_id
        )
    )
    assert token.encode() not in kept.token_hash
    assert (kept.organisation_id, kept.role) == (known("nacht"), "integrator")
    await house.receives("in/zorg/gw1/native/pendant-1", b"{not json")
    answer = await asking.get("/api/v1/messages", headers=bearer(token))
    assert answer.json()["items"] == []


async def test_a_token_ends_by_itself(
    house: House, command: Command, asking: httpx.AsyncClient
) -> None:
    token = shown(await command("add", "zorg/proef", "--days", "30"))
    assert (await asking.get(EVENTS, headers=bearer(token))).status_code == 200
    house.now += timedelta(days=31)
    assert (await asking.get(EVENTS, headers=bearer(token))).status_code == 401


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("add", "nowhere/x"), "there are: centre, nacht, zorg"),
        (("add", "zorg"), "ORGANISATION/NAME"),
        (("add", "zorg/Dossier 2"), "small letters"),
        (("disable", "zorg/dossier"), "token list"),
    ],
)
async def test_what_cannot_be_done_is_told_with_its_remedy(
    command: Command, words: tuple[str, ...], remedy: str
) -> None:
    assert remedy in await command(*words, status=1)


async def test_a_name_is_never_used_again(command: Command) -> None:
    assert "There are no tokens" in await command("list")
    await command("add", "zorg/dossier")
    await command("disable", "zorg/dossier")
    assert "another name" in await command("add", "zorg/dossier", status=1)


async def test_days_must_be_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["token", "add", "zorg/x", "--days", "ever"])
    assert "give a number of days from 1 to 3650" in capsys.readouterr().err
