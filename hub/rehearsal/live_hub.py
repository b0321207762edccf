"""The hub of a live night: a process of its own on a database of its own, to be killed for real."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import sqlalchemy as sa

from hub.access.secrets import Purpose, keyed_hash
from hub.clock import LedClock
from hub.demo.ports import lasting_port
from hub.rehearsal.record.registry import furnishing
from hub.rehearsal.region import ADAPTERS, PEPPER, Row, token
from hub.rehearsal.served import FAILED, WAITED
from hub.store import tables
from simulators.night import Night

HOST = "127.0.0.1"
STARTS_WITHIN = 60.0  # real seconds, on a machine that is busy
LOOK_EVERY = 0.02


class HubFailed(Exception):
    """The hub of a rehearsal did not start; the message ends with what it said."""


def live_rows(
    night: Night, outside: str, pepper: bytes = PEPPER
) -> Iterator[tuple[sa.Table, list[Row]]]:
    """The night's region, telephones and receivers at this address, secrets for such a hub."""
    for table, listed in furnishing(night):
        if table is tables.contacts:
            yield table, [one | {"ways": _ways(one, outside)} for one in listed]
        elif table is tables.out_webhooks:
            yield (
                table,
                [one | {"url": f"{outside}/receivers/{one['external_id']}"} for one in listed],
            )
        elif table is tables.gateways:
            yield table, [one | {"secret_hash": _hash(one, pepper)} for one in listed]
        elif table is tables.api_tokens:
            yield table, list(_tokens(night, listed, pepper))
        else:
            yield table, listed


def gateways(night: Night) -> dict[str, str]:
    """Every gateway's MQTT user with its secret, which is none."""
    return {one: f"secret-of-{one.partition('/')[2]}" for one in night.gateways}


def _ways(contact: Row, outside: str) -> list[Mapping[str, str]]:
    name = contact["external_id"]
    return [one | {"address": f"{outside}/people/{name}"} for one in contact["ways"]]


def _hash(gateway: Row, pepper: bytes) -> bytes:
    return keyed_hash(pepper, Purpose.GATEWAY, f"secret-of-{gateway['external_id']}")


def _tokens(night: Night, listed: list[Row], pepper: bytes) -> Iterator[Row]:
    named = {
        keyed_hash(PEPPER, Purpose.API_TOKEN, secret): secret
        for secret in (token(one.name) for one in night.people)
    }
    for one in listed:
        secret = named[one["token_hash"]]
        yield one | {"token_hash": keyed_hash(pepper, Purpose.API_TOKEN, secret)}


class HubProcess:
    """A hub that is started, killed and started again, at the same ports each time.

    It listens at the outside brokers in that file, if any.
    """

    def __init__(
        self, url: str, clock: LedClock, speed: float, folder: Path, brokers: Path | None = None
    ) -> None:
        self.mqtt = (HOST, lasting_port())
        self.url = f"http://{HOST}:{lasting_port()}"
        self.clock, self.speed, self.log = clock, speed, folder / "hub.log"
        kept = {key: said for key, said in os.environ.items() if not key.startswith("NACHTWACHT_")}
        self.environment = kept | {
            "NACHTWACHT_DATABASE_URL": url,
            "NACHTWACHT_SECRET": PEPPER.decode(),
            "NACHTWACHT_DATA": str(folder),
            "NACHTWACHT_HTTP_PORT": self.url.rpartition(":")[2],
            "NACHTWACHT_MQTT_PORT": str(self.mqtt[1]),
            "NACHTWACHT_ADAPTERS": ",".join(ADAPTERS),
            "NACHTWACHT_REHEARSAL": "true",
            "NACHTWACHT_TIME_SCALE": str(speed),
        }
        if brokers is not None:
            self.environment["NACHTWACHT_BROKERS"] = str(brokers)
        self.process: subprocess.Popen[bytes] | None = None
        self._read = 0

    @property
    def runs(self) -> bool:
        """Whether it was started, and not killed since."""
        return self.process is not None

    async def start(self, http: httpx.AsyncClient) -> None:
        """Start it, and wait until all of it answers. Raises HubFailed."""
        command = [sys.executable, "-m", "hub.rehearsal.served", str(self.clock.path)]
        with self.log.open("ab") as log:
            self.process = await asyncio.to_thread(
                subprocess.Popen,
                command,
                env=self.environment,
                stdin=subprocess.PIPE,  # its end tells the hub that nobody is there any more
                stdout=log,
                stderr=log,
            )
        for _ in range(round(STARTS_WITHIN / LOOK_EVERY)):
            if self.process.poll() is not None:
                break
            if await self._is_ready(http):
                return
            await asyncio.sleep(LOOK_EVERY)
        raise HubFailed(f"the hub did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it as a power cut does (SIGKILL); one that does not run is left at that."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdin is not None:
                self.process.stdin.close()
            self.process = None

    def died(self) -> str:
        """What it said last, when it ended by itself."""
        ended = self.process is not None and self.process.poll() is not None
        return (self.log.read_text()[-2000:] or "nothing") if ended else ""

    def errors(self) -> list[str]:
        """What it logged as an error since the last time."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        fresh, self._read = text[self._read :], len(text)
        return [line[len(FAILED) :] for line in fresh.splitlines() if line.startswith(FAILED)]

    def waited(self) -> int:
        """How often the database had no time for it, and it tried again."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return sum(line.startswith(WAITED) for line in text.splitlines())

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"{self.url}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False
