"""Check 13: an alarm goes through a whole hub, from the front door to an alert, in two seconds.

A hub of its own with a PostgreSQL of its own, in a folder that is thrown away. Each message comes
from a gateway and a device of its own, so that none is a repetition of another.
"""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.types.json import Jsonb

from adapters.contract import Kind
from adapters.kit.asking import Answer
from adapters.kit.bronze import alarms
from adapters.kit.fixtures import Fixture
from adapters.kit.result import Result, Verdict
from adapters.kit.subject import Subject, Wrong
from adapters.readings import only_informs
from hub.access.secrets import Purpose, keyed_hash
from hub.commands.adapter_finding import Located
from hub.store.embedded import EmbeddedFailed, running
from hub.store.migrating import migrate
from hub.store.url import plain_url

WITHIN = 2.0  # seconds from publishing to the alert
GIVES_UP = 20.0
TRIES = 3  # a machine that is busy with something else is not the adapter's fault
STARTS_WITHIN = 60.0
MANY = 12  # kinds that are tried; each is a device of its own
LISTENING = re.compile(rb"MQTT on 127\.0\.0\.1:(\d+)")
# An exit from a zone is not an event yet: it waits for a second fix, or two minutes.
SEEN = """
SELECT count(*) FROM messages m LEFT JOIN events e ON e.message_id = m.id
LEFT JOIN ripenings r ON r.subject_id = m.device_id AND r.what = 'hold:zone'
WHERE m.gateway_id = %s AND %s IN (e.kind, r.state ->> 'kind')
  AND (e.alert_id IS NOT NULL OR NOT %s)
"""
DECODED = "decoded"  # all that is left of what only informs: the message, and how it was read
OUTCOME = "SELECT outcome || ' ' || reason FROM messages WHERE gateway_id = %s"
REMEDY = "look at what it says; `nachtwacht adapter try` shows what the message becomes"


Checked = tuple[Located, Subject]


@dataclass(frozen=True, slots=True)
class Stage:
    """A hub that serves: its database and its front door."""

    database: psycopg.Connection[tuple[object, ...]]
    pepper: bytes
    port: int


def end_to_end(checked: Sequence[Checked]) -> list[Result]:
    """Run the check on each adapter, all on one hub.

    Not run where no PostgreSQL can be started here, which is said.
    """
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            stage = stack.enter_context(_staged([found for found, _ in checked], folder))
            return [_of_one(stage, found, subject) for found, subject in checked]
    except EmbeddedFailed as error:
        note = f"no PostgreSQL to try it with: {error}"
        return [Result(13, Verdict.NOT_RUN, note=note) for _ in checked]
    except Wrong as wrong:
        return [Result(13, Verdict.FAILED, wrong.witness, wrong.remedy) for _ in checked]


def _of_one(stage: Stage, found: Located, subject: Subject) -> Result:
    try:
        pairs = _one_of_each_kind(subject)
        took = [_tried(stage, found.name, *pair) for pair in pairs]
    except Wrong as wrong:
        return Result(13, Verdict.FAILED, wrong.witness, wrong.remedy)
    if not took:
        return Result(13, Verdict.PASSED, note="no message calls anybody")
    return Result(13, Verdict.PASSED, note=f"{len(took)} kinds, the slowest in {max(took):.2f} s")


def _one_of_each_kind(subject: Subject) -> list[tuple[Fixture, Answer]]:
    found: dict[str, tuple[Fixture, Answer]] = {}
    for fixture, answer in alarms(subject):
        if answer.device and not any(one.test for one in answer.readings):
            found.setdefault(_kind(answer), (fixture, answer))
    alarming = sorted(found, key=lambda kind: not kind.startswith("alarm."))
    return [found[kind] for kind in alarming[:MANY]]


def _kind(answer: Answer) -> str:
    return next(
        str(one.kind)
        for one in answer.readings
        if one.kind is not None and getattr(one, "active", True)
    )


def _tried(stage: Stage, adapter: str, fixture: Fixture, answer: Answer) -> float:
    """How many seconds a message took; the best of a few. Raises Wrong."""
    took = WITHIN + 1
    for _ in range(TRIES):
        took = min(took, _sent(stage, adapter, fixture, answer))
        if took <= WITHIN:
            return took
    raise Wrong(f"{fixture.about!r} took {took:.1f} s, at most {WITHIN:.0f}", "decode faster")


