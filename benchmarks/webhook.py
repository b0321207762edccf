"""Alarms over HTTP each second, each answered after its commit, beside raw inserts in the same run.

`python -m benchmarks.webhook [alarms] [clients ...]`: a real hub on an embedded PostgreSQL that
syncs. The load is keep-alive HTTP from a process of its own, closed-loop: a client posts its next
alarm when it has heard of the last. Every alarm is another resident's, and opens an alert. At the
end each 202 is looked up in the database by the id it gave.
"""

import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import uvloop

from benchmarks.mixed import processor_seconds
from benchmarks.press_to_screen import SECRET, a_hub
from benchmarks.region import known, seed_clients, seed_devices
from hub.access.secrets import Purpose, keyed_hash
from hub.clock import system_clock
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.url import plain_url

GATEWAYS = 8
AT_ONCE = 100  # rows of a raw insert
TOLD = tuple[float, int, str]  # seconds, status, message id


async def post_all(port: int, residents: list[int]) -> list[TOLD]:
    """Post one press of each of these residents over one connection; what was heard of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = []
    for one in residents:
        body = b'{"kind":"alarm.button"}'
        head = (
            f"POST /in/provider/gw-{one % GATEWAYS}/native/pendant-{one} HTTP/1.1\r\n"
            "Host: hub\r\nAuthorization: Bearer gateway\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        said = json.loads(await reader.readexactly(length))
        heard.append(
            (time.perf_counter() - began, int(answer.split()[1]), said.get("message_id", ""))
        )
    writer.close()
    return heard


async def put_on(port: int, clients: int, residents: list[int]) -> tuple[float, list[TOLD]]:
    """Post everything over so many connections at once; the seconds, and what was heard."""
    began = time.perf_counter()
    shares = (residents[number::clients] for number in range(clients))
    heard = await asyncio.gather(*(post_all(port, share) for share in shares))
    return time.perf_counter() - began, [one for part in heard for one in part]


def drive(pipe: Pipe) -> None:
    """Carry out orders in a process of its own until there is None."""
    while (order := pipe.recv()) is not None:
        pipe.send(uvloop.run(put_on(*order)))


def raw_inserts(url: str, rows: int) -> float:
    """Insert message rows by COPY in batches, each committed; rows a second."""
    columns = "id, received_at, organisation_id, source, adapter, topic, payload, qos, outcome"
    began = time.perf_counter()
    with psycopg.connect(url) as db:
        for _ in range(rows // AT_ONCE):
            with db.cursor().copy(f"COPY messages ({columns}) FROM STDIN") as copy:
                for _ in range(AT_ONCE):
                    copy.write_row(
                        (uuid4(), system_clock(), known("zorg"), "raw", "native", "in/x/y/z/p",
                         b'{"kind":"alarm.button"}', 1, "decoded")
                    )  # fmt: skip
            db.commit()
    return rows / (time.perf_counter() - began)


def stored(url: str, heard: list[TOLD]) -> int:
    """Count how many of the messages that were answered with 202 are in the database."""
    ids = [UUID(message_id) for _, status, message_id in heard if status == 202]
    with psycopg.connect(url) as db:
        found = db.execute("SELECT count(*) FROM messages WHERE id = ANY(%s)", (ids,)).fetchone()
    assert found is not None
    return int(found[0])


def report(
    clients: int, seconds: float, heard: list[TOLD], raw: float, there: int, work: float
) -> None:
    """Print the figures of one load."""
    took = sorted(one * 1000 for one, _, _ in heard)
    yes = sum(status == 202 for _, status, _ in heard)
    rate = len(heard) / seconds
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    print(
        f"{clients:3} clients: {rate:6.0f} alarms/s  p50 {p50:5.1f} ms  p99 {p99:5.1f}"
        f"  max {took[-1]:5.1f}  raw inserts {raw:6.0f}/s  ratio {rate / raw:.3f}"
        f"  hub {work / len(heard) * 1000:.2f} ms of processor an alarm"
        f"  202: {yes} of {len(heard)}, stored: {there}",
        flush=True,
    )


async def measure(url: str, folder: str, pipe: Pipe, alarms: int, clients: list[int]) -> None:
    """Put each load on a hub of its own database, one after the other."""
    everybody = list(range(alarms * len(clients)))
    random.Random(1).shuffle(everybody)
    async with a_hub(folder, url) as hub:
        for number, some in enumerate(clients):
            raw = await asyncio.to_thread(raw_inserts, plain_url(url), 5000)
            worked = processor_seconds(hub.pid)
            pipe.send((hub.http_port, some, everybody[number * alarms : (number + 1) * alarms]))
            seconds, heard = await asyncio.to_thread(pipe.recv)
            work = processor_seconds(hub.pid) - worked
            there = await asyncio.to_thread(stored, plain_url(url), heard)
            report(some, seconds, heard, raw, there, work)
            assert there == sum(status == 202 for _, status, _ in heard)


def main(alarms: int = 3000, *clients: int) -> None:
    """Start the load's process and a database, and measure."""
    loads = list(clients) or [1, 16, 16]
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=drive, args=(there,))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
            migrate(server.url)
            with psycopg.connect(plain_url(server.url), autocommit=True) as db:
                seed_clients(db, alarms * len(loads))
                hashed = keyed_hash(SECRET.encode(), Purpose.GATEWAY, "gateway")
                seed_devices(db, alarms * len(loads), GATEWAYS, hashed)
                db.execute("ANALYZE")
            uvloop.run(measure(server.url, folder, here, alarms, loads))
    finally:
        here.send(None)
        process.join()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
