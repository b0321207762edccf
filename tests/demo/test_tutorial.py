"""The tutorial does what it says: its commands run as they stand in the document."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.demo.ports import lasting_port
from tests.crash.hubs import until

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)
SHOWN = re.findall(r"^```text\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)
FENCES = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SECOND_TERMINAL = re.findall(r"^    (.+)$", FENCES.sub("", TUTORIAL), re.MULTILINE)
SWITCHED_ON = 7  # commands before the demo is started

pytestmark = pytest.mark.slow


def environment() -> dict[str, str]:
    kept = {key: said for key, said in os.environ.items() if not key.startswith("NACHTWACHT_")}
    programs = str(Path(sys.executable).parent)
    return kept | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def run(folder: Path, command: str) -> str:
    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert said.returncode == 0, f"{command}\n{said.stdout}\n{said.stderr}"
    return said.stdout


@contextmanager
def second_terminal(folder: Path) -> Iterator[None]:
    """The demo as the document starts it, on ports that are free here."""
    ports = f"export NACHTWACHT_HTTP_PORT={lasting_port()} NACHTWACHT_MQTT_PORT={lasting_port()}"
    script = "\n".join([ports, *SECOND_TERMINAL[:-1], f"exec {SECOND_TERMINAL[-1]}"])
    log = folder / "demo.log"
    with log.open("w") as written:
        demo = subprocess.Popen(
            ["bash", "-c", script], cwd=folder, env=environment(), stdout=written, stderr=written,
            start_new_session=True,
        )  # fmt: skip
    file = folder / ".nachtwacht" / "demo.json"
    try:
        until(lambda: file.exists() or demo.poll() is not None, "the demo is there", 120)
        assert file.exists(), log.read_text()
        yield
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, log.read_text()
    finally:
        if demo.poll() is None:
            demo.terminate()
            demo.wait(60)


def test_the_tutorial_ends_with_an_alarm_on_the_board(tmp_path: Path) -> None:
    *building, checking = COMMANDS[: SWITCHED_ON - 1]
    said = "".join(run(tmp_path, one) for one in building)
    for line in SHOWN[0].splitlines():
        assert line in said.splitlines(), said
    assert "rejected  wrong_value: cord:" in said
    assert run(tmp_path, checking).splitlines()[-1] == "mat-cord: GOLD"
    registering, pulling, asking = COMMANDS[SWITCHED_ON - 1 :]
    with second_terminal(tmp_path):
        run(tmp_path, registering)
        assert _outcome(run(tmp_path, pulling)) == "decoded"
        assert len(_cords(tmp_path)) == 1
        run(tmp_path, pulling)  # a copy
        (alert,) = _cords(tmp_path)
        assert alert["priority"] == "P1"
        again = pulling.replace('"seq": 16', '"seq": 17')
        assert _outcome(run(tmp_path, again)) == "decoded"
        (after,) = _cords(tmp_path)
        assert after["id"] == alert["id"]
        assert "alarm.pull_cord" in run(tmp_path, f"{_helper(pulling)}\n{asking}")


def _helper(pulling: str) -> str:
    """The line that the document defines once and uses twice, as one terminal would."""
    return pulling.splitlines()[0]


def _outcome(answer: str) -> str:
    said: str = json.loads(answer)["outcome"]
    return said


def _cords(folder: Path) -> list[dict[str, Any]]:
    demo = json.loads((folder / ".nachtwacht" / "demo.json").read_text())
    headers = {"Authorization": f"Bearer {demo['api_token']}"}
    answer = httpx.get(f"{demo['http']}/api/v1/alerts?limit=100", headers=headers)
    listed: list[dict[str, Any]] = answer.json()["items"]
    return [one for one in listed if one["kind"] == "alarm.pull_cord"]
