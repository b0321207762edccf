"""A hub that listens to an outside broker is killed or stopped: nothing is lost or rung twice."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.conftest import Connection, connected
from tests.crash.broker_kills import kill_often
from tests.crash.hubs import until
from tests.crash.outside import Neighbourhood, neighbourhood
from tests.crash.people import People
from tests.crash.region import settle
from tests.crash.seen import ask, journal
from tests.hub.brokers.outside import EVERY_SORT

pytestmark = [pytest.mark.slow]
every_sort = pytest.mark.parametrize("sort", EVERY_SORT)
TAKEN_OVER_WITHIN = 12.0
KILLS = int(os.environ.get("NACHTWACHT_TEST_BROKER_KILLS", "1"))
SEED = int(os.environ.get("NACHTWACHT_TEST_SEED", "1"))


def stored(db: Connection, nonce: str) -> int:
    payloads = db.execute("SELECT payload FROM messages").fetchall()
    return sum(json.loads(row[0])["nonce"] == nonce for row in payloads)


def let_go(db: Connection) -> None:
    """End the lease of a hub that was killed, which would end in five seconds by itself."""
    db.execute("UPDATE broker_sessions SET expires_at = clock_timestamp()")


def begin(there: Neighbourhood, db: Connection) -> None:
    """Start the hubs and wait until one of them listens."""
    for hub in there.hubs:
        hub.start()
    until(lambda: ask(db, "SELECT subscribed <> '' FROM broker_sessions"), "subscribed", 60)


@every_sort
def test_a_hub_killed_before_the_commit_and_another_before_its_yes_store_one_press_once(
    sort: str, database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url, clients=2)
    with neighbourhood(sort, tmp_path, database_url) as there:
        (hub,), tap = there.hubs, there.tap
        begin(there, db)
        with connected(database_url) as holder, holder.transaction():
            holder.execute("SELECT 1 FROM organisations FOR UPDATE")
            there.publish(0, "press")
            until(lambda: tap.saw("press"), "the hub received it")
            hub.kill()
        let_go(db)
        assert stored(db, "press") == 0
        tap.deaf = True
        hub.start()
        until(lambda: stored(db, "press") == 1, "stored after all", 60)
        hub.kill()
        let_go(db)
        tap.deaf = False
        assert tap.told() == set()
        hub.start()
        until(lambda: "press" in tap.told(), "the broker hears yes", 60)
        assert stored(db, "press") == 1
        assert ask(db, "SELECT count(*) FROM alerts") == 1
        assert ask(db, "SELECT count(*) FROM events") == 1
        assert journal(db, "opened") == 1
        assert hub.stop() == 0


@pytest.mark.parametrize("sort", EVERY_SORT[:1])
def test_another_hub_takes_over_from_one_that_is_stopped_and_it_stores_and_answers_nothing(
    sort: str, database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url, clients=3)
    with neighbourhood(sort, tmp_path, database_url, hubs=2) as there:
        tap = there.tap
        begin(there, db)
        until(lambda: there.holder(db), "a hub holds the lease")
        first = there.holder(db)
        assert first is not None
        with connected(database_url) as locker:
            with locker.transaction():
                locker.execute("SELECT 1 FROM organisations FOR UPDATE")
                there.publish(0, "press")
                until(lambda: tap.saw("press"), "the first hub received it")
                first.signal(signal.SIGSTOP)
            until(lambda: stored(db, "press") == 1, "the other stored it", TAKEN_OVER_WITHIN)
        second = there.holder(db)
        assert second is not None
        assert second is not first
        until(lambda: "press" in tap.told(), "the other answered")
        answered = tap.connections
        first.signal(signal.SIGCONT)
        there.publish(1, "after")
        until(lambda: "after" in tap.told(), "the other goes on")
        assert {number for number, _ in tap.answered} == {answered}
        assert (stored(db, "press"), stored(db, "after")) == (1, 1)
        second.kill()
        there.publish(2, "last")
        until(lambda: "last" in tap.told(), "the first takes over again", TAKEN_OVER_WITHIN)
        assert ask(db, "SELECT count(*) FROM alerts") == 3
        assert first.stop() == 0


@every_sort
def test_whatever_is_killed_a_hub_loses_nothing(
    sort: str, database_url: str, tmp_path: Path
) -> None:
    count = kill_often(database_url, tmp_path, sort, KILLS, SEED)
    assert sum(count.done.values()) == KILLS
    assert not count.wrong, count
