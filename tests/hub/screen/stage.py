"""A stage for the screens: the house with named people, the real pages, and browsers."""

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import uvicorn
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page, expect

from hub.access.passwords import Passwords
from hub.decoders.decoding import Limits
from hub.decoders.redecoding import Redecoder
from hub.decoders.switched import switched
from hub.feed import Feed
from hub.routes.dependencies import Web
from hub.routes.screen_parts import boards_of
from hub.routes.screens import ROUTERS
from hub.screen.live import Boards
from hub.serving import web
from hub.store import tables as t
from hub.upkeep.health import Pulse
from tests.hub.house import House, known

PASSWORD = "lange nacht"
PEOPLE = {
    "anne": ("mw. G. Scholten", date(1938, 3, 2), "Bel eerst via de halszender.\nPraat luid."),
    "bert": ("dhr. J. Mulder", date(1947, 6, 9), "Bel dhr. Mulder zelf en praat rustig."),
    "carla": ("mw. T. Mulder-Vos", date(1949, 1, 30), ""),
}
HOMES = {"home-1": ("Assendorperstraat 12", "Zwolle"), "home-2": ("Ridderstraat 10", "Hattem")}
CONTACTS = {
    "daughter": ("Marieke Scholten", "06 12 34 56 78"),
    "team": ("Team Assendorp", "038 555 01 01"),
    "night": ("Nachtzorg Zwolle", "038 555 02 02"),
    "nurse": ("Saida El Idrissi", "06 98 76 54 32"),
    "desk": ("Zorgcentrale Hanzeland", "038 555 03 03"),
    "anna": ("Anna de Wit", ""),
    "bas": ("Bas Kroes", ""),
    "backup": ("Achterwacht Zorg", "06 11 22 33 44"),
}


@dataclass
class Stage:
    """A served hub. `boards` can be made to fall silent; `complaints` are what browsers said."""

    house: House
    boards: Boards
    feed: Feed
    url: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def opens(self, login: str | None = "anna", path: str = "/", **options: Any) -> Page:
        """A new browser, signed in as somebody, on a page."""
        context = await self.browser.new_context(
            **{"viewport": {"width": 1366, "height": 768}, "base_url": self.url, **options}
        )
        self.contexts.append(context)
        page = await context.new_page()
        page.on("console", lambda one: self._heard(one.type, f"{one.text} {one.location}"))
        page.on("pageerror", lambda one: self._heard("error", str(one)))
        await page.goto(path if login is None else f"/sign-in?next={path}")
        if login is not None:
            await page.get_by_label("Gebruikersnaam").fill(login)
            await page.get_by_label("Wachtwoord").fill(PASSWORD)
            await page.get_by_role("button", name="Aanmelden").click()
        if login is not None and options.get("java_script_enabled", True):
            await expect(page.locator("#state")).to_contain_text("Verbonden")
        return page

    async def wears(self, page: Page, theme: str) -> None:
        """Let a browser show what it opens next in the dark or the light, as chosen once."""
        chosen: Any = {"name": "theme", "value": theme, "url": self.url}
        await page.context.add_cookies([chosen])

    def _heard(self, sort: str, text: str) -> None:
        if sort in ("error", "warning"):
            self.complaints.append(text)

    async def presses(self, pendant: str = "pendant-1", **more: Any) -> UUID:
        """Somebody presses a button, and the hub tells its screens."""
        before = {one.id for one in await self.house.alerts()}
        await self.house.press(pendant, **more)
        self.feed.changed("board")
        (fresh,) = {one.id for one in await self.house.alerts()} - before
        found: UUID = fresh
        return found


