"""A hub killed between claiming a call and hearing whether it arrived."""

from pathlib import Path

import pytest

from escalation.model import Level
from hub.road.deliver import CLAIMED_FOR
from tests.conftest import Connection
from tests.crash.hubs import Hub, until
from tests.crash.people import People
from tests.crash.region import hurry, settle
from tests.crash.seen import ask, press

pytestmark = pytest.mark.slow
SOON = 3.0  # seconds; a call that hangs is given up after ten
SENT = "SELECT count(*) FROM outbox WHERE state = 'sent' AND address LIKE '%%/team'"


def test_a_call_without_an_answer_is_made_again_with_the_same_key(
    database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url)
    hurry(database_url, Level.OWN_TEAM, Level.CARE_CENTRE)
    people.silent.add("team")
    with Hub(database_url, tmp_path) as hub:
        hub.until_it_serves()
        press(hub, 0)
        until(lambda: people.keys("team"), "the call is made")
        hub.kill()
        people.silent.clear()
        hub.start().until_it_serves()
        until(lambda: ask(db, SENT), "the call is made again", CLAIMED_FOR.total_seconds() + 10)
    first, second = people.keys("team")
    assert first == second


def test_a_call_that_hangs_holds_up_no_other(
    database_url: str, tmp_path: Path, people: People, db: Connection
) -> None:
    settle(database_url, people.url, clients=2)
    hurry(database_url, Level.OWN_TEAM, Level.CARE_CENTRE)
    people.silent.add("team")
    with Hub(database_url, tmp_path) as hub:
        hub.until_it_serves()
        press(hub, 0)
        until(lambda: people.keys("team"), "the team is called")
        people.silent.clear()
        press(hub, 1)
        until(lambda: ask(db, SENT) == 1, "the next call is answered", SOON)
        assert len(people.keys("team")) == 2, "the first call still hangs"
