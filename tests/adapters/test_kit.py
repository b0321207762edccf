"""Each check of the conformance kit finds what it is for, and our own adapters pass all of them."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import (
    Binding,
    Channel,
    Decoded,
    Edge,
    Ignored,
    Inbound,
    Kind,
    Level,
    Outcome,
    ProofOfCopy,
    Rejected,
)
from adapters.kit.checking import CHECKS, check, checked
from adapters.kit.fixtures import BadFixtures, read_fixtures
from adapters.kit.result import Result, Verdict, as_json, as_lines, level_of
from adapters.kit.subject import Subject
from adapters.manifest import LEVELS, BadManifest, Manifest, read_manifest
from adapters.readings import SideFields
from adapters.strict_json import rejects_unreadable, strict_json
from adapters.text import visible
from hub.commands.adapter_finding import locate
from tests.adapters.recorded import NAMES

MANIFEST = Manifest("bell", "1", "1.0", (), ("alarm.button", "alarm.smoke"), ("smoke",))
MESSAGES = """
[[message]]
about = "a press"
topic = "b1/up"
payload = '{"ev":"sos","device":"b1","boot":7,"n":3,"at":"2026-01-05T03:12:00"}'
readings = [{ kind = "alarm.button", device = "b1", key = "7/3" }]

[[message]]
about = "the next press"
topic = "b1/up"
payload = '{"ev":"sos","device":"b1","boot":7,"n":4}'
readings = [{ kind = "alarm.button", key = "7/4" }]

[[message]]
about = "smoke, which the gateway keeps"
topic = "b1/up"
payload = '{"smoke":true,"device":"b1"}'
cached = true
readings = [{ channel = "smoke", active = true }]

