"""Two commands that play nights do not empty each other's database."""

import fcntl
from pathlib import Path

import pytest

from hub.rehearsal.command import main


def test_two_commands_do_not_play_in_one_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NACHTWACHT_DATA", str(tmp_path))
    (tmp_path / "nights").mkdir()
    with (tmp_path / "nights" / "played").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match="name another folder with NACHTWACHT_DATA"):
            main(["check", "quiet"])
