"""The outside broker of a live night: a real Mosquitto on this machine, to be killed for real."""

import asyncio
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
import sqlalchemy as sa

from hub.demo.ports import lasting_port
from hub.rehearsal.live_hub import HOST, HubFailed
from hub.rehearsal.stage import Heard
from hub.store import tables as t
from hub.store.unit_of_work import Store
from simulators.night import Night

NAME = "rehearsal"
MISSED = "broker's connection failed"  # what a hub logs of a broker that is away
STARTS_WITHIN = 30.0  # real seconds, on a machine that is busy
LOOK_EVERY = 0.03
LOST_AFTER = 4.0  # real seconds in which a broker that works gives nothing more
CONFIGURATION = """\
listener {port} {host}
allow_anonymous true
user root
max_queued_messages 0
max_inflight_messages 1000
persistence {keeps}
persistence_location {folder}/
autosave_interval 1
"""


def mosquitto() -> str | None:
    """Where Mosquitto is on this machine."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class OutsideBroker:
    """A broker between the gateways and the hub, on the same port at every start.

    `keeps` is whether it writes down, each second, what it has not passed on: what a killed one
    forgets otherwise, its gateways were told "yes" about.
    """

    def __init__(self, night: Night, folder: Path) -> None:
        self.address = (HOST, lasting_port())
        self.folder = folder / "broker"
        self.folder.mkdir()
        down = [one for one in night.faults if one.what == "broker_down"]
        self.keeps = all(one.said.get("keeps", True) for one in down)
        self._configuration().write_text(
            CONFIGURATION.format(
                host=HOST,
                port=self.address[1],
                folder=self.folder,
                keeps=str(self.keeps).lower(),
            )
        )
        owner = night.gateways[0].partition("/")[0]
        self.file = self.folder / "brokers.toml"  # how the hub is told of it
        self.file.write_text(
            f'[[broker]]\nname = "{NAME}"\nurl = "mqtt://{HOST}:{self.address[1]}"\n'
            f'organisation = "{owner}"\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def _configuration(self) -> Path:
        return self.folder / "mosquitto.conf"

    @property
    def runs(self) -> bool:
        """Whether it was started, and not killed since."""
        return self.process is not None

    async def start(self) -> None:
        """Start it, and wait until it answers. Raises HubFailed."""
        program = mosquitto()
        assert program is not None
        log = self.folder / "log"
        with log.open("ab") as said:
            self.process = await asyncio.to_thread(
                subprocess.Popen,
                [program, "-c", str(self._configuration())],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        for _ in range(round(STARTS_WITHIN / LOOK_EVERY)):
            if self.process.poll() is not None:
                break
            if await self._answers():
                return
            await asyncio.sleep(LOOK_EVERY)
        raise HubFailed(f"the outside broker did not start: {log.read_text()[-2000:]}")

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(*self.address)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    def kill(self) -> None:
        """End it as a power cut does (SIGKILL); one that does not run is left at that."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def has_written_down(self) -> None:
        """Wait until what it knows now is on its disk, so that a kill forgets no session."""
        if not self.keeps:
            return
        now, kept = self.folder / "now", self.folder / "mosquitto.db"
        now.touch()
        for _ in range(round(STARTS_WITHIN / LOOK_EVERY)):
            if kept.exists() and kept.stat().st_mtime_ns > now.stat().st_mtime_ns:
                return
            await asyncio.sleep(LOOK_EVERY)
        raise HubFailed("the outside broker writes nothing down")


async def is_listened_to(http: httpx.AsyncClient, url: str) -> bool:
    """Whether the hub with these pages is connected to the broker, and subscribed."""
    try:
        figures = (await http.get(f"{url}/health/figures")).json()
    except (httpx.TransportError, ValueError):
        return False
    return bool(figures["brokers"][NAME]["connected"])


async def is_known(store: Store, *, runs: bool) -> bool:
    """Whether the hub, and people, know what there is to know: that it is away, or back."""
    asked = sa.select(t.broker_sessions.c.troubled_at, t.broker_sessions.c.told_at)
    async with store.transaction() as uow:
        row = (await uow.db.execute(asked)).first()
    if runs:
        return row is None or (row.troubled_at is None and row.told_at is None)
    return row is not None and row.told_at is not None


class Passage:
    """Watches what goes through the broker, whose "yes" says nothing of the hub.

    `lost` counts what gateways handed to the broker and the hub never got, as far as is known.
    """

    def __init__(self, store: Store) -> None:
        self.store, self.lost = store, 0
        self._looks = 0

    async def is_through(self, heard: Sequence[Heard]) -> bool:
        """Whether the hub has everything but what is lost; asked every LOOK_EVERY seconds."""
        missing = await self._missing(heard)
        self._looks = self._looks + 1 if missing > self.lost else 0
        if missing <= self.lost or self._looks * LOOK_EVERY >= LOST_AFTER:
            self.lost, self._looks = missing, 0
        return self._looks == 0

    async def _missing(self, heard: Sequence[Heard]) -> int:
        """A broker may give a message twice; a copy makes up for no other that is lost."""
        asked = sa.select(t.messages.c.topic, t.messages.c.payload)
        async with self.store.transaction() as uow:
            kept = Counter((row.topic, bytes(row.payload)) for row in await uow.db.execute(asked))
        return (Counter((one.topic, one.payload) for one in heard) - kept).total()
