"""The embedded server: kept, shared, closed to strangers, and alive again after every kill."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from hub.store.cluster import Place
from hub.store.embedded import EmbeddedFailed, InUse, Server, forget, running

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root may do")

FAST = {"fsync": "off", "shared_buffers": "16MB"}
OWNER = """
import sys
from pathlib import Path
from hub.store.embedded import running
with running(Path(sys.argv[1]), {"fsync": "off", "shared_buffers": "16MB"}) as server:
    print(server.owned, flush=True)
    sys.stdin.read()
"""


def ask(server: Server, question: str) -> object:
    with psycopg.connect(plain(make_url(server.url)), autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
    return row[0] if row else None


def plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def another_command(data: Path) -> Iterator["subprocess.Popen[str]"]:
    """A command in a process of its own that runs the server until its input ends."""
    command = [sys.executable, "-c", OWNER, str(data)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() in {"True\n", "False\n"}
        yield process


def postmaster(data: Path) -> int:
    found = Place.under(data).postmaster()
    assert found is not None
    return found.pid


def gone(data: Path) -> bool:
    return Place.under(data).postmaster() is None


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    forget(tmp_path / "data")


def test_it_starts_durable_in_utc_and_stops_with_its_owner(data: Path) -> None:
    with running(data) as server:
        assert server.owned
        assert ask(server, "SELECT current_setting('fsync')") == "on"
        assert ask(server, "SELECT current_setting('full_page_writes')") == "on"
        assert ask(server, "SELECT current_setting('TimeZone')") == "UTC"
        assert ask(server, "SELECT current_setting('server_encoding')") == "UTF8"
        assert ask(server, "SELECT datcollate FROM pg_database LIMIT 1") == "C"
        assert os.getsid(postmaster(data)) != os.getsid(0), "Ctrl-C must not reach it"
    assert gone(data)


def test_a_second_start_finds_the_data_again(data: Path) -> None:
    with running(data, FAST) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS seven")
    with running(data, FAST) as server:
        assert ask(server, "SELECT seven FROM kept") == 7


def test_a_second_command_attaches_and_does_not_stop_it(data: Path) -> None:
    with running(data, FAST) as server:
        with another_command(data):
            pass
        assert ask(server, "SELECT 1") == 1


def test_a_command_attaches_to_the_server_of_another(data: Path) -> None:
    with another_command(data), running(data, FAST) as server:
        assert not server.owned
        assert ask(server, "SELECT 1") == 1
        with pytest.raises(InUse):
            forget(data)


def test_who_comes_after_a_killed_owner_takes_its_server_over_and_stops_it(data: Path) -> None:
    with another_command(data) as owner:
        before = postmaster(data)
        owner.kill()
        owner.wait()
    with running(data, FAST) as server:
        assert server.owned
        assert postmaster(data) == before
        assert ask(server, "SELECT 1") == 1
    assert gone(data)


def test_it_starts_again_after_everything_was_killed(data: Path) -> None:
    with another_command(data) as owner:
        with running(data, FAST) as server:
            ask(server, "CREATE TABLE kept AS SELECT 7 AS seven")
        os.kill(postmaster(data), signal.SIGKILL)
        owner.kill()
        owner.wait()
    with running(data, FAST) as server:
        assert ask(server, "SELECT seven FROM kept") == 7


def test_a_dead_servers_mark_with_the_number_of_a_living_stranger_is_no_obstacle(
    data: Path,
) -> None:
    with running(data, FAST) as server:
        mark = Place.under(data).cluster / "postmaster.pid"
        left = mark.read_text()
    user = mark.parent.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "600"], user=user) as stranger:
        mark.write_text(left.replace(left.split("\n")[0], str(stranger.pid), 1))
        with running(data, FAST) as server:
            assert ask(server, "SELECT 1") == 1
        stranger.kill()


def test_an_empty_mark_is_no_obstacle(data: Path) -> None:
    with running(data, FAST):
        pass
    (Place.under(data).cluster / "postmaster.pid").touch()
    with running(data, FAST) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_cluster_whose_making_was_killed_is_made_again(data: Path) -> None:
    place = Place.under(data)
    half = place.folder / "making-killed"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    place.password.write_text("never used")
    with running(data, FAST) as server:
        assert ask(server, "SELECT 1") == 1
    assert not half.exists()


def test_a_kill_before_the_hubs_database_was_made_is_made_good(data: Path) -> None:
    with (
        running(data, FAST) as server,
        psycopg.connect(
            plain(make_url(server.database("postgres"))), autocommit=True
        ) as connection,
    ):
        connection.execute("DROP DATABASE nachtwacht")
    with running(data, FAST) as server:
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_is_refused_by_socket_and_by_address(data: Path, password: str) -> None:
    with running(data, FAST) as server:
        by_socket = make_url(server.url).set(password=password)
        by_address = by_socket.set(host="127.0.0.1", port=server.port, query={})
        for url in (by_socket, by_address):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(plain(url))
        rules = (Place.under(data).cluster / "pg_hba.conf").read_text().splitlines()
    assert all(rule.endswith("scram-sha-256") for rule in rules if rule.strip() and rule[0] != "#")


def test_strangers_on_the_machine_find_every_door_closed(data: Path) -> None:
    with running(data, FAST) as server:
        place = Place.under(data)
        assert place.sockets.stat().st_mode & 0o777 == 0o700
        assert place.cluster.stat().st_mode & 0o777 == 0o700
        assert place.password.stat().st_mode & 0o777 == 0o600
        assert ask(server, "SELECT current_setting('listen_addresses')") == "127.0.0.1"
        assert place.password.read_text() not in repr(server)


def test_a_path_too_long_for_a_socket_falls_back_to_the_address(data: Path) -> None:
    deep = data / ("a" * 60) / ("b" * 60)
    with running(deep, FAST) as server:
        assert make_url(server.url).host == "127.0.0.1"
        assert ask(server, "SELECT 1") == 1
    forget(deep)


def test_a_data_folder_that_cannot_be_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(EmbeddedFailed, match="Set NACHTWACHT_DATA to a folder of your own"),
        running(tmp_path / "file"),
    ):
        pass


def test_a_cluster_of_a_version_that_is_not_here_is_kept_and_named(data: Path) -> None:
    place = Place.under(data)
    place.cluster.mkdir()
    (place.cluster / "PG_VERSION").write_text("9")
    place.password.write_text("known")
    with pytest.raises(EmbeddedFailed, match="made with PostgreSQL 9"), running(data):
        pass
    assert place.cluster.exists()


@only_root
def test_root_is_told_what_to_do_without_setpriv(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedFailed, match="Run this as an ordinary user"), running(data):
        pass


@only_root
def test_root_is_told_of_another_folder_where_closed_ones_cannot_be_passed(
    data: Path, tmp_path: Path, strict_machine: None
) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(EmbeddedFailed, match="Set NACHTWACHT_DATA to a folder"), running(data):
        pass


@only_root
def test_root_needs_nothing_special_in_a_folder_everybody_may_enter(strict_machine: None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder), FAST) as server:
            assert ask(server, "SELECT 1") == 1


@pytest.fixture
def strict_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lets root become somebody else, but not with a capability left."""
    strict = tmp_path / "setpriv"
    real = shutil.which("setpriv")
    strict.write_text(f'#!/bin/sh\ncase "$*" in *caps*) exit 1;; esac\nexec {real} "$@"\n')
    strict.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_forgetting_leaves_nothing_of_the_data(data: Path) -> None:
    with another_command(data) as owner:
        owner.kill()
    forget(data)
    assert [path.name for path in (data / "postgres").iterdir()] == ["lock"]
    with running(data, FAST) as server:
        assert ask(server, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
