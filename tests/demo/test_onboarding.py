"""From a gateway's secret to a seen test press: the commands run as they stand in the document."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.demo.ports import lasting_port
from tests.crash.hubs import until

ROOT = Path(__file__).parents[2]
WHOLE = (ROOT / "docs" / "front-door.md").read_text("utf-8")
STORY = WHOLE.partition("## From a secret to a seen test press")[2]
A_HUB, *STEPS = re.findall(r"^```sh\n(.*?)^```", STORY, re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is not installed"
)


def run(script: str, environment: dict[str, str]) -> list[str]:
    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert said.returncode == 0, f"{script}\n{said.stdout}\n{said.stderr}"
    return said.stdout.split("====\n")


@contextmanager
def served(environment: dict[str, str], log: Path) -> Iterator[None]:
    *before, serving = A_HUB.splitlines()[1:]  # the first names an embedded database and the port
    run("\n".join(before), environment)
    with log.open("w") as written:
        hub = subprocess.Popen(
            serving.split(), cwd=ROOT, env=environment, stdout=written, stderr=written
        )
    try:
        until(lambda: "Pages on" in log.read_text() or hub.poll() is not None, "it serves", 120)
        assert hub.poll() is None, log.read_text()
        yield
    finally:
        hub.terminate()
        hub.wait(60)


def test_a_gateways_secret_leads_to_a_test_press_that_is_seen(
    database_url: str, tmp_path: Path
) -> None:
    http, mqtt = lasting_port(), lasting_port()
    environment = {key: it for key, it in os.environ.items() if not key.startswith("NACHTWACHT_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NACHTWACHT_DATABASE_URL": database_url,
        "NACHTWACHT_DATA": str(tmp_path),
        "NACHTWACHT_HTTP_PORT": str(http),
        "NACHTWACHT_MQTT_PORT": str(mqtt),
        "HUB": f"http://127.0.0.1:{http}",
    }
    with served(environment, tmp_path / "hub.log"):
        script = "\necho\necho ====\n".join(STEPS).replace("-p 1883", f"-p {mqtt}")
        _, address, testing, pressed, seen, ended = run(script, environment)
    assert json.loads(address)["allowed"] is True
    assert json.loads(testing)["items"][0]["mode"] == "test"
    assert json.loads(pressed)["outcome"] == "decoded"
    alerts, stored, troubled = map(json.loads, seen.strip().replace("}{", "}\n{").splitlines())
    (alert,) = alerts["items"]
    assert (alert["kind"], alert["priority"]) == ("alarm.button", "T")
    assert [one["external_id"] for one in alert["clients"]] == ["anna-de-wit"]
    assert [one["outcome"] for one in stored["items"]] == ["decoded"]
    assert troubled["items"] == []
    assert json.loads(ended)["items"] == []
