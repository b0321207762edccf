"""The demo: a rehearsal hub, an invented region, and pretenders who play an accelerated night.

Everything is real but the people and devices: they publish over MQTT, answer a webhook and use
the REST API, as those of somebody else would. It runs until Ctrl-C and goes on with its data
the next time.
"""

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import uvloop
from sqlalchemy.ext.asyncio import create_async_engine

from hub.access.passwords import Passwords
from hub.clock import ScaledClock, steady_clock, system_clock
from hub.demo import example, moments, seeding
from hub.demo.files import Files, logins
from hub.demo.ports import DemoFailed, free_port, listening_at
from hub.demo.seeding import Keys
from hub.main import Listening, run
from hub.settings import Settings, pepper, read_settings
from hub.store.embedded import EmbeddedFailed, InUse, forget, running
from hub.store.migrating import DatabaseIsBusy, DatabaseIsNewer, migrate
from simulators import stage as stages
from simulators import veenland
from simulators.desk import Desk, work
from simulators.live import LiveStage
from simulators.people import Person
from simulators.routine import LOCAL
from simulators.telephones import Telephones

SPEED = 6.0  # a minute on the board takes ten seconds: quick, and a person can still keep up
PEOPLE_PORT = 8390
SEED = 20260114
PRETENDER = "robin"  # the operator's desk that pretenders man
LOOK_EVERY = 0.1  # seconds
HALF_A_DAY = timedelta(hours=12)


PROBLEMS = (DemoFailed, EmbeddedFailed, InUse, DatabaseIsNewer, DatabaseIsBusy, OSError)


def play() -> int:
    """Run the demo until Ctrl-C; its exit status, 0 also then."""
    given = {} if "NACHTWACHT_TIME_SCALE" in os.environ else {"time_scale": SPEED}
    settings = read_settings(rehearsal=True, **given)
    logging.getLogger().setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _alone(settings.data):
            _run(settings)
    except KeyboardInterrupt:
        _say("Stopped before it began.")
    except PROBLEMS as error:
        return _failed(error)
    return 0


def reset() -> int:
    """Forget everything the demo kept; the exit status."""
    data = read_settings(rehearsal=True).data
    try:
        with _alone(data):
            forget(_database(data))
            Files(data).forget()
    except PROBLEMS as error:
        return _failed(error)
    _say(f"Forgotten: the demo in {data} starts afresh.")
    return 0


def _failed(error: Exception) -> int:
    print(f"nachtwacht: {error}", file=sys.stderr)
    return 1


def _say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold off a second demo on the same data folder."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoFailed(
                f"A demo already runs on {data}; stop that one first, or set NACHTWACHT_DATA to "
                "another folder."
            ) from error
        yield


def _database(data: Path) -> Path:
    """Where the demo keeps its server: apart, as a hub may have one of its own in the folder."""
    return data / "demo"


def _run(settings: Settings) -> None:
    files = Files(settings.data)
    files.set_aside()
    with running(_database(settings.data), say=_say) as server:
        migrate(server.url, say=_say)
        with listening_at(
            "127.0.0.1", PEOPLE_PORT, "telephones of the pretenders", _say
        ) as telephones:
            uvloop.run(_Demo(settings, server.url, files, telephones).play())
    _say("Stopped. Everything is kept; `nachtwacht demo --reset` forgets it.")