def _sent(stage: Stage, adapter: str, fixture: Fixture, answer: Answer) -> float:
    gateway, secret = _register(stage, adapter, fixture, answer)
    with _connected(stage.port, gateway, secret) as client:
        began = time.monotonic()
        topic = f"in/kit/{gateway}/{adapter}/{fixture.topic}"
        client.publish(topic, fixture.payload, qos=1).wait_for_publish(GIVES_UP)
        said = "the hub never answered"
        while time.monotonic() - began < GIVES_UP:
            row = stage.database.execute(OUTCOME, (gateway,)).fetchone()
            if row is None:
                threading.Event().wait(0.01)
                continue
            asked = gateway, _kind(answer), _kind(answer).startswith("alarm.")
            if stage.database.execute(SEEN, asked).fetchone() != (0,):
                return time.monotonic() - began
            if str(row[0]).strip() == DECODED and only_informs(Kind(_kind(answer))):
                return time.monotonic() - began
            said = f"the hub stored it as {row[0]}"  # all that came of it was stored with it
            break
    raise Wrong(f"{fixture.about!r}: no event {_kind(answer)}; {said}", REMEDY)


def _register(stage: Stage, adapter: str, fixture: Fixture, answer: Answer) -> tuple[str, str]:
    gateway, secret = str(uuid4()), secrets.token_urlsafe(32)
    hashed = keyed_hash(stage.pepper, Purpose.GATEWAY, secret)
    stage.database.execute(
        "INSERT INTO gateways (id, organisation_id, external_id, secret_hash, adapters)"
        " SELECT %s, id, %s, %s, %s FROM organisations",
        (gateway, gateway, hashed, [adapter]),
    )
    binding = fixture.binding(answer.device)
    stage.database.execute(
        "INSERT INTO devices (id, organisation_id, external_id, gateway_id, adapter, key, model,"
        " role, polarity, room, time_zone, options)"
        " SELECT %s, id, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM organisations",
        (uuid4(), gateway, gateway, adapter, binding.device, binding.model, binding.role,
         binding.polarity, binding.room, binding.time_zone, Jsonb(dict(binding.options))),
    )  # fmt: skip
    return gateway, secret


@contextmanager
def _connected(port: int, gateway: str, secret: str) -> Iterator[paho.Client]:
    client = paho.Client(CallbackAPIVersion.VERSION2, gateway)
    client.username_pw_set(f"kit/{gateway}", secret)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def _staged(found: Sequence[Located], folder: Path) -> Iterator[Stage]:
    pepper = secrets.token_urlsafe(48)
    with running(folder / "database") as server:
        migrate(server.url)
        with (
            psycopg.connect(plain_url(server.url), autocommit=True) as database,
            _served(found, folder, server.url, pepper) as port,
        ):
            database.execute(
                "INSERT INTO organisations (id, external_id, name, sort)"
                " VALUES (%s, 'kit', 'Conformance kit', 'provider')",
                (uuid4(),),
            )
            yield Stage(database, pepper.encode(), port)


@contextmanager
def _served(found: Sequence[Located], folder: Path, url: str, pepper: str) -> Iterator[int]:
    """A hub in a process of its own, with these adapters on; the port of its front door."""
    kept = {key: said for key, said in os.environ.items() if not key.startswith("NACHTWACHT_")}
    environment = kept | {
        "NACHTWACHT_DATABASE_URL": url,
        "NACHTWACHT_DATA": str(folder),
        "NACHTWACHT_SECRET": pepper,
        "NACHTWACHT_HTTP_PORT": "0",
        "NACHTWACHT_MQTT_PORT": "0",
        "NACHTWACHT_ADAPTERS": ",".join(one.name for one in found),
        **_where(found, folder),
    }
    log = folder / "hub.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        yield _port(process, log)
    finally:
        process.terminate()
        try:
            process.wait(STARTS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        if (said := LISTENING.search(log.read_bytes())) is not None:
            return int(said.group(1))
        threading.Event().wait(0.02)
    last = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise Wrong(f"a hub with it does not start: {' '.join(last)}", "read what it says")


def _where(found: Sequence[Located], folder: Path) -> dict[str, str]:
    """The settings with which a hub finds the adapters where they are."""
    mappings, packages = folder / "mappings", folder / "packages"
    mappings.mkdir()
    for one in found:
        if not one.module:
            (mappings / one.name).symlink_to(one.folder, target_is_directory=True)
        elif not one.installed:
            _announce(one, packages / f"{one.module}_checked-1.0.dist-info")
    path = [str(packages), *(one for one in sys.path if one)]
    return {"NACHTWACHT_MAPPINGS": str(mappings), "PYTHONPATH": os.pathsep.join(path)}


def _announce(found: Located, about: Path) -> None:
    """What an installed package would tell Python of itself."""
    about.mkdir(parents=True)
    named = f"Metadata-Version: 2.1\nName: {found.module}-checked\nVersion: 1.0\n"
    (about / "METADATA").write_text(named)
    announced = f"[nachtwacht.adapters]\n{found.name} = {found.module}\n"
    (about / "entry_points.txt").write_text(announced)