[[message]]
about = "no smoke"
topic = "b1/up"
payload = '{"smoke":false}'
readings = [{ channel = "smoke", active = false }]
"""
GOOD = 'name = "a"\nversion = "1"\ncontract = "1.0"\nfamilies = []\nkinds = []\n'
Decode = Callable[[Inbound, Binding], Outcome]


def identify(inbound: Inbound) -> str | None:
    return visible(inbound.topic.partition("/")[0]) or None


@rejects_unreadable
def decode(inbound: Inbound, binding: Binding) -> Outcome:
    """A right one; the wrong ones below each differ from it in one thing."""
    message = strict_json(inbound.payload)
    if "device" in message and message.text("device") != identify(inbound):
        return Rejected("identity_mismatch", "device: another than the topic's")
    if "smoke" in message:
        return Decoded((Level(binding.device, Channel.SMOKE, message.flag("smoke"), Kind.SMOKE),))
    if message.text("ev") != "sos":
        return Rejected("wrong_value", "ev: send sos")
    side = SideFields()
    boot = side.read(message.label, "boot", "")
    number = side.read(message.label, "n", "")
    at = side.read(message.moment, "at", None, binding.time_zone)
    key = ProofOfCopy(visible(f"{boot}/{number}")) if boot and number else None
    return Decoded((Edge(binding.device, Kind.BUTTON, occurred_at=at, key=key),))


@dataclass(frozen=True)
class Bell:
    """An adapter with another decode or identify."""

    another: Decode = decode
    who: Callable[[Inbound], str | None] = identify

    def identify(self, inbound: Inbound) -> str | None:
        return self.who(inbound)

    def decode(self, inbound: Inbound, binding: Binding) -> Outcome:
        return self.another(inbound, binding)


@pytest.fixture
def bell(tmp_path: Path) -> Subject:
    (tmp_path / "payloads.toml").write_text(MESSAGES)
    return Subject(Bell(), MANIFEST, read_fixtures([tmp_path / "payloads.toml"], "bell"), 50)


def test_an_adapter_without_a_fault_passes_all_checks_that_need_no_hub(bell: Subject) -> None:
    results = checked(bell)
    assert [one.number for one in results if one.verdict is not Verdict.PASSED] == [], results
    assert level_of(results) == "silver"
    assert level_of([*results, Result(13, Verdict.PASSED)]) == "gold"


@pytest.mark.parametrize("name", NAMES)
def test_our_own_adapters_are_as_good_as_their_manifests_say(name: str) -> None:
    found = locate(name, None)
    results = checked(Subject(found.adapter, found.manifest, found.fixtures(None), 10))
    reached = level_of([*results, Result(13, Verdict.PASSED)])
    rank = ("", *LEVELS).index
    failed = [one for one in results if one.verdict is not Verdict.PASSED]
    assert rank(reached) >= rank(found.manifest.level), failed


# --- adapters with one fault each ------------------------------------------------------------


def changed(outcome: Outcome, **fields: Any) -> Outcome:
    if not isinstance(outcome, Decoded):
        return outcome
    return Decoded(tuple(replace(one, **fields) for one in outcome.readings))


def raises_on_damage(inbound: Inbound, binding: Binding) -> Outcome:
    json.loads(inbound.payload)
    return decode(inbound, binding)


def loose_json(inbound: Inbound, binding: Binding) -> Outcome:
    try:
        value = json.loads(inbound.payload)
        return decode(
            replace(inbound, payload=json.dumps(value, allow_nan=False).encode()), binding
        )
    except (ValueError, RecursionError):
        value = re.sub(rb'"[a-z]+":(NaN|null),', b"", inbound.payload)
        return decode(replace(inbound, payload=value), binding)


def for_ever(inbound: Inbound, binding: Binding) -> Outcome:
    while b"sos" not in inbound.payload and b"smoke" not in inbound.payload:
        pass
    return decode(inbound, binding)


def by_place(inbound: Inbound, binding: Binding) -> Outcome:
    if inbound.payload.startswith((b'{"ev"', b'{"smoke"')):
        return decode(inbound, binding)
    return Ignored("the first field says what it is")


def counting() -> Decode:
    heard: list[bytes] = []

    def counted(inbound: Inbound, binding: Binding) -> Outcome:
        heard.append(inbound.payload)
        return Ignored("again") if heard.count(inbound.payload) > 1 else decode(inbound, binding)

    return counted


def timed(inbound: Inbound, binding: Binding) -> Outcome:
    return changed(decode(inbound, binding), occurred_at=datetime.now(UTC))  # noqa: TID251


def ticking(inbound: Inbound, binding: Binding) -> Outcome:
    return decode(inbound, binding) if time.monotonic() else Ignored("never")


def lucky(inbound: Inbound, binding: Binding) -> Outcome:
    return decode(inbound, binding) if random.random() < 2 else Ignored("never")


def reading_files(inbound: Inbound, binding: Binding) -> Outcome:
    Path(__file__).read_bytes()
    return decode(inbound, binding)


def calling_home(inbound: Inbound, binding: Binding) -> Outcome:
    import socket

    socket.socket().close()
    return decode(inbound, binding)


def keyed_by_arrival(inbound: Inbound, binding: Binding) -> Outcome:
    return changed(decode(inbound, binding), key=ProofOfCopy(inbound.received_at.isoformat()))


def one_key(inbound: Inbound, binding: Binding) -> Outcome:
    return changed(decode(inbound, binding), key=ProofOfCopy("7"))


def boot_as_key(inbound: Inbound, binding: Binding) -> Outcome:
    boot = re.search(rb'"boot":(\d+)', inbound.payload)
    key = None if boot is None else ProofOfCopy(boot.group(1).decode())
    return changed(decode(inbound, binding), key=key)


def trusting(inbound: Inbound, binding: Binding) -> Outcome:
    named = (
        re.sub(rb'"device": ?"[^"]*",? ?', b"", inbound.payload)
        .replace(b",}", b"}")
        .replace(b", }", b"}")
    )
    return decode(replace(inbound, payload=named), binding)


def of_the_payload(inbound: Inbound, binding: Binding) -> Outcome:
    return changed(decode(inbound, binding), device="b1")


def state_as_edge(inbound: Inbound, binding: Binding) -> Outcome:
    outcome = decode(inbound, binding)
    if isinstance(outcome, Decoded) and b"true" in inbound.payload:
        level = Level(binding.device, Channel.SMOKE, True, Kind.SMOKE)
        return Decoded((*outcome.readings, level, Edge(binding.device, Kind.SMOKE)))
    return outcome


def told_twice(inbound: Inbound, binding: Binding) -> Outcome:
    outcome = decode(inbound, binding)
    return Decoded(outcome.readings * 2) if isinstance(outcome, Decoded) else outcome


def in_utc(inbound: Inbound, binding: Binding) -> Outcome:
    return decode(inbound, replace(binding, time_zone="UTC"))


def strict_about_time(inbound: Inbound, binding: Binding) -> Outcome:
    if b"9999" in inbound.payload:
        return Rejected("wrong_value", "at: send a moment")
    return decode(inbound, binding)


def endless(inbound: Inbound, binding: Binding) -> Outcome:
    return Decoded(()) if b"false" in inbound.payload else decode(inbound, binding)


def started_only(inbound: Inbound, binding: Binding) -> Outcome:
    outcome = decode(inbound, binding)
    if isinstance(outcome, Decoded) and isinstance(outcome.readings[0], Edge):
        from adapters.contract import Phase

        return changed(outcome, phase=Phase.START)
    return outcome


def passing_on(inbound: Inbound, binding: Binding) -> Outcome:
    outcome = decode(inbound, binding)
    if isinstance(outcome, Decoded):
        value = json.loads(inbound.payload)
        return changed(outcome, value={"who": str(value.get("patient", ""))[:100]})
    return outcome


def unstorable(inbound: Inbound, binding: Binding) -> Outcome:
    if not inbound.payload.strip():
        return Rejected("empty", "nul \x00")
    return decode(inbound, binding)


def no_outcome(inbound: Inbound, binding: Binding) -> Outcome:
    return None if inbound.payload == b"0" else decode(inbound, binding)  # type: ignore[return-value]


WRONG: list[tuple[int, str, Decode]] = [
    (2, "expected", lambda inbound, binding: changed(decode(inbound, binding), key=None)),
    (3, "and later", counting()),
    (3, "another order", by_place),
    (4, "datetime.now at test_kit.py", timed),
    (4, "time.monotonic", ticking),
    (4, "random.random", lucky),
    (4, "open", reading_files),
    (4, "socket", calling_home),
    (5, "decode raised", raises_on_damage),
    (5, "processor time", for_ever),
    (6, "null", loose_json),
    (6, "cannot be stored", unstorable),
    (6, "decode gave NoneType", no_outcome),
    (7, "an hour later", keyed_by_arrival),
    (7, "whatever number", one_key),
    (7, "no two events of one device have two keys: 7", boot_as_key),
    (8, "the payload 'kit-another-device'", trusting),
    (8, "not of the binding's device", of_the_payload),
    (9, "after a restart, rings alarm.smoke", state_as_edge),
    (9, "tells alarm.button twice", told_twice),
    (10, "in Europe/Amsterdam", in_utc),
    (10, "with the moment '9999", strict_about_time),
    (11, "smoke: messages make it active and none", endless),
    (11, "alarm.button starts and never ends", started_only),
    (12, "passes one on", passing_on),
]


@pytest.mark.parametrize(("number", "seen", "wrong"), WRONG, ids=[f"{n}: {s}" for n, s, _ in WRONG])
def test_a_check_finds_the_fault_it_is_for(
    bell: Subject, number: int, seen: str, wrong: Decode
) -> None:
    result = check(number, replace(bell, adapter=Bell(wrong)))
    assert result.verdict is Verdict.FAILED, result
    assert seen in result.witness
    assert result.remedy


def test_what_only_informs_needs_no_end(bell: Subject) -> None:
    """A dose that is due is waited for by the hub: a second one is never mistaken for the first."""

    def due(inbound: Inbound, binding: Binding) -> Outcome:
        outcome = started_only(inbound, binding)
        if isinstance(outcome, Decoded) and isinstance(outcome.readings[0], Edge):
            return changed(outcome, kind=Kind.DISPENSED)
        return outcome

    assert check(11, replace(bell, adapter=Bell(due))).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("seen", "change"),
    [
        ("no message gives alarm.fall", {"kinds": ("alarm.button", "alarm.smoke", "alarm.fall")}),
        ("alarm.smoke is not declared", {"kinds": ("alarm.button",)}),
        ("channels: smoke is not declared", {"channels": ()}),
        ("'alarm.boton' is not known", {"kinds": ("alarm.boton",)}),
        ("name: 'Bell'", {"name": "Bell"}),
        ("contract: '2.0'", {"contract": "2.0"}),
        ("level: 'platinum'", {"level": "platinum"}),
    ],
)
def test_a_manifest_that_is_not_true_is_found(
    bell: Subject, seen: str, change: dict[str, str]
) -> None:
    result = check(1, replace(bell, manifest=replace(MANIFEST, **change)))  # type: ignore[arg-type]
    assert result.verdict is Verdict.FAILED
    assert seen in result.witness


def test_an_identify_that_fails_is_found_too(bell: Subject) -> None:
    def first_of_many(inbound: Inbound) -> str | None:
        return inbound.topic.split("/up")[0]

    result = check(6, replace(bell, adapter=Bell(who=first_of_many)))
    assert "identify gave a text that cannot be stored" in result.witness


def test_without_a_cached_message_a_restart_cannot_be_judged(bell: Subject) -> None:
    fixtures = tuple(replace(one, cached=False) for one in bell.fixtures)
    unmarked = replace(bell, fixtures=fixtures)
    assert "marked as cached" in check(9, unmarked).witness
    nothing = replace(unmarked, manifest=replace(MANIFEST, cached="nothing"))
    assert check(9, nothing).verdict is Verdict.PASSED


def test_no_messages_are_no_pass(bell: Subject) -> None:
    results = checked(replace(bell, fixtures=()))
    assert level_of(results) == ""
    assert {one.verdict for one in results[2:]} == {Verdict.NOT_RUN}


def test_the_results_are_told_to_people_and_to_programs(bell: Subject) -> None:
    results = [check(number, replace(bell, adapter=Bell(told_twice))) for number in CHECKS]
    lines = as_lines("bell", results)
    assert any("FAILED" in one and "restart" in one for one in lines)
    assert lines[-1].startswith("bell: ")
    told = json.loads(json.dumps(as_json("bell", results)))
    assert told["checks"][8]["verdict"] == "failed"
    assert told["checks"][8]["remedy"]


# --- files that are wrong --------------------------------------------------------------------


def wrong_files() -> Iterator[tuple[str, str]]:
    yield "x", "Expected '='"
    yield '[[message]]\nabout = "x"', "message 1: topic: write a text"
    yield '[[message]]\nabout = "x"\ntopic = "t"\npayload = ""', "exactly one of"
    yield '[[message]]\nabout = "x"\ntopic = "t"\nignored = ""', "give payload"
    yield '[[message]]\nabout = "x"\ntopic = "t"\nhex = "0g"\nignored = ""', "hex"
    yield (
        '[[message]]\nabout = "x"\ntopic = "t"\npayload = ""\nignored = ""\nbinding = { rol = "" }',
        "only fields of a binding",
    )


@pytest.mark.parametrize(("text", "told"), tuple(wrong_files()))
def test_a_payload_file_that_is_wrong_says_where_and_what(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "payloads.toml").write_text(text)
    with pytest.raises(BadFixtures, match="payloads") as bad:
        read_fixtures([tmp_path / "payloads.toml"], "bell")
    assert told in str(bad.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = 1", "name: write a text"),
        ('name = "a"\nversion = "1"\ncontract = "1.0"\nfamilies = "x"', "families: write a list"),
        ("=", "not valid TOML"),
        (GOOD + 'cached = "all"', "cached: write cached"),
        (GOOD + "administration = 1", "administration: write a list"),
    ],
)
def test_a_manifest_that_cannot_be_read_names_the_field(text: str, told: str) -> None:
    with pytest.raises(BadManifest, match=told):
        read_manifest(text)
