"""The demo is a test: from a fresh clone, a press over MQTT is seen, taken and ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
START_LIMIT = 120.0  # seconds, on a busy machine
STOP_LIMIT = 60.0
SPEED = 2.0  # slow enough for a browser on a busy machine
WHO, PENDANT = "Riet Postma", "p-riet"

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@dataclass
class Demo:
    """A running demo, and what it wrote for scripts."""

    process: "subprocess.Popen[str]"
    file: Path
    said: dict[str, Any]

    def ask(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.said['api_token']}"}
        return httpx.get(f"{self.said['http']}/api/v1{path}", headers=headers).json()

    def login(self, role: str) -> dict[str, str]:
        return next(one for one in self.said["logins"] if one["role"] == role)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone") / "nachtwacht"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def running(clone: Path, data: Path) -> Iterator[Demo]:
    """A demo from start to Ctrl-C; it must end well and leave no process behind."""
    log = (data.parent / "demo.log").open("a")
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "demo"],
        cwd=clone,
        env=environment(data),
        stdout=log,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        file = data / "demo.json"
        waits_for(lambda: file.exists() or process.poll() is not None, START_LIMIT)
        assert file.exists(), Path(log.name).read_text()
        yield Demo(process, file, json.loads(file.read_text()))
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_LIMIT) == 0, Path(log.name).read_text()
        assert left_behind(data) == []
        assert not file.exists()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(STOP_LIMIT)
        log.close()


def environment(data: Path) -> dict[str, str]:
    own = {name: said for name, said in os.environ.items() if not name.startswith("NACHTWACHT_")}
    return own | {
        "NACHTWACHT_DATA": str(data),
        "NACHTWACHT_TIME_SCALE": str(SPEED),
        "NACHTWACHT_HTTP_PORT": "0",
        "NACHTWACHT_MQTT_PORT": "0",
    }


def waits_for(happened: Any, limit: float) -> None:
    """Look until something happened in another process."""
    ends = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.1)  # noqa: TID251 - another process has a clock of its own


def left_behind(data: Path) -> list[str]:
    """Every process that still has the data folder among its arguments."""
    lines = [
        (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and (folder / "cmdline").exists()
    ]
    return [line for line in lines if str(data) in line]


def press(demo: Demo) -> None:
    """Press a pendant with mosquitto's client where there is one, else with paho."""
    said = demo.said
    topic = f"in/{said['gateway_user']}/native/{PENDANT}"
    payload = json.dumps({"kind": "alarm.button"})
    if program := shutil.which("mosquitto_pub"):
        where = ["-h", said["mqtt_host"], "-p", str(said["mqtt_port"])]
        who = ["-u", said["gateway_user"], "-P", said["gateway_password"]]
        what = ["-q", "1", "-t", topic, "-m", payload]
        subprocess.run([program, *where, *who, *what], check=True, timeout=20)
        return
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(said["gateway_user"], said["gateway_password"])
    client.connect(said["mqtt_host"], said["mqtt_port"])
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


def sign_in(page: Page, demo: Demo, role: str) -> None:
    page.goto(demo.said["http"])
    who = demo.login(role)
    page.fill("#login", who["login"])
    page.fill("#password", who["password"])
    page.click("button.pri")
    expect(page.locator("#to-do")).to_be_attached()


def test_a_press_is_seen_taken_and_ended_and_is_still_there_after_a_restart(
    clone: Path, tmp_path: Path, browser: Browser
) -> None:
    data = tmp_path / "data"
    with running(clone, data) as demo:
        page = browser.new_page()
        sign_in(page, demo, "operator")
        press(demo)
        alert_id = takes_and_ends(page)
        alert = demo.ask(f"/alerts/{alert_id}")
        assert (alert["status"], alert["outcome"]) == ("resolved", "accidental")
        assert [one["name"] for one in alert["clients"]] == [WHO]
        hands = {line["what"]: line["actor"] and line["actor"]["name"] for line in alert["journal"]}
        assert hands["accepted"] == hands["resolved"] == demo.login("operator")["name"]
        page.close()
    with running(clone, data) as again:
        assert again.ask(f"/alerts/{alert_id}")["outcome"] == "accidental"
        assert again.said["logins"] == demo.said["logins"]


def takes_and_ends(page: Page) -> str:
    """See the alert come up by itself, open it, go there, and end it; the alert's id."""
    row = page.locator("#to-do .row, #in-hand .row").filter(has_text=WHO)
    expect(row).to_be_visible(timeout=20_000)
    alert_id = row.get_attribute("data-id")
    assert alert_id is not None
    row.press("Enter")  # a click this soon after the board moved counts as a slip
    page.locator("#go-self summary").click()
    page.locator("form[action$='/accept'] button").click()
    expect(page.locator("form[action$='/arrive'] button")).to_be_visible()
    page.locator("button[name=outcome][value=accidental]").click()
    page.wait_for_load_state()
    return alert_id


def test_it_says_that_it_is_a_rehearsal_and_how_fast_its_clock_runs(
    clone: Path, tmp_path: Path, browser: Browser
) -> None:
    with running(clone, tmp_path / "data") as demo:
        page = browser.new_page()
        sign_in(page, demo, "night")
        expect(page.locator(".rehearsal")).to_be_visible()
        expect(page.locator(".rehearsal")).to_contain_text("2 keer zo snel")
        assert demo.file.stat().st_mode & 0o777 == 0o600
        page.close()


def test_a_second_demo_on_the_same_data_is_refused_and_reset_forgets(
    clone: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "hub.cli", "demo"]
    with running(clone, data):
        second = subprocess.run(
            command, cwd=clone, env=environment(data), capture_output=True, text=True, check=False
        )
        assert (second.returncode, "already runs" in second.stderr) == (1, True)
    subprocess.run([*command, "--reset"], cwd=clone, env=environment(data), check=True)
    assert sorted(path.name for path in data.iterdir()) == ["demo", "demo.lock", "secret"]
