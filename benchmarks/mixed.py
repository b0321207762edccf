"""How many mixed messages a second the hub stores: 95 % telemetry, 5 % presses.

`python -m benchmarks.mixed [seconds] [rate]`: a real hub on an embedded PostgreSQL that syncs; the
senders are a process of their own, with MQTT QoS 1. Live: offered at a steady rate, counted as
answered, with the time from PUBLISH to PUBACK. Draining: every sender keeps as many messages on
the way as the hub lets it. Beside both, in the same run, rows a second by plain batch inserts, and
what each message cost the hub's own process, which says more on a machine that others use.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import psycopg
import uvloop

from benchmarks.press_to_screen import SECRET, V311, a_hub, connect
from benchmarks.region import known, seed_clients, seed_devices
from hub.access.secrets import Purpose, keyed_hash
from hub.clock import system_clock
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Publish
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.url import plain_url

CLIENTS, GATEWAYS, SENDERS = 8000, 16, 16
PRESS_EVERY = 20
ON_THE_WAY = 64  # what the front door lets a connection have


def message(sender: int, number: int) -> bytes:
    """Write the next message of a sender: a bed reading, or once in twenty a press."""
    client = sender + GATEWAYS * (number % (CLIENTS // GATEWAYS))
    topic, body = f"in/provider/gw-{sender}/native/", b'{"kind":"alarm.button"}'
    topic += f"bed-{client}" if number % PRESS_EVERY else f"pendant-{client}"
    if number % PRESS_EVERY:
        on = b"true" if number // (CLIENTS // GATEWAYS) % 2 else b"false"
        body = b'{"channel":"bed","active":%s,"seq":%d}' % (on, number)
    return encode(Publish(topic, body, 1, 1 + number % 65535), V311)


async def send(
    port: int, sender: int, seconds: float, allowed: Callable[[float, int, int], int]
) -> list[float]:
    """Send as many messages as `allowed` (passed, sent, on the way); the age of each answer."""
    reader, writer = await connect(port, sender, f"mixed-{sender}")
    waiting: deque[float] = deque()
    took: list[float] = []

    async def listen() -> None:
        while data := await reader.read(65536):
            now = time.perf_counter()
            took.extend(now - waiting.popleft() for _ in range(len(data) // 4))

    listening = asyncio.create_task(listen())
    began, sent = time.perf_counter(), 0
    while (now := time.perf_counter()) < began + seconds:
        batch = allowed(now - began, sent, len(waiting))
        writer.write(b"".join(message(sender, sent + n) for n in range(batch)))
        waiting.extend([now] * batch)
        sent += batch
        await asyncio.sleep(0.002)
    listening.cancel()
    writer.close()
    return took


def load(port: int, seconds: float, rate: float) -> None:
    """Send from a process of its own, as fast as it goes where there is no rate; print it."""

    def steadily(passed: float, sent: int, _: int) -> int:
        return int(passed * rate / SENDERS) - sent

    def as_fast_as_it_goes(_passed: float, _sent: int, on_the_way: int) -> int:
        return ON_THE_WAY - on_the_way

    async def everybody() -> list[list[float]]:
        allowed = steadily if rate else as_fast_as_it_goes
        return await asyncio.gather(*(send(port, n, seconds, allowed) for n in range(SENDERS)))

    took = sorted(age * 1000 for one in uvloop.run(everybody()) for age in one)
    what = f"live, {rate:.0f}/s offered" if rate else "draining"
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    print(f"{what:24} {len(took) / seconds:7.0f}/s  yes after ms: p50 {p50:.1f}  p99 {p99:.1f}",
          flush=True)  # fmt: skip


def raw_inserts(db: psycopg.Connection, seconds: float = 3.0) -> float:
    """Insert message rows a hundred at a time, each batch a commit: rows a second."""
    row = (known("zorg"), known("gw-0"), system_clock(), b'{"channel":"bed","active":true}')
    sql = (
        "INSERT INTO messages (id, organisation_id, gateway_id, received_at, payload, source,"
        " adapter, topic, qos, outcome) SELECT gen_random_uuid(), %s, %s, %s, %s, 'door', 'native',"
        " 'raw', 1, 'decoded' FROM generate_series(1, 100)"
    )
    count, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        db.execute(sql, row)
        count += 100
    return count / (time.perf_counter() - began)


def stored(db: psycopg.Connection) -> int:
    """Count the messages that came in at the front door."""
    row = db.execute("SELECT count(*) FROM messages WHERE topic <> 'raw'").fetchone()
    assert row is not None
    return int(row[0])


def processor_seconds(pid: int) -> float:
    """Say how long a process has worked, as Linux counts it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main(seconds: float = 15.0, rate: float = 2000.0) -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        with psycopg.connect(plain_url(server.url), autocommit=True) as db:
            seed_clients(db, CLIENTS)
            pepper = SECRET.encode()
            seed_devices(db, CLIENTS, GATEWAYS, keyed_hash(pepper, Purpose.GATEWAY, "gateway"))
            db.execute("ANALYZE")
            async with a_hub(folder, server.url) as hub:
                print(f"raw batch inserts        {raw_inserts(db):7.0f} rows/s", flush=True)
                for offered in (rate, 0.0):
                    before, worked = stored(db), processor_seconds(hub.pid)
                    process = multiprocessing.get_context("spawn").Process(
                        target=load, args=(hub.mqtt_port, seconds, offered)
                    )
                    process.start()
                    await asyncio.to_thread(process.join)
                    work = (processor_seconds(hub.pid) - worked) / max(stored(db) - before, 1)
                    print(
                        f"{'':24} {work * 1e6:7.0f} microseconds of the hub a message", flush=True
                    )
                print(f"raw batch inserts        {raw_inserts(db):7.0f} rows/s", flush=True)


if __name__ == "__main__":
    uvloop.run(main(*(float(one) for one in sys.argv[1:])))
