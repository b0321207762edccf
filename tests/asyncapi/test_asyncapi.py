"""The AsyncAPI document is one that the reference parser takes, and says what the hub does."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import jsonschema
import pytest

from hub.out.event import GAP, TYPE, TYPES
from hub.sources.subscription import topic_of, topic_of_gap

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "hub" / "out"
DOCUMENT, SCHEMA = OUT / "asyncapi.json", OUT / "schema.json"


@pytest.fixture(scope="module")
def parser() -> Path:
    """A folder in which the parser is installed, once for each lock file."""
    lock = HERE / "package-lock.json"
    folder = Path(sys.prefix) / f"asyncapi-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not here")
    if not (folder / "installed").exists():
        folder.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json", "check.mjs"):
            shutil.copy(HERE / name, folder / name)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            npm, check=False, cwd=folder, capture_output=True, text=True, timeout=240
        )
        if done.returncode:
            pytest.skip("npm cannot fetch the parser here")
        (folder / "installed").touch()
    return folder


@pytest.mark.slow
def test_the_reference_parser_finds_nothing_wrong(parser: Path) -> None:
    done = subprocess.run(
        ["node", "check.mjs", str(DOCUMENT)],
        check=False, cwd=parser, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_reference_parser_would_find_something_wrong(parser: Path, tmp_path: Path) -> None:
    broken = json.loads(DOCUMENT.read_text())
    broken["operations"]["tellOfGap"]["channel"]["$ref"] = "#/channels/nowhere"
    (tmp_path / "asyncapi.json").write_text(json.dumps(broken))
    shutil.copy(SCHEMA, tmp_path)
    done = subprocess.run(
        ["node", "check.mjs", str(tmp_path / "asyncapi.json")],
        check=False, cwd=parser, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1


def test_the_document_names_the_topics_the_hub_sends_on() -> None:
    channels = json.loads(DOCUMENT.read_text())["channels"]
    alert = UUID("0a2f6c1e-7f0b-4f0e-9d55-0d6f3a1c2b3d")
    filled = {"organisation": "zorg", "alert": str(alert), "type": "opened"}
    assert channels["alerts"]["address"].format(**filled) == topic_of("zorg", alert, "opened")
    assert channels["gap"]["address"].format(**filled) == topic_of_gap("zorg")


def test_its_examples_keep_to_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text())
    messages = json.loads(DOCUMENT.read_text())["components"]["messages"].values()
    examples = [one["payload"] for message in messages for one in message.get("examples", ())]
    assert len(examples) == 2
    for one in examples:
        jsonschema.Draft202012Validator(schema).validate(one)


def test_the_schema_names_every_type_and_no_other() -> None:
    gap, alert = json.loads(SCHEMA.read_text())["oneOf"]
    assert gap["properties"]["type"]["const"] == GAP
    assert sorted(alert["properties"]["type"]["enum"]) == sorted(TYPE + one for one in TYPES)
