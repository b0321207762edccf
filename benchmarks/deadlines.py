"""How late a deadline fires while 100,000 alerts are open.

`python -m benchmarks.deadlines [open alerts] [deadlines] [per second]`: a real hub in a process of
its own on an embedded PostgreSQL that syncs. Lateness is the database's own commit moment of the
decision minus the moment it was due, so nothing in the hub is trusted to measure itself. Beside
it, in the same run, the rate at which the server can commit single updates.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import psycopg.types.json

from benchmarks.region import seed_clients
from escalation.decision import Opening
from escalation.duty import Facts, on_duty
from escalation.engine import open_alert
from escalation.model import Alert, Level, Plan, Priority, Step
from escalation.timing import timing
from hub.clock import system_clock
from hub.store.embedded import DURABLE, running
from hub.store.migrating import migrate
from hub.store.url import plain_url
from hub.store.values import encode

HOUR = timedelta(hours=1)
WARM_UP = timedelta(seconds=8)
COLUMNS = (
    "id",
    "organisation_id",
    "subject_id",
    "home_id",
    "client_ids",
    "kind",
    "emergency",
    "priority",
    "priority_rank",
    "lane",
    "status",
    "opened_at",
    "due_at",
    "state",
)


def an_alert(client_id: UUID, home_id: UUID, organisation_id: UUID, due_at: datetime) -> Alert:
    """An alert that waits at the care centre until `due_at`."""
    p1 = timing(Priority.P1)
    plan = Plan((Step(Level.CARE_CENTRE, p1.centre_repeats),), p1)
    opening = Opening(
        id=uuid4(),
        organisation_id=organisation_id,
        subject_id=uuid4(),
        home_id=home_id,
        client_ids=(client_id,),
        kind="alarm.button",
        emergency="body",
        priority=Priority.P1,
        plan=plan,
    )
    facts = on_duty(Facts("alarm.button", Priority.P1))
    return open_alert(opening, facts, due_at - p1.centre_repeats).alert


def row(alert: Alert) -> tuple[object, ...]:
    """An alert as its row."""
    state = encode(alert)
    whole = {
        **{name: getattr(alert, name) for name in COLUMNS if hasattr(alert, name)},
        "client_ids": list(alert.client_ids),
        "priority": alert.priority.value,
        "priority_rank": alert.priority.rank,
        "lane": alert.lane.value,
        "status": alert.status.value,
        "state": psycopg.types.json.Jsonb(state),
    }
    return tuple(whole[name] for name in COLUMNS)


def fill(db: psycopg.Connection, total: int, deadlines: int, per_second: float) -> datetime:
    """Open the alerts: `deadlines` of them are due soon, the rest much later; when the last is."""
    clients = seed_clients(db, 1000)
    begins = system_clock() + WARM_UP + timedelta(seconds=total / 4000)
    with (
        db.cursor() as cursor,
        cursor.copy(f"COPY alerts ({', '.join(COLUMNS)}) FROM STDIN") as copy,
    ):
        for number in range(total):
            client_id, home_id, organisation_id = clients[number % len(clients)]
            due_at = begins + timedelta(seconds=number / per_second)
            if number >= deadlines:
                due_at = begins + 12 * HOUR + timedelta(milliseconds=number)
            copy.write_row(row(an_alert(client_id, home_id, organisation_id, due_at)))
    db.execute("ANALYZE alerts")
    return begins + timedelta(seconds=deadlines / per_second)


def commits_per_second(db: psycopg.Connection, seconds: float = 2.0) -> float:
    """Count single durable updates of one row."""
    db.execute("CREATE TABLE beside (n int); INSERT INTO beside VALUES (0)")
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        db.execute("UPDATE beside SET n = n + 1")
        count += 1
    return count / seconds


def report(late: list[float], alone: float, wanted: float) -> None:
    """Print the figures: milliseconds late, and the rate beside the bare commits of this run."""
    late = sorted(late)
    p = {share: late[min(int(len(late) * share), len(late) - 1)] for share in (0.5, 0.99, 0.999)}
    print(f"deadlines: {len(late)} fired at {wanted:.0f}/s")
    print(
        f"late, ms: p50 {p[0.5]:.1f}  p99 {p[0.99]:.1f}  p99.9 {p[0.999]:.1f}  max {late[-1]:.1f}"
    )
    print(f"bare single commits: {alone:.0f}/s; deadlines / commits: {wanted / alone:.2f}")


async def main(total: int = 100_000, deadlines: int = 2_000, per_second: float = 100.0) -> None:
    """Run the benchmark."""
    settings = {**DURABLE, "track_commit_timestamp": "on"}
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), settings) as server:
        migrate(server.url)
        with psycopg.connect(plain_url(server.url), autocommit=True) as db:
            alone = commits_per_second(db)
            last = fill(db, total, deadlines, per_second)
            environment = {
                **os.environ,
                "NACHTWACHT_DATABASE_URL": server.url,
                "NACHTWACHT_DATA": folder,
                "NACHTWACHT_HTTP_PORT": "0",
                "NACHTWACHT_MQTT_PORT": "0",
            }
            hub = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "serve"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                wait = last - system_clock() + timedelta(seconds=3)
                await asyncio.sleep(wait.total_seconds())
                rows = db.execute(
                    "SELECT EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin)"
                    " - (facts->>'meant_for')::timestamptz) * 1000"
                    " FROM journal WHERE what = 'due'"
                ).fetchall()
            finally:
                hub.terminate()
                hub.wait(20)
        report([float(one[0]) for one in rows], alone, per_second)


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*numbers))
