"""From the press to the screen, while the hub takes in telemetry.

`python -m benchmarks.press_to_screen [presses] [rate ...]`: a real hub on an embedded PostgreSQL
that syncs. The load is open-loop QoS 1 telemetry over MQTT from a process of its own, also where
it is more than the hub can store: then most of it is withheld. A pendant is pressed twice a second
and timed from before its PUBLISH until an operator's event stream brings a board with that client
on it. Figures are milliseconds, with ratios to the quiet hub of this run. 300 presses at a rate
are needed before a p99 means much, 3,000 before a p99.9 does;
`python -m benchmarks.press_to_screen 300 1000 20000`.
"""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import uvloop

from benchmarks.region import seed_clients, seed_devices, seed_operator
from hub.access.secrets import Purpose, keyed_hash
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connect, Publish, Version
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.url import plain_url

V311 = Version.V311
CLIENTS, GATEWAYS, CONNECTIONS = 1000, 8, 4
SECRET = "s" * 40
BETWEEN_PRESSES = 0.5
WARM_UP = 3.0


async def connect(
    port: int, gateway: int, name: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Come in at the front door."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    hello = Connect(V311, name, user_name=f"provider/gw-{gateway}", password=b"gateway")
    writer.write(encode(hello, V311))
    answer = await reader.readexactly(4)
    assert answer == b"\x20\x02\0\0", answer
    return reader, writer


async def publish(port: int, number: int, rate: float, seconds: float) -> int:
    """Send bed readings at a steady rate, whatever the hub does; how many were answered."""
    reader, writer = await connect(port, number, f"load-{number}")
    answered = 0

    async def count() -> None:
        nonlocal answered
        while data := await reader.read(65536):
            answered += len(data) // 4

    counting = asyncio.create_task(count())
    began, sent = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        for _ in range(int(passed * rate) - sent):
            sent += 1
            client = number + GATEWAYS * (sent % (CLIENTS // GATEWAYS))
            body = json.dumps({"channel": "bed", "active": sent % 2 == 0, "seq": sent}).encode()
            topic = f"in/provider/gw-{number}/native/bed-{client}"
            writer.write(encode(Publish(topic, body, 1, 1 + sent % 65535), V311))
        await asyncio.sleep(0.005)
    await asyncio.sleep(1)
    counting.cancel()
    writer.close()
    return answered


def load(port: int, rate: float, seconds: float) -> None:
    """Put telemetry on the hub from a process of its own, and say what came of it."""

    async def everything() -> list[int]:
        each = rate / CONNECTIONS
        return await asyncio.gather(*(publish(port, n, each, seconds) for n in range(CONNECTIONS)))

    answered = sum(uvloop.run(everything()))
    print(f"  load: {answered / seconds:.0f} of {rate:.0f} messages/s stored", flush=True)


class Screen:
    """An operator's board: remembers when each client was first on it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.waiting: dict[str, asyncio.Future[float]] = {}

    async def follow(self) -> None:
        """Read the stream until cancelled."""
        async with self.http.stream("GET", "/stream", timeout=30) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:") and '"html"' in line:
                    at = time.perf_counter()
                    for name, seen in self.waiting.items():
                        if name in line and not seen.done():
                            seen.set_result(at)

    async def shows(self, name: str) -> float:
        """Wait until a client is on the board; the moment."""
        self.waiting[name] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(self.waiting[name], 20)


async def press(port: int, http: httpx.AsyncClient, presses: int) -> list[float]:
    """Press pendants one after another; milliseconds until each was on the screen."""
    screen = Screen(http)
    following = asyncio.create_task(screen.follow())
    _, writer = await connect(port, GATEWAYS - 1, "probe")
    await asyncio.sleep(WARM_UP)
    took = []
    for number in range(presses):
        client = GATEWAYS - 1 + GATEWAYS * (number % (CLIENTS // GATEWAYS))
        shown = asyncio.ensure_future(screen.shows(f"Proef-{client:05}"))
        await asyncio.sleep(0)
        began = time.perf_counter()
        topic = f"in/provider/gw-{GATEWAYS - 1}/native/pendant-{client}"
        writer.write(encode(Publish(topic, b'{"kind":"alarm.button"}', 1, 1 + number), V311))
        took.append((await shown - began) * 1000)
        await resolve(http)
        await asyncio.sleep(max(BETWEEN_PRESSES - took[-1] / 1000, 0.3))
    following.cancel()
    writer.close()
    return took


async def resolve(http: httpx.AsyncClient) -> None:
    """Finish every open alert, so that the next press opens one."""
    for alert in (await http.get("/api/v1/alerts")).json()["items"]:
        body = {"once": alert["id"], "outcome": "test"}
        (await http.post(f"/api/v1/alerts/{alert['id']}/resolve", json=body)).raise_for_status()


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub."""

    http_port: int
    mqtt_port: int
    pid: int


@asynccontextmanager
async def a_hub(folder: str, url: str) -> AsyncIterator[Hub]:
    """Start a hub; it is stopped on leaving."""
    environment = {
        **os.environ,
        "NACHTWACHT_DATABASE_URL": url,
        "NACHTWACHT_DATA": folder,
        "NACHTWACHT_SECRET": SECRET,
        "NACHTWACHT_HTTP_PORT": "0",
        "NACHTWACHT_MQTT_PORT": "0",
    }
    hub = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.cli", "serve", env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert hub.stdout is not None
    said = (await hub.stdout.readline()).decode()
    ports = [int(word.rstrip(",.").rpartition(":")[2]) for word in said.split() if ":" in word]
    try:
        yield Hub(ports[0], ports[1], hub.pid)
    finally:
        hub.terminate()
        await hub.wait()


def report(rate: float, took: list[float], quiet: list[float] | None) -> None:
    """Print the figures of one rate."""
    took = sorted(took)
    p50, p99, most = (
        took[min(int(len(took) * part), len(took) - 1)] for part in (0.5, 0.99, 0.999)
    )
    line = f"{rate:6.0f} messages/s: p50 {p50:6.1f}  p99 {p99:6.1f}  p99.9 {most:6.1f}"
    line += f"  max {took[-1]:6.1f}"
    line += f"  n {len(took)}"
    if quiet is not None:
        quiet = sorted(quiet)
        line += f"  p50 / quiet p50: {p50 / quiet[len(quiet) // 2]:.2f}"
    print(line, flush=True)


async def main(presses: int, rates: list[float]) -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        with psycopg.connect(plain_url(server.url), autocommit=True) as db:
            seed_clients(db, CLIENTS)
            pepper = SECRET.encode()
            seed_devices(db, CLIENTS, GATEWAYS, keyed_hash(pepper, Purpose.GATEWAY, "gateway"))
            seed_operator(db, keyed_hash(pepper, Purpose.API_TOKEN, "token"))
        async with (
            a_hub(folder, server.url) as hub,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{hub.http_port}",
                headers={"Authorization": "Bearer token"},
            ) as http,
        ):
            quiet: list[float] | None = None
            for rate in (0.0, *rates):
                lasts = presses * BETWEEN_PRESSES * 1.2 + 2 * WARM_UP
                process = multiprocessing.get_context("spawn").Process(
                    target=load, args=(hub.mqtt_port, rate, lasts)
                )
                if rate:
                    process.start()
                took = await press(hub.mqtt_port, http, presses)
                if rate:
                    await asyncio.to_thread(process.join)
                report(rate, took, quiet)
                quiet = quiet or took


if __name__ == "__main__":
    numbers = [float(one) for one in sys.argv[1:]] or [60.0, 100.0, 1000.0]
    uvloop.run(main(int(numbers[0]), numbers[1:]))
