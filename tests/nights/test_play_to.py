"""Nights on a rehearsal hub that runs already, and never on any other."""

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.access.secrets import Purpose, keyed_hash
from hub.rehearsal.attached import PLAYED, door
from hub.rehearsal.command import main
from hub.store.migrating import migrate
from tests.conftest import another_database, connected
from tests.crash.hubs import SECRET, Hub, until
from tests.crash.region import settle

pytestmark = pytest.mark.slow
ACCOUNT = "proef/speler"
REHEARSES = {
    "NACHTWACHT_REHEARSAL": "true",
    "NACHTWACHT_TIME_SCALE": "5",
    "NACHTWACHT_ADAPTERS": "native,zigbee2mqtt",
}
NIGHT = """
night: 1
title: A press that somebody answers
start: 2026-01-12T22:30
for: 1h
people:
  sanne: {answers: 1, comes: 1, after: 30s, travel: 5m}
timeline:
  - {at: "23:00", press: anna}
expect:
  - {exactly_once: {opened: alarm.button, client: anna}}
  - {reached: {accepted: sanne}}
"""


@contextmanager
def serving(url: str, folder: Path, more: dict[str, str]) -> Iterator[Hub]:
    hub = Hub(url, folder)
    hub.environment |= more
    try:
        yield hub.start().until_it_serves()
    finally:
        hub.kill()


@pytest.fixture
def password(database_url: str) -> str:
    """The secret of an account that may speak at the hub's door, and of nobody else there."""
    secret = secrets.token_urlsafe(12)
    with connected(database_url) as db:
        db.execute(
            "INSERT INTO organisations (id, external_id, name, sort)"
            " VALUES (gen_random_uuid(), 'proef', 'Proef', 'provider')"
        )
        db.execute(
            "INSERT INTO gateways (id, organisation_id, external_id, secret_hash, adapters)"
            " SELECT gen_random_uuid(), id, 'speler', %s, '{native}' FROM organisations",
            (keyed_hash(SECRET.encode(), Purpose.GATEWAY, secret),),
        )
    return secret


