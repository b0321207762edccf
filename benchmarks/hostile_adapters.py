"""What a stranger's adapter that spins, crashes and eats memory costs everybody else.

`python -m benchmarks.hostile_adapters [seconds]`: an intake on an embedded PostgreSQL that syncs.
A pendant of our own adapter is pressed 20 times a second and timed until it is stored, in turns
alone, beside three gateways that ring about as often as three hostile ones get stored, and beside
those hostile ones, which never stop. Then what a worker costs a message beside
decoding in the hub, and what one broken message costs the nineteen beside it. Milliseconds.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import uvloop

from adapters.contract import Binding, Decoded, Edge, Inbound, Kind
from benchmarks.region import seed_clients, seed_devices
from hub.clock import system_clock
from hub.decoders.decoding import Limits, Pool
from hub.decoders.finding import load_adapters
from hub.decoders.heard import Heard
from hub.decoders.reading import Reader
from hub.decoders.translation import translate
from hub.incoming.intake import Intake, store_alarms
from hub.sources.arrival import Arrival, Principal
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.unit_of_work import Store, open_store
from hub.store.url import plain_url, sqlalchemy_url

HOSTILE = EntryPoint("hostile", "tests.hub.hostile_adapter", "nachtwacht.adapters")
DEEDS = ("spin", "os._exit", "hunger")
CLIENTS = 200
BETWEEN = 0.05
ROUNDS = 3


def arrival(who: Principal, topic: str, payload: bytes) -> Arrival:
    """Say something at this moment."""
    now = system_clock().astimezone(UTC)
    return Arrival(who, f"{who.prefix}{topic}", payload, qos=1, received_at=now)


async def press(intake: Intake, who: Principal, seconds: float) -> list[float]:
    """Press pendants one after another; how long each took to be stored."""
    took = []
    for number in range(int(seconds / BETWEEN)):
        began = time.perf_counter()
        said = json.dumps({"kind": "alarm.button", "seq": number}).encode()
        await intake.take_in(arrival(who, f"native/pendant-{number % CLIENTS}", said))
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(max(BETWEEN - took[-1] / 1000, 0))
    return took


async def harm(intake: Intake, who: Principal, deed: str, done: list[str]) -> None:
    """Send messages that do this, each as soon as the one before is stored."""
    for number in count():
        await intake.take_in(arrival(who, f"hostile/{deed}-{number}", deed.encode()))
        done.append(deed)


async def ring(intake: Intake, who: Principal, done: list[str]) -> None:
    """Send as many alarms as a hostile gateway gets stored: what they alone cost the others."""
    for number in count():
        said = b'{"kind":"alarm.button"}'
        await intake.take_in(arrival(who, f"native/stranger-{number}", said))
        done.append("ring")
        await asyncio.sleep(0.25)


def report(name: str, took: Sequence[float], beside: Sequence[float] = ()) -> None:
    """Print one line of figures, and the ratio to others of this run."""
    p50, p99 = figures(took)
    line = f"{name:34} p50 {p50:8.3f}  p99 {p99:8.3f}  max {max(took):8.3f}  n {len(took)}"
    if beside:
        p50_beside, p99_beside = figures(beside)
        line += f"  ratio p50 {p50 / p50_beside:.2f} p99 {p99 / p99_beside:.2f}"
    print(line, flush=True)


def figures(took: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    ordered = sorted(took)
    return statistics.median(ordered), ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]


async def beside_hostility(intake: Intake, whose: Sequence[Principal], seconds: float) -> None:
    """Press in turns without and with hostile gateways beside."""
    quiet: list[float] = []
    busy: list[float] = []
    beset: list[float] = []
    done: list[str] = []
    await press(intake, whose[0], 2)
    for _ in range(ROUNDS):
        quiet += await press(intake, whose[0], seconds / ROUNDS)
        ringing = [asyncio.create_task(ring(intake, who, done)) for who in whose[1:]]
        busy += await press(intake, whose[0], seconds / ROUNDS)
        await ended(ringing)
        deeds = zip(whose[1:], DEEDS, strict=False)
        harming = [asyncio.create_task(harm(intake, who, deed, done)) for who, deed in deeds]
        beset += await press(intake, whose[0], seconds / ROUNDS)
        await ended(harming)
    report("alarm stored, all well", quiet)
    report("beside three gateways that ring", busy, quiet)
    report("beside three that are hostile", beset, quiet)
    print("  stored of theirs:", {deed: done.count(deed) for deed in ("ring", *DEEDS)})


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Stop these."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def each_message(pool: Pool) -> None:
    """Decode the same message in the hub and in a worker."""
    inbound = Inbound("p1", b"press", system_clock(), "zorg/gw1")
    native = load_adapters(["native"])["native"]
    said = Inbound("p1", b'{"kind":"alarm.button"}', system_clock(), "zorg/gw1")

    async def ours() -> None:
        translate(native, said, Binding("p1"))

    async def theirs() -> None:
        await pool.translate(inbound, Binding("p1"))

    at_home = [await timed(ours) for _ in range(2000)]
    report("decoded in the hub", at_home)
    report("decoded in a worker", [await timed(theirs) for _ in range(2000)], at_home)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Do it; milliseconds."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def beside_poison(store: Store, reader: Reader, who: Principal) -> None:
    """Store batches of twenty alarms, with and without one that cannot be stored."""

    async def batch(*, broken: bool) -> list[Heard]:
        said = b'{"kind":"alarm.button"}'
        heard = [
            await reader.hear(arrival(who, f"native/pendant-{one}", said)) for one in range(20)
        ]
        if broken:  # PostgreSQL cannot hold what is not a number
            odd = Decoded((Edge(heard[7].key or "", Kind.BUTTON, value={"x": float("nan")}),))
            heard[7] = replace(heard[7], outcome=odd)
        return heard

    clean: list[float] = []
    broken: list[float] = []
    for _ in range(20):
        for took, bad in ((clean, False), (broken, True)):
            heard = await batch(broken=bad)
            took.append(await timed(partial(store_alarms, store, heard)))
    report("twenty alarms in a batch", clean)
    report("the same, one of them broken", broken, clean)


def gateways(url: str) -> list[Principal]:
    """Everybody who may speak, with the hostile adapter as well."""
    with psycopg.connect(plain_url(url), autocommit=True) as db:
        seed_clients(db, CLIENTS)
        seed_devices(db, CLIENTS, 4, b"x")
        rows = db.execute("SELECT id, organisation_id FROM gateways ORDER BY external_id")
        spoken = frozenset({"native", "hostile"})
        return [
            Principal(UUID(str(one)), UUID(str(whose)), "provider", f"gw-{number}", spoken)
            for number, (one, whose) in enumerate(rows.fetchall())
        ]


async def main(url: str, seconds: float) -> None:
    """Run the benchmark."""
    whose = gateways(url)
    store = open_store(sqlalchemy_url(url), size=8, statement_timeout=5)
    pool = Pool(HOSTILE, Limits(timedelta(milliseconds=250)))
    reader = Reader(store, {**load_adapters(["native"]), "hostile": pool}, uuid4)
    intake = Intake(store, store, reader)
    running_intake = asyncio.create_task(intake.run())
    await beside_hostility(intake, whose, seconds)
    await each_message(pool)
    await beside_poison(store, reader, whose[0])
    running_intake.cancel()
    with suppress(asyncio.CancelledError):
        await running_intake
    await pool.close()
    await store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        uvloop.run(main(server.url, float(sys.argv[1]) if sys.argv[1:] else 30.0))
