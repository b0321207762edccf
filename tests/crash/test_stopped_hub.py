"""A hub that stands still inside a transaction: the next one goes on, and nothing is doubled."""

import signal
from pathlib import Path

import pytest

from escalation.model import Level
from tests.conftest import Connection, connected
from tests.crash.hubs import Hub, paused, until
from tests.crash.people import People
from tests.crash.region import hurry, settle
from tests.crash.seen import ask, journal, press

pytestmark = pytest.mark.slow

GOES_ON_WITHIN = 5.0
HALTED = (
    "SELECT application_name FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event = 'transactionid'"
    " AND application_name LIKE 'hub-%%' AND query LIKE '%%shown AS%%'"
)
SENT = "SELECT count(*) FROM outbox WHERE state = 'sent'"
HOLDING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    " AND (state = 'idle in transaction'"
    " OR (state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL))"
)


def test_the_next_hub_goes_on_within_five_seconds_and_the_first_recovers(
    database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url, clients=2)
    hurry(database_url, Level.OWN_TEAM, Level.NIGHT_PARTNER, Level.CARE_CENTRE)
    hubs = {name: Hub(database_url, tmp_path, name) for name in ("hub-a", "hub-b")}
    with hubs["hub-a"] as one, hubs["hub-b"] as two:
        one.until_it_serves()
        two.until_it_serves()
        press(one, 0)
        until(lambda: ask(db, SENT), "the team is called")
        stopped = halted_while_climbing(database_url, hubs, db)
        with paused(stopped):
            until(lambda: holds(db, stopped), "the stopped hub holds the alert", 5)
            until(lambda: journal(db, "due") == 1, "the other hub goes on", GOES_ON_WITHIN)
            until(lambda: people.keys("night"), "the night team is called", GOES_ON_WITHIN)
        press(stopped, 1)
        assert ask(db, "SELECT count(*) FROM alerts") == 2
        until(lambda: journal(db, "due") >= 3, "both alerts climb on")
        assert ask(db, "SELECT count(*) FROM alerts WHERE stuck_at IS NOT NULL") == 0
        assert journal(db, "stuck") == 0
        assert climbed_once_a_moment(db)
        assert [hub.stop() for hub in hubs.values()] == [0, 0]
    assert len(people.keys("night")) == len(set(people.keys("night")))


def halted_while_climbing(url: str, hubs: dict[str, Hub], db: Connection) -> Hub:
    """The hub that decides about the due alert, halted by a lock it needs to finish."""
    with connected(url) as holder, holder.transaction():
        holder.execute("SELECT 1 FROM organisations FOR UPDATE")
        until(lambda: ask(db, HALTED), "a hub climbs", 20)
        hub = hubs[str(ask(db, HALTED))]
        hub.signal(signal.SIGSTOP)
    return hub


def holds(db: Connection, hub: Hub) -> bool:
    return bool(ask(db, HOLDING, hub.name))


def climbed_once_a_moment(db: Connection) -> bool:
    """Whether every moment of every alert was passed once."""
    doubled = (
        "SELECT count(*) FROM (SELECT 1 FROM journal WHERE what = 'due'"
        " GROUP BY alert_id, facts->>'meant_for' HAVING count(*) > 1) doubled"
    )
    return int(ask(db, doubled)) == 0
