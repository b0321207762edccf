"""A small town for the web: two providers, one care centre, one client with a daughter."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from fastapi import FastAPI
from psycopg.types.range import Range

from hub.access.links import link_token, token_hash
from hub.access.passwords import Passwords
from hub.access.secrets import Purpose, keyed_hash
from hub.feed import Feed
from hub.routes import screens
from hub.routes.dependencies import Web
from hub.serving.web import create_app
from hub.store import tables
from hub.store.unit_of_work import Store, open_store
from hub.upkeep.health import Pulse

EVENING = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)  # 21:00 in Amsterdam
PEPPER = b"a pepper for tests, 32 bytes long"
PASSWORD = "lange nacht"
JSON = {"accept": "application/json"}


@dataclass
class Town:
    """The application, its database, the clock in the hand, and who lives here."""

    app: FastAPI
    store: Store
    now: datetime = EVENING
    ids: dict[str, UUID] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def client(self, token: str = "", **headers: str) -> httpx.AsyncClient:
        """A browser, or with a token a machine."""
        if token:
            headers["authorization"] = f"Bearer {token}"
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://hub", headers=headers
        )

    def passes(self, **length: float) -> None:
        """Move the clock."""
        self.now += timedelta(**length)

    async def rows(self, asked: Any) -> list[Any]:
        async with self.store.transaction() as uow:
            return list((await uow.db.execute(asked)).all())

    async def write(self, change: Any) -> None:
        async with self.store.transaction() as uow:
            await uow.db.execute(change)

    async def alarm(self) -> UUID:
        """An operator raises an alert by hand for Gerda."""
        async with self.client("operator") as operator:
            said = {"client": "gerda", "once": str(uuid4())}
            answer = await operator.post("/api/v1/alerts", json=said)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["alert_id"])

    async def link(self, alert_id: UUID, contact: str) -> str:
        """The path of the link a contact was sent about an alert."""
        token = link_token(PEPPER, alert_id, self.ids[contact])
        await self.write(
            sa.insert(tables.links).values(
                token_hash=token_hash(token),
                organisation_id=self.ids["brug"],
                alert_id=alert_id,
                contact_id=self.ids[contact],
                expires_at=self.now + timedelta(hours=12),
            )
        )
        return f"/l/{token}"

    async def sign_in(self, browser: httpx.AsyncClient, login: str, password: str) -> Any:
        """Fill in the form as a browser does."""
        shown = await browser.get("/sign-in")
        sent = {"login": login, "password": password, "form_token": form_token(shown.text)}
        return await browser.post("/sign-in", data=sent)


def form_token(page: str) -> str:
    _, _, rest = page.partition('name="form_token" value="')
    return rest.partition('"')[0]


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    store = open_store(database_url, size=4, statement_timeout=5)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = Town(app=FastAPI(), store=store)
    store.told = lambda *topics: made.told.extend(topics)
    parts = Web(
        store=store,
        clock=lambda: made.now,
        feed=Feed(database_url),
        passwords=passwords,
        random=secrets.token_bytes,
        pepper=PEPPER,
        pulse=Pulse(),
        door=lambda: {"connections": 3},
        compare_clocks=False,
    )
    made.app = create_app(parts, screens.ROUTERS)
    await _settle(made, await passwords.hashed(PASSWORD))
    yield made
    passwords.close()
    await store.close()


async def _settle(town: Town, password_hash: str) -> None:
    town.ids = {
        name: uuid4()
        for name in (
            *("brug", "vliet", "lantaarn", "home", "gerda", "elsewhere", "piet"),
            *("daughter", "team", "desk", "anna", "bram", "nurse", "stranger", "machine"),
        )
    }
    async with town.store.transaction() as uow:
        for table, rows in _rows(town.ids, password_hash):
            await uow.db.execute(sa.insert(table), rows)


def _rows(ids: dict[str, UUID], password_hash: str) -> list[tuple[sa.Table, list[dict[str, Any]]]]:
    always = Range(EVENING - timedelta(days=30), EVENING + timedelta(days=30))
    return [
        (
            tables.organisations,
            [
                _organisation(ids, "brug", "provider"),
                _organisation(ids, "vliet", "provider"),
                _organisation(ids, "lantaarn", "centre"),
            ],
        ),
        (
            tables.service_contracts,
            [
                {
                    "id": uuid4(),
                    "organisation_id": ids["brug"],
                    "served_by_id": ids["lantaarn"],
                    "role": "centre",
                    "valid": always,
                }
            ],
        ),
        (
            tables.contacts,
            [
                _contact(ids, "brug", "daughter", "informal_caregiver", name="Marieke de Wit"),
                _contact(ids, "brug", "team", "own_team", "team"),
                _contact(ids, "brug", "nurse", "own_team"),
                _contact(ids, "brug", "machine", "technical_desk"),
                _contact(ids, "lantaarn", "desk", "care_centre", "desk"),
                _contact(ids, "lantaarn", "anna", "care_centre"),
                _contact(ids, "lantaarn", "bram", "care_centre"),
                _contact(ids, "vliet", "stranger", "own_team"),
            ],
        ),
        (
            tables.memberships,
            [
                _member(ids, "lantaarn", "desk", "anna"),
                _member(ids, "lantaarn", "desk", "bram"),
                _member(ids, "brug", "team", "nurse"),
            ],
        ),
        (tables.homes, [_home(ids, "brug", "home"), _home(ids, "vliet", "elsewhere")]),
        (
            tables.clients,
            [
                _client(ids, "brug", "gerda", "home", "Gerda Jansen", ids["team"]),
                _client(ids, "vliet", "piet", "elsewhere", "Piet Vos", None),
            ],
        ),
        (
            tables.client_contacts,
            [
                {
                    "organisation_id": ids["brug"],
                    "client_id": ids["gerda"],
                    "contact_id": ids["daughter"],
                    "relation": "dochter",
                }
            ],
        ),
        *_users(ids, password_hash),
    ]


def _organisation(ids: dict[str, UUID], name: str, sort: str) -> dict[str, Any]:
    return {"id": ids[name], "external_id": name, "name": f"Zorg {name}", "sort": sort}


def _contact(
    ids: dict[str, UUID], owner: str, who: str, level: str, sort: str = "person", name: str = ""
) -> dict[str, Any]:
    return {
        "id": ids[who],
        "organisation_id": ids[owner],
        "external_id": who,
        "sort": sort,
        "name": name or who.title(),
        "level": level,
        "ways": [{"way": "webhook", "address": "http://127.0.0.1:9/"}],
    }


def _member(ids: dict[str, UUID], owner: str, group: str, who: str) -> dict[str, Any]:
    return {"organisation_id": ids[owner], "group_id": ids[group], "person_id": ids[who]}


def _home(ids: dict[str, UUID], owner: str, home: str) -> dict[str, Any]:
    return {
        "id": ids[home],
        "organisation_id": ids[owner],
        "external_id": home,
        "street": "Geheimstraat 7",
        "place": "Veendam",
    }


def _client(
    ids: dict[str, UUID], owner: str, who: str, home: str, name: str, team: UUID | None
) -> dict[str, Any]:
    return {
        "id": ids[who],
        "organisation_id": ids[owner],
        "external_id": who,
        "home_id": ids[home],
        "name": name,
        "team_id": team,
    }


def _users(ids: dict[str, UUID], password_hash: str) -> list[tuple[sa.Table, list[dict[str, Any]]]]:
    users, tokens = [], []
    for owner, who, role in (
        ("lantaarn", "anna", "operator"),
        ("lantaarn", "bram", "operator"),
        ("brug", "nurse", "team"),
        ("brug", "machine", "integrator"),
        ("vliet", "stranger", "team"),
    ):
        user_id, secret = uuid4(), {"anna": "operator", "bram": "other"}.get(who, who)
        own = {"organisation_id": ids[owner], "external_id": who}
        users.append(
            {
                **own,
                "id": user_id,
                "login": who,
                "password_hash": password_hash,
                "role": role,
                "contact_id": ids[who],
            }
        )
        kept = keyed_hash(PEPPER, Purpose.API_TOKEN, secret)
        tokens.append({**own, "id": uuid4(), "token_hash": kept, "user_id": user_id})
    return [(tables.users, users), (tables.api_tokens, tokens)]