class _Overheard(logging.Handler):
    """Adds why the database did not answer to what browsers complain of."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__()
        self.complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        if why := getattr(record, "caught", ""):
            self.complaints.append(f"{why} at {getattr(record, 'where', '')}")


@asynccontextmanager
async def served(house: House, database_url: str, browser: Browser) -> AsyncIterator[Stage]:
    """Serve the screens of a house on a free port."""
    await _name_everybody(house)
    feed = Feed(database_url)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await _give_logins(house, await passwords.hashed(PASSWORD))
    redecoder = Redecoder(house.store, ("native", "zigbee2mqtt"), Limits(timedelta(seconds=10)))
    app = web.create_app(
        Web(
            store=house.store,
            clock=lambda: house.now,
            feed=feed,
            passwords=passwords,
            random=secrets.token_bytes,
            pepper=b"a pepper for tests, 32 bytes long",
            pulse=Pulse(),
            compare_clocks=False,
            emergency_phone="038 000 01 42",
            decode_again=redecoder.decode,
            adapters=partial(switched, house.reader),
        ),
        ROUTERS,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    boards = boards_of(app)
    stage = Stage(house, boards, feed, f"http://127.0.0.1:{listener.getsockname()[1]}", browser)
    overheard, log = _Overheard(stage.complaints), logging.getLogger(web.__name__)
    log.addHandler(overheard)
    try:
        yield stage
    finally:
        log.removeHandler(overheard)
        for context in stage.contexts:
            await context.close()
        boards.close()
        server.should_exit = True
        await task
        passwords.close()


async def _name_everybody(house: House) -> None:
    async with house.store.transaction() as uow:
        for who, (name, born, instructions) in PEOPLE.items():
            told = {"name": name, "birth_date": born, "instructions": instructions}
            await uow.db.execute(
                sa.update(t.clients).where(t.clients.c.id == known(who)).values(**told)
            )
        for who, (street, place) in HOMES.items():
            where = {"street": street, "place": place}
            await uow.db.execute(
                sa.update(t.homes).where(t.homes.c.id == known(who)).values(**where)
            )
        for who, (name, phone) in CONTACTS.items():
            called = {"name": name, "phone": phone}
            await uow.db.execute(
                sa.update(t.contacts).where(t.contacts.c.id == known(who)).values(**called)
            )
        names = {"zorg": "Zorggroep Hanze", "centre": "Zorgcentrale Hanzeland"}
        for who, name in names.items():
            chosen = sa.update(t.organisations).where(t.organisations.c.id == known(who))
            await uow.db.execute(chosen.values(name=name))
        await uow.db.execute(
            sa.update(t.devices)
            .where(t.devices.c.role == "pendant")
            .values(name="Halszender", room="badkamer")
        )


async def _give_logins(house: House, password_hash: str) -> None:
    rows = [
        {
            "id": known(f"user-{who}"),
            "organisation_id": known(owner),
            "external_id": f"user-{who}",
            "login": who,
            "password_hash": password_hash,
            "role": role,
            "contact_id": known("team" if who == "koppeling" else who),
        }
        for who, owner, role in (
            ("anna", "centre", "operator"),
            ("bas", "centre", "operator"),
            ("nurse", "nacht", "night"),
            ("koppeling", "zorg", "integrator"),
        )
    ]
    groups = (("centre", "desk", "anna"), ("centre", "desk", "bas"), ("nacht", "night", "nurse"))
    members = [
        {
            "organisation_id": known(owner),
            "group_id": known(group),
            "person_id": known(who),
        }
        for owner, group, who in groups
    ]
    async with house.store.transaction() as uow:
        await uow.db.execute(sa.insert(t.users), rows)
        await uow.db.execute(sa.insert(t.memberships), members)


async def more_clients(house: House, count: int) -> list[str]:
    """Let more people with a pendant live in a street of their own; the pendants' names."""
    names = [f"extra-{number}" for number in range(count)]
    homes = [
        {"id": known(f"home-{name}"), "organisation_id": known("zorg"), "external_id": name,
         "region_id": known("region"), "street": f"Molenweg {number}", "place": "Wezep"}
        for number, name in enumerate(names)
    ]  # fmt: skip
    clients = [
        {"id": known(name), "organisation_id": known("zorg"), "external_id": name,
         "home_id": known(f"home-{name}"), "team_id": known("team"), "name": f"mw. {name.title()}"}
        for name in names
    ]  # fmt: skip
    devices = [
        {"id": known(f"pendant-{name}"), "organisation_id": known("zorg"), "adapter": "native",
         "external_id": f"pendant-{name}", "gateway_id": known("gateway"), "role": "pendant",
         "key": f"pendant-{name}", "client_id": known(name), "name": "Halszender"}
        for name in names
    ]  # fmt: skip
    async with house.store.transaction() as uow:
        for table, rows in ((t.homes, homes), (t.clients, clients), (t.devices, devices)):
            await uow.db.execute(sa.insert(table), rows)
    return [f"pendant-{name}" for name in names]