class _Demo:
    """One run of the demo on a migrated database."""

    def __init__(self, settings: Settings, url: str, files: Files, people: socket.socket) -> None:
        self.settings, self.url, self.files, self.people = settings, url, files, people
        self.people_url = f"http://127.0.0.1:{people.getsockname()[1]}/people"

    async def play(self) -> None:
        """Play until Ctrl-C; whatever was begun is finished first."""
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        keys, clock = await self._prepared()
        async with httpx.AsyncClient(timeout=10) as http:
            stage = LiveStage(clock, self.settings.time_scale, http)
            telephones = Telephones(stage, _everybody(), veenland.PRIVATE, SEED)
            async with self._ringing(telephones), self._hub(clock, http) as hub:
                nights = _nights(stage, since=clock.start)
                await self._perform(stage, nights, telephones, keys, hub, ended)

    async def _prepared(self) -> tuple[Keys, ScaledClock]:
        """Seed the region once, lock its doors, and say where the clock goes on."""
        engine = create_async_engine(self.url)
        passwords = Passwords()
        try:
            async with engine.connect() as db:
                latest = await moments.latest_moment(db)
                seeded = await seeding.is_seeded(db)
            scale = self.settings.time_scale
            start = moments.start_of(self.files.clock, scale, latest, system_clock())
            known = self.files.keys() if seeded else None
            keys = known or seeding.new_keys(os.urandom)
            hashed = {} if known else await seeding.hashed_logins(keys, passwords)
            async with engine.begin() as db:
                if not seeded:
                    _say("Inventing a region with its people and devices.")
                    await seeding.seed(db, self.people_url, start)
                await seeding.redirect(db, self.people_url)
                await seeding.lock(db, keys, hashed, pepper(self.settings))
                await seeding.let_speak(db, self.settings.adapters)
        finally:
            passwords.close()
            await engine.dispose()
        return keys, ScaledClock(start, scale, steady_clock())

    @asynccontextmanager
    async def _ringing(self, telephones: Telephones) -> AsyncIterator[None]:
        """Let the pretenders' telephones be reachable."""
        server = _Server(uvicorn.Config(telephones.app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[self.people]))
        try:
            yield
        finally:
            await telephones.close()
            server.should_exit = True
            await serving

    @asynccontextmanager
    async def _hub(
        self, clock: ScaledClock, http: httpx.AsyncClient
    ) -> AsyncIterator[asyncio.Task[None]]:
        """Run the hub; on entering, everything of it answers."""
        self._choose_ports()
        stop = asyncio.Event()
        listening: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
        hub = asyncio.create_task(run(self.settings, self.url, clock, stop, listening.set_result))
        try:
            first: set[asyncio.Future[Any]] = {hub, listening}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if hub.done():
                await hub
            ready = f"{self.settings.url}/health/ready"
            while not hub.done() and not await _answers(http, ready):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(LOOK_EVERY)
            yield hub
        finally:
            stop.set()
            await hub

    def _choose_ports(self) -> None:
        wanted = self.settings
        ports = {
            "http_port": free_port(wanted.http_host, wanted.http_port, "pages", _say),
            "mqtt_port": free_port(wanted.mqtt_host, wanted.mqtt_port, "gateways", _say),
        }
        self.settings = wanted.model_copy(update=ports)

    async def _perform(
        self,
        stage: LiveStage,
        nights: Coroutine[None, None, None],
        telephones: Telephones,
        keys: Keys,
        hub: "asyncio.Task[None]",
        ended: asyncio.Event,
    ) -> None:
        """Let devices and people do as they do until the end is asked for."""
        stage.connect((self.settings.mqtt_host, self.settings.mqtt_port), keys.gateways)
        desk = Desk(PRETENDER, telephones.people, SEED)
        api, token = f"{self.settings.url}/api/v1", keys.tokens["pretender"]
        parts = [
            asyncio.create_task(nights),
            asyncio.create_task(work(desk, stage, api, token)),
            asyncio.create_task(moments.written_down(stage.now, self.files.clock)),
        ]
        asked = asyncio.create_task(ended.wait())
        try:
            self._welcome(keys)
            first: set[asyncio.Future[Any]] = {asked, hub, *parts}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.files.set_aside()
            await _cancelled([asked, *parts])
            await stage.close()
            moments.write_down(stage.now, self.files.clock)
            _report(stage, telephones)

    def _welcome(self, keys: Keys) -> None:
        mqtt = (self.settings.mqtt_host, self.settings.mqtt_port)
        demo = self.files.publish(self.settings.url, mqtt, keys)
        _say(f"\nNachtwacht demo: {demo['http']}\n")
        for one in logins(keys):
            _say(f"  {one['login']:<11}{one['password']:<16}{one['name']} ({one['role']})")
        _say(
            f"\nThe clock runs {self.settings.time_scale:g} times as fast. Nobody here is real. "
            f"All of this is in {self.files.demo}.\nPress a pendant yourself:\n\n"
            f"  mosquitto_pub -h {mqtt[0]} -p {mqtt[1]} -q 1 -u {demo['gateway_user']} "
            f"-P {demo['gateway_password']} \\\n    -t {demo['example_topic']} "
            f"-m '{demo['example_payload']}'\n\nCtrl-C stops; everything is kept.\n"
        )


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: Ctrl-C is the demo's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def _nights(stage: LiveStage, since: datetime) -> None:
    """Play night after night; what happened `since` while the hub was starting comes at once."""
    evening = (since.astimezone(LOCAL) - HALF_A_DAY).date()
    present, coming = stages.split(veenland.one_day(evening, SEED), since)
    await stages.play(stage, present)
    while True:
        await stages.play(stage, coming)
        evening += timedelta(days=1)
        coming = veenland.one_day(evening, SEED)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    with suppress(httpx.TransportError):
        return (await http.get(url)).status_code == 200
    return False


async def _cancelled(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    for said in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(said, Exception):
            raise said


def _report(stage: LiveStage, telephones: Telephones) -> None:
    """Say honestly what was played."""
    _say(
        f"\n{stage.sent} messages were published, {stage.confirmed} of them confirmed; the one "
        f"furthest behind its moment was {stage.lag.total_seconds() / stage.scale:.1f} s late. "
        f"{telephones.received} messages reached people."
    )
    for complaint in telephones.complaints:
        _say(f"A pretender complains: {complaint}")


def _everybody() -> tuple[Person, ...]:
    """Whoever can be called: those of the story, and the neighbours' families."""
    others = [one for one in example.INVENTED if one.called]
    return (
        *veenland.PEOPLE,
        *(Person(one.id, answers=0.7, comes=0.8, finishes=False) for one in others),
    )