@pytest.fixture(autouse=True)
def _as_that_hub(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    monkeypatch.setenv("NACHTWACHT_SECRET", SECRET)
    (tmp_path / "press.yaml").write_text(NIGHT)


def played(folder: Path, hub: Hub, password: str, more: Sequence[str] = ()) -> int:
    to = f"mqtt://{ACCOUNT}:{password}@127.0.0.1:{hub.mqtt_port}"
    pages = f"http://127.0.0.1:{hub.http_port}"
    return main(["play", str(folder / "press.yaml"), "--to", to, "--pages", pages, *more])


def counted(url: str, table: str) -> int:
    with connected(url) as db:
        row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_night_is_played_on_a_rehearsal_hub_again_and_again_and_leaves_nothing(
    database_url: str, tmp_path: Path, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(database_url, tmp_path, REHEARSES) as hub:
        for _ in range(2):
            assert played(tmp_path, hub, password) == 0, capsys.readouterr()
            assert "live at 5 times the speed" in capsys.readouterr().out
            assert counted(database_url, "clients") == counted(database_url, "alerts") == 0
            assert counted(database_url, "gateways") == 1


def test_a_hub_that_is_not_for_rehearsals_hears_nothing(
    database_url: str, tmp_path: Path, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(database_url, tmp_path, {}) as hub:
        assert played(tmp_path, hub, password) == 1
        assert "is no rehearsal hub" in capsys.readouterr().err
        assert counted(database_url, "messages") == counted(database_url, "clients") == 0


def test_a_door_that_is_not_the_rehearsal_hubs_hears_nothing(
    database_url: str,
    tmp_path: Path,
    password: str,
    postgres: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The pages are a rehearsal's, but what listens there belongs to a hub with people on it."""
    with connected(postgres) as db:
        db.execute("DROP DATABASE IF EXISTS of_a_rehearsal WITH (FORCE)")
        db.execute("CREATE DATABASE of_a_rehearsal")
    other = another_database(postgres, "of_a_rehearsal")
    migrate(other)
    (tmp_path / "real").mkdir()
    with (
        serving(other, tmp_path, REHEARSES) as rehearsal,
        serving(database_url, tmp_path / "real", {}) as real,
    ):
        rehearsal.mqtt_port = real.mqtt_port
        assert played(tmp_path, rehearsal, password) == 1
        assert "is not the front door of the rehearsal hub" in capsys.readouterr().err
        assert counted(database_url, "messages") == counted(database_url, "clients") == 0


def test_whom_a_hub_does_not_know_and_on_which_clients_live_is_left_alone(
    database_url: str, tmp_path: Path, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(database_url, "http://127.0.0.1:1", clients=2)
    there = counted(database_url, "clients")
    with serving(database_url, tmp_path, REHEARSES) as hub:
        assert played(tmp_path, hub, "guessed") == 1
        told = capsys.readouterr().err
        assert "is not let in" in told
        assert "guessed" not in told
        assert played(tmp_path, hub, password) == 1
        assert "clients live in that hub's database" in capsys.readouterr().err
        assert counted(database_url, "clients") == there
    assert played(tmp_path, hub, password) == 1
    assert "nobody answers there" in capsys.readouterr().err


def test_a_hub_that_goes_away_in_the_middle_ends_the_night(
    database_url: str,
    tmp_path: Path,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("hub.rehearsal.live_faults.GONE_AFTER", 0.5)
    restless = NIGHT.replace("for: 1h", "for: 8h").replace("answers: 1", "answers: 0")
    (tmp_path / "press.yaml").write_text(restless)
    with serving(database_url, tmp_path, REHEARSES) as hub:
        ends = threading.Thread(target=_end_after_the_press, args=(database_url, hub))
        ends.start()
        assert played(tmp_path, hub, password) == 1
        ends.join()
    assert "did not come back" in capsys.readouterr().err
    assert counted(database_url, "clients") == 0


def _end_after_the_press(url: str, hub: Hub) -> None:
    until(lambda: counted(url, "alerts"), "it plays", within=60)
    hub.kill()


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1883", "http://a/b:c@h:1", "mqtt://h:1883", "mqtt://a/b:c@h:99999"]
)
def test_an_address_that_cannot_be_played_to_is_refused(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["play", "quiet", "--to", address])
    assert ended.value.code == 2
    assert "give" in capsys.readouterr().err


def test_a_door_with_tls_is_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["play", "quiet", "--to", "mqtts://a/b:c@h:8883"])
    assert ended.value.code == 2
    assert "give mqtt:// with the port of NACHTWACHT_MQTT_PORT" in capsys.readouterr().err


def test_a_second_night_on_one_hub_is_refused_before_it_changes_anything(
    database_url: str, tmp_path: Path, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with connected(database_url) as first:
        first.execute("SELECT pg_advisory_lock(%s)", (PLAYED,))
        other = Hub(database_url, tmp_path)  # nobody needs to answer there
        assert played(tmp_path, other, password) == 1
    assert "another night is being played on that hub" in capsys.readouterr().err
    assert counted(database_url, "gateways") == 1


def test_a_slash_and_an_at_in_the_account_are_read() -> None:
    assert door("mqtt://proef/speler:a%40b@[::1]:1883") == (("::1", 1883), "proef/speler", "a@b")


def test_a_hub_that_is_not_ours_is_not_killed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "hub_killed", "--to", "mqtt://a/b:c@127.0.0.1:1"]) == 2
    assert "without --to" in capsys.readouterr().err


def test_what_another_option_says_already_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "quiet", "--to", "mqtt://a/b:c@127.0.0.1:1", "--speed", "5"]) == 2
    assert "NACHTWACHT_TIME_SCALE" in capsys.readouterr().err
