"""An import of many clients, by file and over HTTP, while somebody presses.

`python -m benchmarks.imports [clients]`: a real hub on an embedded PostgreSQL that syncs. A
provider of so many clients (a home, a daughter, a base station and a pendant each; every second
with an agreement of their own) comes in by `nachtwacht import`, comes in again with every
client changed, and does both over HTTP in a provider of its own. All the while a client of the
first provider, who is in the import too, presses five times a second; a press counts from before
its PUBLISH until the "yes", and until the call to the desk is in the outbox. Printed are the
seconds of each import, the most memory its process had, the oldest transaction that was seen,
how long a client's row was held, and the worst press.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvloop

from benchmarks.press_to_screen import SECRET, V311, Hub, a_hub, connect, resolve
from benchmarks.region import known, seed_clients, seed_devices, seed_operator
from hub.access.secrets import Purpose, keyed_hash
from hub.registry.files import json_text
from hub.registry.nouns import NOUNS
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Publish
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.url import plain_url

PRESSED = 8  # clients there are already, each with a pendant
BETWEEN_PRESSES = 0.2
GIVEN_UP = 60.0
EYE = 0.02
WATCH = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def things(clients: int, version: int) -> dict[str, list[dict[str, Any]]]:
    """A provider's clients and all that is theirs; another version changes every client."""
    called = [f"client-{number}" for number in range(clients)]
    found: dict[str, list[dict[str, Any]]] = {noun: [] for noun in NOUNS}
    for number, one in enumerate(called):
        home, near, gateway = f"home-{number}", f"dochter-{number}", f"kastje-{number}"
        found["homes"].append({"external_id": home, "street": f"Laan {number}", "place": "Dorp"})
        found["contacts"].append(
            {
                "external_id": near,
                "name": f"Dochter {number}",
                "level": "informal_caregiver",
                "ways": [{"way": "webhook", "address": "https://zorg.test/dochter"}],
            }
        )
        found["clients"].append(
            {"external_id": one, "name": f"Mevrouw {number} ({version})", "home": home}
        )
        found["relations"].append({"client": one, "contact": near, "relation": "dochter"})
        if number % 2:
            found["agreements"].append(_agreed(one))
        found["gateways"].append({"external_id": gateway, "adapters": ["native"], "home": home})
        found["devices"].append(
            {
                "external_id": f"hanger-{number}",
                "gateway": gateway,
                "adapter": "native",
                "key": "hanger",
                "client": one,
            }
        )
    return {noun: some for noun, some in found.items() if some}


def _agreed(client: str) -> dict[str, Any]:
    steps = "care_centre 2 > informal_caregiver 3 > care_centre 2"
    return {
        "external_id": f"{client}/nacht",
        "client": client,
        "name": "Nacht",
        "kinds": "lifestyle.* alarm.left_home",
        "window": "23:00-07:00",
        "steps": steps,
    }


