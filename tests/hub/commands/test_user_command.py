"""`nachtwacht user`: how people come in, without anybody writing SQL."""

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.access.passwords import Passwords
from hub.access.secrets import Purpose, keyed_hash
from hub.access.sign_in import Attempt, WrongPassword, sign_in
from hub.access.viewer import Viewer
from hub.cli import main
from hub.clock import system_clock
from hub.store import tables as t
from tests.hub.commands.command import Command
from tests.hub.house import House, known

PEPPER = b"a pepper for tests, 32 bytes long"


class Screens:
    """Where people sign in."""

    def __init__(self, house: House, passwords: Passwords) -> None:
        self.house, self.passwords = house, passwords

    async def let_in(self, login: str, password: str) -> Viewer | None:
        """Sign in, and say who that is; None: not let in."""
        now, attempt = system_clock(), Attempt(login, password, "127.0.0.1")
        asked = (self.house.store, self.passwords, secrets.token_bytes, PEPPER, attempt, now)
        try:
            secret = await sign_in(*asked, timedelta(hours=12))
        except WrongPassword:
            return None
        return await self.knows(secret)

    async def knows(self, secret: str) -> Viewer | None:
        """Say who has the session with this secret."""
        kept, now = keyed_hash(PEPPER, Purpose.SESSION, secret), system_clock()
        async with self.house.store.transaction() as uow:
            found = await uow.people.session(kept, now, timedelta(hours=1), "127.0.0.1")
        return None if found is None else found.viewer


@pytest.fixture
def command(house: House, nachtwacht: Command) -> Command:
    return nachtwacht.of("user")


@pytest.fixture
async def screens(house: House) -> AsyncIterator[Screens]:
    passwords = Passwords()
    yield Screens(house, passwords)
    passwords.close()


def shown(said: str) -> str:
    return next(line.split()[1] for line in said.splitlines() if line.startswith("password"))


async def test_somebody_comes_in_with_the_password_that_was_shown(
    house: House, command: Command, screens: Screens
) -> None:
    said = await command("add", "centre/anna", "--role", "operator")
    viewer = await screens.let_in("anna@centre", shown(said))
    assert viewer is not None
    assert (viewer.contact_id, viewer.organisation_id) == (known("anna"), known("centre"))
    assert viewer.role == "operator"
    listed = await command("list")
    assert "anna@centre" in listed
    assert shown(said) not in listed
    [(kept,)] = await house.rows(sa.select(t.users.c.password_hash))
    assert shown(said) not in kept


async def test_a_relative_is_given_no_account(house: House, command: Command) -> None:
    for role in ("team", "operator", "night"):
        said = await command("add", "zorg/daughter", "--role", role, status=1)
        assert "zorg/daughter is a caregiver" in said
        assert "behind the link in each call" in said
    assert await house.rows(sa.select(t.users.c.id)) == []


async def test_a_disabled_account_lets_nobody_in_until_it_is_enabled(
    house: House, command: Command, screens: Screens
) -> None:
    password = shown(await command("add", "centre/anna", "--role", "operator", "--login", "anna"))
    assert await screens.let_in("anna", password) is not None
    await command("disable", "anna")
    assert "DISABLED" in await command("list")
    assert await house.rows(sa.select(t.sessions.c.token_hash)) == []
    assert await screens.let_in("anna", password) is None
    await command("enable", "anna")
    assert await screens.let_in("anna", password) is not None


async def test_a_new_password_takes_the_place_of_the_old_one(
    house: House, command: Command, screens: Screens
) -> None:
    first = shown(await command("add", "centre/anna", "--role", "operator"))
    assert await screens.let_in("anna@centre", first) is not None
    second = shown(await command("password", "anna@centre"))
    assert await house.rows(sa.select(t.sessions.c.token_hash)) == []
    assert await screens.let_in("anna@centre", first) is None
    assert await screens.let_in("anna@centre", second) is not None


async def test_whoever_has_left_is_listed_as_ended(house: House, command: Command) -> None:
    await command("add", "centre/anna", "--role", "operator")
    ended = sa.update(t.contacts).where(t.contacts.c.id == known("anna"))
    async with house.store.transaction() as uow:
        await uow.db.execute(ended.values(ended_at=system_clock() - timedelta(days=1)))
    assert "ENDED" in await command("list")
    assert "no person 'anna'" in await command(
        "add", "centre/anna", "--role", "operator", "--login", "other", status=1
    )


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("add", "nowhere/x", "--role", "night"), "there are: centre, nacht, zorg"),
        (("add", "centre", "--role", "night"), "ORGANISATION/CONTACT"),
        (("add", "centre/desk", "--role", "operator"), "nachtwacht import"),
        (("add", "centre/bas", "--role", "operator", "--login", "b b"), "no space"),
        (("password", "nobody"), "user list"),
        (("disable", "nobody"), "user list"),
    ],
)
async def test_what_cannot_be_done_is_told_with_its_remedy(
    command: Command, words: tuple[str, ...], remedy: str
) -> None:
    assert remedy in await command(*words, status=1)


async def test_a_contact_has_one_account_and_a_login_one_contact(command: Command) -> None:
    assert "Nobody can sign in" in await command("list")
    await command("add", "centre/anna", "--role", "operator", "--login", "desk")
    assert "already" in await command("add", "centre/anna", "--role", "tester", status=1)
    again = ("add", "centre/bas", "--role", "operator", "--login", "desk")
    assert "already" in await command(*again, status=1)


async def test_a_role_is_one_of_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["user", "add", "centre/anna", "--role", "boss"])
    assert "operator" in capsys.readouterr().err
