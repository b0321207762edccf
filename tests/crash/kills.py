"""Kills a hub at random moments under publishers of QoS 1 and 2, and counts afterwards.

`python -m tests.crash.kills --kills 200 --stops 20 --seed 7` is the long form of the test. A stop
is a SIGSTOP for some seconds, longer than the publishers wait before they connect anew.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from paho.mqtt.enums import MQTTProtocolVersion

from hub.store.embedded import running
from hub.store.migrating import migrate
from tests.conftest import Connection, connected
from tests.crash.hubs import Hub, paused, until
from tests.crash.people import People, at_home
from tests.crash.publisher import Publisher, publishing
from tests.crash.region import GATEWAYS, settle
from tests.hub.house import known

PRESSES_A_KILL, SIGNS_A_KILL = 12, 24
IN_THE_START = 0.2  # the share of kills that fall while the hub is starting
STANDS_STILL = (1.0, 8.0)
PATIENCE = 3  # keep-alive of a publisher in seconds
PROTOCOLS = (MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5)


@dataclass
class Count:
    """What a run did, and what it found wrong; all is well when `wrong` is empty."""

    kills: int = 0
    stops: int = 0
    published: int = 0
    heard_yes_before_the_last_kill: int = 0
    at_quality_two: int = 0
    stored_twice: int = 0  # at QoS 1 only, and not what can ring
    calls: int = 0
    wrong: list[str] = field(default_factory=list)

    def check(self, right: object, what: str) -> None:
        if not right:
            self.wrong.append(what)


def kill_often(url: str, folder: Path, kills: int, seed: int, stops: int = 0) -> Count:
    """Kill and stop a hub on this empty, migrated database so often; what was found afterwards."""
    luck = random.Random(seed)
    with ExitStack() as stack:
        people = stack.enter_context(at_home())
        settle(url, people.url, (kills + stops) * PRESSES_A_KILL)
        hub = stack.enter_context(Hub(url, folder))
        gateways = [
            stack.enter_context(
                publishing(f"gw-{one}", hub.mqtt_port, PROTOCOLS[one % len(PROTOCOLS)], PATIENCE)
            )
            for one in range(GATEWAYS)
        ]
        count = Count()
        for number, stop in enumerate(_order(kills, stops, luck)):
            _speak(gateways, number, luck)
            _wait_for_a_moment(hub, gateways, luck)
            count.heard_yes_before_the_last_kill = _yes(gateways)
            if stop:
                with paused(hub):
                    _pass(luck.uniform(*STANDS_STILL))
                count.stops += 1
            else:
                hub.kill()
                count.kills += 1
                hub.start()
        count.published = sum(len(one.sent) for one in gateways)
        until(lambda: _yes(gateways) == count.published, "a yes to every message", 60)
        with connected(url) as db:
            _until_called(db)
            count.check(hub.stop() == 0, "the hub stopped badly")
            _examine(db, gateways, people, count)
    return count


def _until_called(db: Connection) -> None:
    """Wait until every call that is promised now went out, as long as some do.

    Later ones never end: nobody answers, and the ladders go on.
    """
    left = _unsent(db)

    def some_went_out() -> bool:
        nonlocal left
        before, left = left, left & _unsent(db)
        return left < before

    while left:
        until(some_went_out, "the next call", 60)


def _order(kills: int, stops: int, luck: random.Random) -> list[bool]:
    """In which order to kill (False) and to stop (True)."""
    order = [False] * kills + [True] * stops
    luck.shuffle(order)
    return order


def _speak(gateways: Sequence[Publisher], number: int, luck: random.Random) -> None:
    """New presses, each of a client of its own, among signs of life and motion."""
    first = number * PRESSES_A_KILL
    presses = list(range(first, first + PRESSES_A_KILL))
    said = [(f"p-{one}", f"press {one}", _press(one)) for one in presses]
    for sign in range(SIGNS_A_KILL):
        one = luck.choice(presses)
        said.append((f"s-{one}", f"sign {number}/{sign}", luck.choice((_MOTION, _STILL, _ALIVE))))
    luck.shuffle(said)
    for device, nonce, body in said:
        qos = luck.choice((1, 2))
        gateways[int(device[2:]) % GATEWAYS].publish(device, nonce, body, qos)


_MOTION, _STILL = ({"channel": "motion", "active": active} for active in (True, False))
_ALIVE = {"kind": "presence.heartbeat"}


def _press(number: int) -> dict[str, Any]:
    """Every other pendant counts its messages, which proves a copy."""
    proof = {"boot": "b1", "seq": number} if number % 2 else {}
    return {"kind": "alarm.button", **proof}


def _wait_for_a_moment(hub: Hub, gateways: Sequence[Publisher], luck: random.Random) -> None:
    if luck.random() < IN_THE_START:
        _pass(luck.uniform(0, 2))
        return
    hub.until_it_serves()
    enough = _yes(gateways) + luck.randrange(PRESSES_A_KILL + SIGNS_A_KILL)
    until(lambda: _yes(gateways) >= enough or not _waiting(gateways), "the hub says yes")
    _pass(luck.uniform(0, 0.03))


def _pass(seconds: float) -> None:
    """Let a random moment come."""
    threading.Event().wait(seconds)


def _yes(gateways: Sequence[Publisher]) -> int:
    return sum(len(one.acknowledged) for one in gateways)


def _waiting(gateways: Sequence[Publisher]) -> int:
    return sum(len(one.sent) for one in gateways) - _yes(gateways)


def _unsent(db: Connection) -> set[UUID]:
    return {row[0] for row in db.execute("SELECT id FROM outbox WHERE state = 'waiting'")}


def _examine(db: Connection, gateways: Sequence[Publisher], people: People, count: Count) -> None:
    _examine_messages(db, gateways, count)
    _examine_alerts(db, {nonce for one in gateways for nonce in one.at_quality_two}, count)
    _examine_calls(db, people, count)


def _examine_messages(db: Connection, gateways: Sequence[Publisher], count: Count) -> None:
    stored: Counter[str] = Counter()
    for payload, outcome in db.execute("SELECT payload, outcome FROM messages"):
        stored[json.loads(payload)["nonce"]] += 1
        count.check(outcome == "decoded", f"stored as {outcome}: {payload!r}")
    published = {nonce for one in gateways for nonce in one.sent}
    count.check(published <= stored.keys(), f"never stored: {sorted(published - stored.keys())}")
    count.check(stored.keys() <= published, "stored what nobody said")
    count.stored_twice = sum(times > 1 for times in stored.values())
    once = {nonce for one in gateways for nonce in one.at_quality_two}
    doubled = sorted(nonce for nonce in once if stored[nonce] > 1)
    count.at_quality_two = len(once)
    count.check(not doubled, f"QoS 2 stored more than once: {doubled}")


def _examine_alerts(db: Connection, once: set[str], count: Count) -> None:
    """One open alert a press, opened once, with its next moment; a proven copy does not ring."""
    spoken = (count.kills + count.stops) * PRESSES_A_KILL
    presses = {known(f"c-{one}"): one for one in range(spoken)}
    found = db.execute(
        "SELECT subject_id, kind, resolved_at IS NULL AND due_at IS NOT NULL, stuck_at IS NULL,"
        " (SELECT count(*) FROM journal WHERE alert_id = a.id AND what = 'opened'),"
        " (SELECT count(*) FROM events WHERE alert_id = a.id) FROM alerts a"
    ).fetchall()
    alerts = Counter(row[0] for row in found)
    count.check(alerts.keys() == presses.keys(), f"{len(alerts)} clients with an alert")
    count.check(max(alerts.values(), default=0) == 1, "a press with more than one alert")
    for subject, kind, open_and_due, healthy, opened, events in found:
        press = presses.get(subject, 0)
        proven = press % 2 == 1 or f"press {press}" in once
        right = kind == "alarm.button" and open_and_due and healthy and opened == 1
        count.check(right and events >= 1, f"alert of press {presses.get(subject)}")
        count.check(not proven or events == 1, f"a proven copy rang: {presses.get(subject)}")


def _examine_calls(db: Connection, people: People, count: Count) -> None:
    """What is marked as sent did reach somebody's telephone."""
    sent = {str(row[0]) for row in db.execute("SELECT id FROM outbox WHERE state = 'sent'")}
    called = {key for _, key in people.calls}
    count.calls = len(called)
    count.check(sent <= called, "marked as sent and never sent")


def main() -> int:
    """Run it on a database of its own; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--stops", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nachtwacht-kills-"))
        server = stack.enter_context(running(Path(folder)))
        migrate(server.url)
        count = kill_often(server.url, Path(folder), given.kills, given.seed, given.stops)
    print(count)
    return 1 if count.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
