"""What one press costs the hub, without a network: from what was heard to what is committed.

`python -m benchmarks.presses [presses]`: in one process, on an embedded PostgreSQL that syncs,
presses of as many clients are stored in batches of 1 and of 20; then as many deadlines pass, and
telemetry is read and stored twice: the first time the registry is asked for its devices. Of each:
milliseconds on the clock and of the hub's own processor time, and how many a second that is.
"""

import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import uvloop

from adapters.inbound import native
from benchmarks.region import known, seed_clients, seed_devices
from hub.clock import system_clock
from hub.decoders.heard import Heard
from hub.decoders.reading import Reader
from hub.incoming.intake import ALARMS_AT_ONCE, store_alarms, store_telemetry
from hub.sources.arrival import Arrival, Principal
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.unit_of_work import Store, open_store
from hub.store.url import plain_url, sqlalchemy_url
from hub.waiting.sweep import Sweep

BULK = 500
GATEWAY = Principal(known("gw-0"), known("zorg"), "provider", "gw-0", frozenset({"native"}))


async def heard(reader: Reader, now: datetime, device: str, payload: bytes) -> Heard:
    """Read what a device says, as the front door would hand it on."""
    topic = f"in/provider/gw-0/native/{device}"
    return await reader.hear(Arrival(GATEWAY, topic, payload, 1, now))


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    """Print what a number of things cost together."""
    began, worked = time.perf_counter(), time.process_time()
    yield
    took, work = time.perf_counter() - began, time.process_time() - worked
    each = f"{took / count * 1000:6.2f} ms, {work / count * 1000:7.3f} ms of processor"
    print(f"{what:34} {each}, {count / took:7.0f}/s", flush=True)


async def in_batches(
    store_all: Callable[[list[Heard]], Awaitable[None]], messages: list[Heard], size: int
) -> None:
    """Store messages, so many to a transaction."""
    for start in range(0, len(messages), size):
        await store_all(messages[start : start + size])


async def measure(store: Store, presses: int) -> None:
    """Press, let the deadlines pass, and send telemetry."""
    reader, now = Reader(store, {"native": native}, uuid4), system_clock()
    button = b'{"kind":"alarm.button"}'
    said = [await heard(reader, now, f"pendant-{n}", button) for n in range(2 * presses)]
    alarms = partial(store_alarms, store)
    await in_batches(alarms, said[: presses // 10], ALARMS_AT_ONCE)  # warm
    with timed("press, alone", presses - presses // 10):
        await in_batches(alarms, said[presses // 10 : presses], 1)
    with timed(f"press, {ALARMS_AT_ONCE} together", presses):
        await in_batches(alarms, said[presses:], ALARMS_AT_ONCE)
    again = [await heard(reader, now, f"pendant-{n}", button) for n in range(presses)]
    with timed(f"press again, {ALARMS_AT_ONCE} together", presses):
        await in_batches(alarms, again, ALARMS_AT_ONCE)
    sweep, later = Sweep(store), now + timedelta(minutes=1)
    with timed("deadline", 2 * presses):
        while await sweep.step(later) == later:
            pass
    for turn in range(2):
        bed = b'{"channel":"bed","active":true,"seq":%d}' % turn
        with timed("telemetry, read", 4000):
            spoke = (f"bed-{n % (2 * presses)}" for n in range(4000))
            beds = [await heard(reader, later, device, bed) for device in spoke]
        with timed(f"telemetry, {BULK} together", len(beds)):
            await in_batches(partial(store_telemetry, store), beds, BULK)


async def main(presses: int = 1000) -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        with psycopg.connect(plain_url(server.url), autocommit=True) as db:
            seed_clients(db, 2 * presses)
            seed_devices(db, 2 * presses, 1, b"")
            db.execute("ANALYZE")
        store = open_store(sqlalchemy_url(server.url), size=4, statement_timeout=5)
        await measure(store, presses)
        await store.close()


if __name__ == "__main__":
    uvloop.run(main(*(int(one) for one in sys.argv[1:])))
