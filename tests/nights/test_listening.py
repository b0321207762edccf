"""Integrators of a night hear by webhook; a hub that tells them wrong breaks the night."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub.out import numbering, signing
from hub.out.event import Told, told
from hub.out.webhooks import Webhooks
from hub.rehearsal import report
from hub.rehearsal.account import Account
from hub.rehearsal.database import empty
from hub.rehearsal.play import rehearse
from hub.store import out_webhooks
from simulators.night_file import NightRefused
from simulators.night_reading import load

NIGHT = """
night: 1
title: A press of which software hears
start: 2026-01-12T22:30
for: 2h
receivers: [zorg, uilen]
people:
  sanne: {answers: 0}
timeline:
  - {at: "23:00", press: anna}
faults:
  - {receiver_fails: zorg, how: no_receipt, from: "23:00", until: "23:01"}
expect: []
"""
Plant = Callable[[pytest.MonkeyPatch], None]


async def played(url: str, folder: Path) -> Account:
    file = folder / "software.yaml"
    file.write_text(NIGHT)
    return await rehearse(load(file), url)


def another_key(patch: pytest.MonkeyPatch) -> None:
    """It is signed with a key that the receiver was never shown."""
    patch.setattr(signing, "keys", lambda *_: [b"of another webhook, 32 bytes long"])


def any_order(patch: pytest.MonkeyPatch) -> None:
    """No event of an alert waits for an earlier one."""
    loose = out_webhooks.CLAIM.replace(out_webhooks.FIRST.encode(), b"true")
    loose = loose.replace(b"ORDER BY c.position", b"ORDER BY c.position DESC")
    patch.setattr(out_webhooks, "CLAIM", loose)


def another_copy(patch: pytest.MonkeyPatch) -> None:
    """What is sent again is not what was sent."""
    attempt = Webhooks._attempt

    async def changed(self: Webhooks, row: Any, now: datetime) -> tuple[int, str]:
        values = row._asdict() | {"body": row.body + " " * row.attempts}
        return await attempt(self, SimpleNamespace(**values), now)

    patch.setattr(Webhooks, "_attempt", changed)


def no_end(patch: pytest.MonkeyPatch) -> None:
    """That an alert is over is told to nobody."""

    def silent(line: Any) -> Told | None:
        what = told(line)
        return None if what is not None and what.type == "resolved" else what

    patch.setattr(numbering, "told", silent)


def never_sent(patch: pytest.MonkeyPatch) -> None:
    """What is to be sent waits for ever."""

    async def at_rest(*_: Any) -> None:
        return None

    patch.setattr(Webhooks, "step", at_rest)


PLANTED: tuple[tuple[Plant, str], ...] = (
    (another_key, "no signature of ours"),
    (any_order, "of one alert"),
    (another_copy, "the same id with another event"),
    (no_end, "never heard that alert 1 was resolved"),
    (never_sent, "uilen never heard that alert 1 was resolved"),
)


async def test_receivers_hear_everything_and_the_same_seed_gives_the_same_night(
    database_url: str, tmp_path: Path
) -> None:
    first = await played(database_url, tmp_path)
    assert not first.broken, "\n".join(report.lines(first))
    empty(database_url)
    assert (await played(database_url, tmp_path)).journal == first.journal


@pytest.mark.parametrize(("plant", "said"), PLANTED, ids=[one[0].__name__ for one in PLANTED])
async def test_a_hub_that_tells_them_wrong_breaks_the_night(
    plant: Plant, said: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    account = await played(database_url, tmp_path)
    assert any(said in one.what for one in account.broken), account.broken


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("uilen]", "uil]", "6: there is no 'uil' among organisations: lantaarn, "),
        ("uilen]", "zorg]", "6: receivers is ['zorg', 'zorg']; expected a list of organi"),
        ("fails: zorg", "fails: maan", "12: maan has no receiver; name it in `receivers`"),
        ("receivers:", "crowd: {clients: 9}\nreceivers:", "7: a night with `crowd` has organi"),
    ],
)
def test_a_mistake_about_receivers_is_told(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    file = tmp_path / "software.yaml"
    file.write_text(NIGHT.replace(right, wrong))
    with pytest.raises(NightRefused) as refused:
        load(file)
    assert str(refused.value.problems[0]).removeprefix(f"{file}:").startswith(said)