@dataclass
class Seen:
    """What was seen during one import."""

    seconds: float = 0.0
    memory: int = 0
    oldest: float = 0.0
    stored: list[float] = field(default_factory=list)
    called: list[float] = field(default_factory=list)
    answer: str = ""

    def line(self, what: str) -> str:
        """The figures on one line."""
        stored, called = sorted(self.stored), sorted(self.called)
        half, after = stored[len(stored) // 2], called[len(called) // 2]
        return (
            f"{what:34} {self.seconds:6.1f} s {self.memory / 2**20:6.0f} MiB"
            f"  oldest transaction {self.oldest:5.2f} s"
            f"  {len(stored)} presses: stored {half * 1000:.0f}, worst {stored[-1] * 1000:.0f} ms;"
            f" called {after * 1000:.0f}, worst {called[-1] * 1000:.0f} ms  {self.answer}"
        )


class Desk:
    """The desk's telephone: hears each call, and says when."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen; the address to call."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.heard.set()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        except asyncio.IncompleteReadError:
            writer.close()


class Watching:
    """Presses, and looks at the database and at memory, until it is told that it is enough."""

    def __init__(self, url: str, hub: Hub, http: httpx.AsyncClient, desk: Desk) -> None:
        self.url, self.hub, self.http, self.desk = plain_url(url), hub, http, desk
        self.number = 0

    async def during(self, what: str, work: Callable[[Seen], Awaitable[None]]) -> None:
        """Do this work; print what was seen."""
        seen, over = Seen(), asyncio.Event()
        watched = asyncio.gather(self._press(seen, over), self._watch(seen, over))
        await asyncio.sleep(1)
        began = time.perf_counter()
        await work(seen)
        seen.seconds = time.perf_counter() - began
        over.set()
        await watched
        print(seen.line(what), flush=True)

    async def _press(self, seen: Seen, over: asyncio.Event) -> None:
        reader, writer = await connect(self.hub.mqtt_port, 0, "probe")
        while not over.is_set():
            self.number += 1
            self.desk.heard.clear()
            began = time.perf_counter()
            topic = f"in/provider/gw-0/native/pendant-{self.number % PRESSED}"
            press = Publish(topic, b'{"kind":"alarm.button"}', 1, self.number)
            writer.write(encode(press, V311))
            await asyncio.wait_for(reader.readexactly(4), GIVEN_UP)
            seen.stored.append(time.perf_counter() - began)
            await asyncio.wait_for(self.desk.heard.wait(), GIVEN_UP)
            seen.called.append(time.perf_counter() - began)
            await resolve(self.http)
            await asyncio.sleep(BETWEEN_PRESSES)
        writer.close()

    async def _watch(self, seen: Seen, over: asyncio.Event) -> None:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as db:
            while not over.is_set():
                asked = await db.execute(WATCH)
                (oldest,) = await asked.fetchone() or (0.0,)
                seen.oldest = max(seen.oldest, float(oldest))
                await asyncio.sleep(EYE)


def by_file(
    folder: Path, url: str, version: int, clients: int
) -> Callable[[Seen], Awaitable[None]]:
    """Import by the command."""
    place = folder / f"version-{version}"
    place.mkdir(exist_ok=True)
    for noun, some in things(clients, version).items():
        text = json_text(NOUNS[noun], [("provider", one) for one in some])
        (place / f"{noun}.json").write_text(text)

    async def work(seen: Seen) -> None:
        command = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.cli", "import", str(place),
            env={**os.environ, "NACHTWACHT_DATABASE_URL": url},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        watching = asyncio.create_task(_grown(command.pid, seen))
        said, _ = await command.communicate()
        watching.cancel()
        seen.answer = said.decode().splitlines()[-1] + f" ({command.returncode})"

    return work


def by_http(
    http: httpx.AsyncClient, hub: int, version: int, clients: int
) -> Callable[[Seen], Awaitable[None]]:
    """Import over HTTP."""
    body = json.dumps(things(clients, version)).encode()

    async def work(seen: Seen) -> None:
        watching = asyncio.create_task(_grown(hub, seen))
        headers = {"Authorization": "Bearer integrator"}
        answer = await http.post(
            "/api/v1/registry/import", content=body, headers=headers, timeout=600
        )
        watching.cancel()
        seen.answer = f"{answer.status_code} {len(body) / 2**20:.0f} MiB {answer.text[:100]}"

    return work


async def _grown(pid: int, seen: Seen) -> None:
    """Note the most memory a process and its children have."""
    while True:
        seen.memory = max(seen.memory, _size(pid))
        await asyncio.sleep(EYE * 5)


def _size(pid: int) -> int:
    try:
        size = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return size + sum(_size(int(one)) for one in children)


def seed(db: psycopg.Connection, address: str) -> None:
    """Store those who press, a desk with a telephone, an operator and an integrator."""
    pepper = SECRET.encode()
    seed_clients(db, PRESSED)
    seed_devices(db, PRESSED, 1, keyed_hash(pepper, Purpose.GATEWAY, "gateway"))
    seed_operator(db, keyed_hash(pepper, Purpose.API_TOKEN, "token"))
    ways = json.dumps([{"way": "webhook", "address": address}])
    db.execute("UPDATE contacts SET ways = %s WHERE external_id = 'desk'", (ways,))
    db.execute(
        "INSERT INTO contacts (id, organisation_id, external_id, sort, name, level)"
        " VALUES (%s, %s, 'program', 'person', 'Program', 'own_team')",
        (known("somebody"), known("zorg")),
    )
    db.execute(
        "INSERT INTO users (id, organisation_id, external_id, login, password_hash, role,"
        " contact_id) VALUES (%s, %s, 'program', 'program', '', 'integrator', %s)",
        (known("program"), known("zorg"), known("somebody")),
    )
    db.execute(
        "INSERT INTO api_tokens (id, organisation_id, external_id, token_hash, user_id)"
        " VALUES (%s, %s, 'program', %s, %s)",
        (
            known("program's"),
            known("zorg"),
            keyed_hash(pepper, Purpose.API_TOKEN, "integrator"),
            known("program"),
        ),
    )


async def main(clients: int) -> None:
    """Run the benchmark."""
    desk = Desk()
    async with desk.listening() as address:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
            migrate(server.url)
            with psycopg.connect(plain_url(server.url), autocommit=True) as db:
                seed(db, address)
            async with (
                a_hub(folder, server.url) as hub,
                httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{hub.http_port}",
                    headers={"Authorization": "Bearer token"},
                ) as http,
            ):
                watching = Watching(server.url, hub, http, desk)
                await watching.during("nothing", lambda _: asyncio.sleep(5))
                for version in (1, 2, 2):
                    file = by_file(Path(folder), server.url, version, clients)
                    await watching.during(f"by file, version {version}", file)
                for version in (3, 3):
                    posted = by_http(http, hub.pid, version, clients)
                    await watching.during(f"over HTTP, version {version}", posted)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
