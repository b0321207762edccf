"""What it costs to look who is silent, and whose rhythm was agreed: each minute, in the database.

`python -m benchmarks.supervision [clients]`: an embedded PostgreSQL with a base station and five
devices for each client, of which one in a hundred is lost. Each statement that the worker runs a
minute is run several times; told is the server's own time of the middle one.
"""

import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import psycopg

from hub.clock import system_clock
from hub.store import supervision
from hub.store.embedded import running
from hub.store.migrating import migrate
from hub.store.url import plain_url
from hub.waiting.silence import MISSED

TIMES = 7
FILL = """
INSERT INTO organisations (id, external_id, name, sort)
    VALUES (md5('zorg')::uuid, 'zorg', 'Zorg', 'provider');
INSERT INTO homes (id, organisation_id, external_id)
    SELECT md5('h' || n)::uuid, md5('zorg')::uuid, 'h' || n FROM generate_series(1, {many}) n;
INSERT INTO clients (id, organisation_id, external_id, home_id, name, options)
    SELECT md5('c' || n)::uuid, md5('zorg')::uuid, 'c' || n, md5('h' || n)::uuid, 'C',
           '{{"inactive_hours": 4}}' FROM generate_series(1, {many}) n;
INSERT INTO gateways (id, organisation_id, external_id, secret_hash, adapters, last_seen_at)
    SELECT md5('g' || n)::uuid, md5('zorg')::uuid, 'g' || n, 'x', '{{native}}', now()
    FROM generate_series(1, {many}) n;
INSERT INTO devices (id, organisation_id, external_id, gateway_id, adapter, key, client_id,
                     expected_interval, last_seen_at)
    SELECT md5('d' || n || k)::uuid, md5('zorg')::uuid, 'd' || n || '-' || k,
           md5('g' || n)::uuid, 'native', 'k' || k, md5('c' || n)::uuid, interval '1 hour',
           now() - CASE WHEN n % 100 = 0 THEN interval '9 hours' ELSE interval '0' END
    FROM generate_series(1, {many}) n, generate_series(1, 5) k;
ANALYZE;
"""
LOST = """
UPDATE supervised SET lost_at = now(), silent_since = now(), due_at = NULL
WHERE thing_id IN (SELECT id FROM devices WHERE last_seen_at < now() - interval '8 hours');
UPDATE supervised SET due_at = now() + random() * interval '2 hours' WHERE lost_at IS NULL;
UPDATE ripenings SET due_at = NULL,
    state = '{"said": {"up_by": null, "home_by": null, "inactive_hours": 4,
                       "out_of_bed_minutes": null}}';
ANALYZE supervised; ANALYZE ripenings;
"""
STATEMENTS = {
    "arrange who is watched": supervision.ARRANGE,
    "arrange doses": supervision.ARRANGE_DOSES,
    "arrange rhythms": supervision.ARRANGE_RHYTHM,
    "who is due": supervision.DUE,
    "who is back": supervision.BACK,
}


def main(many: int) -> None:
    """Fill a database, and tell what each statement costs it."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        migrate(server.url)
        with psycopg.connect(plain_url(server.url), autocommit=True) as db:
            db.execute(FILL.format(many=many).encode())
            for statement in STATEMENTS.values():
                _milliseconds(db, str(statement))
            db.execute(LOST)
            total = 0.0
            for name, statement in STATEMENTS.items():
                took = statistics.median(_milliseconds(db, str(statement)) for _ in range(TIMES))
                total += took
                print(f"{name:24} {took:8.1f} ms")
            print(f"{many} clients, {5 * many} devices: {total:.0f} ms of the database a minute")


def _milliseconds(db: psycopg.Connection, statement: str) -> float:
    """Run one as the worker does, and read what the server says it took."""
    now = system_clock()
    text = statement
    for name in ("now", "missed", "most"):
        text = text.replace(f":{name}", f"%({name})s")
    values = {"now": now + timedelta(seconds=1), "missed": MISSED, "most": 500}
    rows = db.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}".encode(), values).fetchone()
    assert rows is not None
    return float(rows[0][0]["Execution Time"])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
