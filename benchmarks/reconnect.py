"""Everybody back after a power cut: gateways at the front door all at once, an alarm among them.

`python -m benchmarks.reconnect [gateways] [tls] [sessions]`: a real hub on an embedded PostgreSQL
that syncs; every gateway has a secret of its own, kept as a keyed hash. The callers are raw sockets
in a process of their own; each connects, introduces itself and waits to be let in. One of those in
the middle presses a pendant at once. Figures are seconds since the first one called. With `tls`
every call begins with a whole handshake (P-256); the callers check no certificates, but their half
of each handshake is part of the time. With `sessions` everybody keeps one and comes in twice: once
for the first time, and once to go on with it.
"""

import asyncio
import multiprocessing
import os
import ssl
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import httpx
import psycopg
import uvloop

from benchmarks.press_to_screen import SECRET, a_hub
from benchmarks.region import known, seed_clients, seed_devices
from hub.access.secrets import Purpose, keyed_hash
from hub.sources.mqtt.encode import encode
from hub.sources.mqtt.packets import Connect, Publish, Version
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.url import plain_url
from tests.hub.sources.authority import Authority

V311 = Version.V311
LET_IN = b"\x20\x02\0\0", b"\x20\x02\1\0"  # without and with a session present
PATIENCE = 60.0


async def come_in(
    port: int, tls: ssl.SSLContext | None, hello: Connect, writers: list[asyncio.StreamWriter]
) -> tuple[float, bool]:
    """Come in as one gateway and stay; the moment of being let in, and whether to a session."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writers.append(writer)
    writer.write(encode(hello, V311))
    answer = await reader.readexactly(4)
    assert answer in LET_IN, answer
    return time.perf_counter(), answer == LET_IN[1]


async def press(
    port: int, tls: ssl.SSLContext | None, hello: Connect, writers: list[asyncio.StreamWriter]
) -> tuple[float, float]:
    """Come in and press at once; the moments of being let in and of the "yes"."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writers.append(writer)
    user = hello.user_name or ""
    topic = f"in/{user}/native/pendant-{user.rpartition('-')[2]}"
    writer.write(encode(hello, V311))
    writer.write(encode(Publish(topic, b'{"kind":"alarm.button"}', 1, 1), V311))
    await reader.readexactly(4)
    inside = time.perf_counter()
    await reader.readexactly(4)
    return inside, time.perf_counter()


async def everybody(
    port: int, tls: ssl.SSLContext | None, hellos: list[Connect], pipe: Pipe
) -> None:
    """Call all at once, report, and hang up when told to."""
    writers: list[asyncio.StreamWriter] = []
    began = time.perf_counter()
    middle = hellos.pop(len(hellos) // 2)
    pressing = asyncio.create_task(press(port, tls, middle, writers))
    others = (come_in(port, tls, hello, writers) for hello in hellos)
    got = await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), PATIENCE)
    let_in = [one for one in got if not isinstance(one, BaseException)]
    pipe.send(sorted((at - began, resumed) for at, resumed in let_in))
    pipe.send([repr(one) for one in got if isinstance(one, BaseException)])
    pipe.send([at - began for at in await pressing])
    await asyncio.to_thread(pipe.recv)
    for writer in writers:
        writer.close()


def call(port: int, gateways: int, pipe: Pipe, *, encrypted: bool, kept: bool) -> None:
    """Run the callers."""
    hellos = [
        Connect(
            V311,
            "gateway",
            not kept,
            user_name=f"provider/gw-{number}",
            password=b"secret-%d" % number,
        )
        for number in range(gateways)
    ]
    tls = None
    if encrypted:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    uvloop.run(everybody(port, tls, hellos, pipe))


def seed(url: str, gateways: int) -> None:
    """A region with a gateway, a pendant and a secret for each client."""
    with psycopg.connect(plain_url(url), autocommit=True) as db:
        seed_clients(db, gateways)
        seed_devices(db, gateways, gateways, b"")
        with db.cursor() as cursor:
            cursor.executemany(
                "UPDATE gateways SET secret_hash = %s WHERE id = %s",
                [
                    (keyed_hash(SECRET.encode(), Purpose.GATEWAY, f"secret-{n}"), known(f"gw-{n}"))
                    for n in range(gateways)
                ],
            )
        db.execute("ANALYZE")


async def measure(
    ports: tuple[int, int], url: str, gateways: int, *, encrypted: bool, kept: bool
) -> None:
    """Let them all call, and print how long it took."""
    here, there = multiprocessing.Pipe()
    callers = multiprocessing.get_context("spawn").Process(
        target=call, args=(ports[1], gateways, there), kwargs={"encrypted": encrypted, "kept": kept}
    )
    callers.start()
    inside = await asyncio.to_thread(here.recv)
    failed = await asyncio.to_thread(here.recv)
    let_in, stored = await asyncio.to_thread(here.recv)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}") as http:
        figures = (await http.get("/health/figures")).json()
    here.send(None)
    await asyncio.to_thread(callers.join)
    with psycopg.connect(plain_url(url)) as db:
        alerts = db.execute("SELECT count(*) FROM alerts WHERE kind = 'alarm.button'").fetchone()
    p50, last = inside[len(inside) // 2][0], inside[-1][0]
    resumed = sum(there for _, there in inside)
    print(f"{len(inside) + 1} of {gateways} in: p50 {p50:.2f} s, last {last:.2f} s")
    print(f"with a session present: {resumed}")
    print(f"not let in: {dict(Counter(failed))}")
    print(f"the alarm: let in {let_in:.2f} s, stored {stored:.2f} s; alerts {alerts}")
    print(f"longest stall of the loop: {figures['loop_longest_stall_seconds']} s")
    print(f"door: {figures['door']}")


async def main(gateways: int, *, encrypted: bool, kept: bool) -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        seed(server.url, gateways)
        if encrypted:
            pair = Authority(Path(folder)).server()
            os.environ["NACHTWACHT_MQTT_CERTIFICATE"] = str(pair.certificate)
            os.environ["NACHTWACHT_MQTT_KEY"] = str(pair.key)
            os.environ["NACHTWACHT_MQTT_PLAIN"] = "false"
        async with a_hub(folder, server.url) as hub:
            ports = hub.http_port, hub.mqtt_port
            for _ in range(2 if kept else 1):
                await measure(ports, server.url, gateways, encrypted=encrypted, kept=kept)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()] or [5000]
    uvloop.run(main(numbers[0], encrypted="tls" in sys.argv, kept="sessions" in sys.argv))
