"""An import that is killed while it writes: nothing of it is there, and it can be done again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Connection, connected
from tests.crash.hubs import ROOT, until
from tests.crash.seen import ask

pytestmark = pytest.mark.slow
HOMES = 300
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%clients%%'
"""
THERE = "SELECT count(*) FROM homes"
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'importing'"


def files(folder: Path, name: str) -> Path:
    """A provider, a client whose name is this, and many homes."""
    place = folder / name
    place.mkdir()
    said = {
        "organisations": [{"external_id": "els", "name": "Els", "sort": "provider"}],
        "homes": [{"external_id": f"{name}-{n}"} for n in range(HOMES)],
        "clients": [{"external_id": "cor", "name": name, "home": f"{name}-0"}],
    }
    if name == "later":
        del said["clients"][0]["home"]  # only her name changes: that is written last
    for noun, some in said.items():
        owned = {} if noun == "organisations" else {"organisation": "els"}
        (place / f"{noun}.json").write_text(json.dumps([{**owned, **one} for one in some]))
    return place


def importing(url: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hub.cli", "import", str(folder)]
    environment = {**os.environ, "NACHTWACHT_DATABASE_URL": url, "PGAPPNAME": "importing"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def test_a_killed_import_leaves_nothing_and_can_be_done_again(
    database_url: str, tmp_path: Path, db: Connection
) -> None:
    assert importing(database_url, files(tmp_path, "first")).wait(60) == 0
    later = files(tmp_path, "later")
    with connected(database_url) as alarm, alarm.transaction():
        alarm.execute(b"SELECT id FROM clients FOR NO KEY UPDATE")
        killed = importing(database_url, later)
        until(lambda: ask(db, WAITING), "everything but the client is written")
        killed.kill()
        killed.wait()
    until(lambda: ask(db, LEFT) == 0, "the database has noticed")
    assert ask(db, THERE) == HOMES
    assert importing(database_url, later).wait(60) == 0
    assert ask(db, THERE) == 2 * HOMES
