"""Kills hubs and an outside broker at random moments, and counts what each of them lost.

`python -m tests.crash.broker_kills --kills 100 --seed 7` is the long form of the test.
"""

import argparse
import json
import logging
import random
import signal
import sys
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from hub.store.embedded import running
from hub.store.migrating import migrate
from tests.conftest import Connection, connected
from tests.crash.hubs import until
from tests.crash.outside import Neighbourhood, neighbourhood
from tests.crash.people import at_home
from tests.crash.region import settle
from tests.hub.brokers.outside import SORTS
from tests.hub.house import known

PRESSES = 12
KILL_HUB, KILL_BROKER, STOP_HUB = "a hub killed", "the broker killed", "a hub stopped"
MOMENTS = (KILL_HUB, KILL_HUB, KILL_HUB, KILL_BROKER, STOP_HUB)
IN_BETWEEN = 0.2  # the share of moments at which nobody may be listening
STANDS_STILL = 7.0  # longer than a lease
QUIET = 5.0  # longer than a broker waits before it gives something again


@dataclass
class Count:
    """What a run did and found; all is well when `wrong` is empty.

    `lost_by_the_broker` it had said "yes" to, and never gave to a hub that could answer.
    """

    done: Counter[str] = field(default_factory=Counter)
    published: int = 0
    stored_twice: int = 0
    lost_by_the_hub: int = 0
    lost_by_the_broker: int = 0
    wrong: list[str] = field(default_factory=list)

    def check(self, right: object, what: str) -> None:
        if not right:
            self.wrong.append(what)


def kill_often(url: str, folder: Path, sort: str, kills: int, seed: int) -> Count:
    """Do so many things to two hubs and a broker, on this empty, migrated database."""
    luck, count = random.Random(seed), Count()
    with ExitStack() as stack:
        people = stack.enter_context(at_home())
        settle(url, people.url, kills * PRESSES)
        there = stack.enter_context(neighbourhood(sort, folder, url, hubs=2))
        db = stack.enter_context(connected(url))
        for hub in there.hubs:
            hub.start().until_it_serves()
        for number in range(kills):
            if luck.random() > IN_BETWEEN:
                until(lambda: _listens(there, db), "a hub listens", 90)
            for press in range(number * PRESSES, (number + 1) * PRESSES):
                there.publish(press, f"press {press}", counted=press % 2 == 1)
            threading.Event().wait(luck.uniform(0, 0.5))
            what = luck.choice(MOMENTS)
            _do(what, there, db, luck)
            count.done[what] += 1
        _come_to_rest(there, db)
        _examine(there, db, count)
        for hub in there.hubs:
            count.check(hub.stop() == 0, "a hub stopped badly")
    return count


def _do(what: str, there: Neighbourhood, db: Connection, luck: random.Random) -> None:
    hub = there.holder(db) or luck.choice(there.hubs)
    if what == KILL_BROKER:
        there.broker.kill()
        threading.Event().wait(luck.uniform(0, 1))
        there.broker.start()
    elif what == KILL_HUB:
        hub.kill()
        hub.start()
    else:
        hub.signal(signal.SIGSTOP)
        threading.Event().wait(STANDS_STILL)
        hub.signal(signal.SIGCONT)


def _come_to_rest(there: Neighbourhood, db: Connection) -> None:
    """Until the broker has every message, and gives no more of them for a while."""
    for hub in there.hubs:
        hub.until_it_serves()
    sent = sum(len(one.sent) for one in there.gateways)
    until(lambda: _acknowledged(there) == sent, "the broker says yes to every gateway", 60)
    until(lambda: there.holder(db), "a hub holds the lease", 60)
    before = -1
    while before != (before := _passed(there, db)):
        threading.Event().wait(QUIET)


def _listens(there: Neighbourhood, db: Connection) -> bool:
    """Whether a hub holds the lease and the broker has let it in."""
    return there.holder(db) is not None and bool(there.tap.open)


def _acknowledged(there: Neighbourhood) -> int:
    return sum(len(one.acknowledged) for one in there.gateways)


def _passed(there: Neighbourhood, db: Connection) -> int:
    stored = db.execute("SELECT count(*) FROM messages").fetchall()[0][0]
    return int(stored) + len(there.tap.given) + len(there.tap.answered) + there.tap.connections


def _examine(there: Neighbourhood, db: Connection, count: Count) -> None:
    stored: Counter[str] = Counter()
    for payload, outcome in db.execute("SELECT payload, outcome FROM messages"):
        stored[json.loads(payload)["nonce"]] += 1
        count.check(outcome == "decoded", f"stored as {outcome}: {payload!r}")
    published = {nonce for one in there.gateways for nonce in one.sent}
    answered = there.tap.told()
    count.published = len(published)
    count.stored_twice = sum(times > 1 for times in stored.values())
    count.lost_by_the_hub = len(answered - stored.keys())
    count.lost_by_the_broker = len(published - stored.keys() - answered)
    count.check(not count.lost_by_the_hub, f"answered, not stored: {answered - stored.keys()}")
    left = stored.keys() - answered
    count.check(not left or count.done[KILL_BROKER], f"stored and never answered: {sorted(left)}")
    lost = count.lost_by_the_broker
    count.check(not lost or count.done[KILL_BROKER], f"{lost} lost by a broker nobody killed")
    _examine_alerts(db, count, stored)


def _examine_alerts(db: Connection, count: Count, stored: Counter[str]) -> None:
    """One alert for each press that is stored; a pendant that counts is heard once."""
    presses = {known(f"c-{one}"): one for one in range(sum(count.done.values()) * PRESSES)}
    found = db.execute(
        "SELECT subject_id, kind, resolved_at IS NULL AND due_at IS NOT NULL,"
        " (SELECT count(*) FROM events WHERE alert_id = a.id) FROM alerts a"
    ).fetchall()
    pressed = [row for row in found if row[0] in presses]
    count.check(len(pressed) == len(stored), f"{len(pressed)} alerts, {len(stored)} presses")
    for subject, kind, open_and_due, events in pressed:
        press = presses[subject]
        count.check(kind == "alarm.button" and open_and_due, f"alert of press {press}")
        count.check(press % 2 == 0 or events == 1, f"a proven copy rang: {press}")


def main() -> int:
    """Run it on a database of its own; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", choices=sorted(SORTS), default="")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable()
    wrong = False
    for sort in [given.broker] if given.broker else sorted(SORTS):
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nachtwacht-brokers-"))
            server = stack.enter_context(running(Path(folder)))
            migrate(server.url)
            count = kill_often(server.url, Path(folder), sort, given.kills, given.seed)
        print(f"{sort}: {count}", flush=True)
        wrong = wrong or bool(count.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
