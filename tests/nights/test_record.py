"""What happened in a hub becomes a night: nobody's name is in it, and it goes the same way."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from hub.rehearsal import report
from hub.rehearsal.account import Account
from hub.rehearsal.command import main
from hub.rehearsal.database import empty
from hub.rehearsal.diff import compare
from hub.rehearsal.live import perform
from hub.rehearsal.play import rehearse
from hub.rehearsal.record import said
from hub.rehearsal.record.night import Recording, Wanted, reading, record
from hub.rehearsal.region import known
from simulators.night import Night
from simulators.night_file import find
from simulators.night_reading import load

KEY = b"a key of this test"


async def recorded(night: Night, url: str, organisation: str = "") -> Recording:
    """What a hub's database holds of this night, as a recording."""
    wanted = Wanted(night.start, night.end, night.zone, organisation)
    async with reading(url) as store:
        return await record(store, wanted, KEY, "test")


def read(recording: Recording, folder: Path) -> Night:
    file = folder / "recorded.yaml"
    file.write_text(recording.text)
    return load(file)


def under_other_names(account: Account, recording: Recording) -> Mapping[str, Any]:
    """The result of a night as its recording tells it: other names, other weeks."""
    night, names = account.night, recording.names
    others = {one.name: names.name("client", known("client", one.name)) for one in night.clients}
    others |= {one.name: names.name("contact", known("contact", one.name)) for one in night.people}
    shift = names.shift
    told = [
        replace(
            one,
            at=one.at + shift,
            who=others.get(one.who, one.who),
            clients=tuple(sorted(others.get(each, each) for each in one.clients)),
        )
        for one in account.happened
    ]
    moved = replace(night, name="recorded", start=night.start + shift, end=night.end + shift)
    return report.as_json([replace(account, night=moved, seed=1, happened=told)], [])


@pytest.mark.parametrize(
    "name", ["model_night", "couple_both_press", "wander_and_return", "hospital_but_moving"]
)
async def test_a_recorded_night_goes_as_it_went(
    name: str, database_url: str, tmp_path: Path
) -> None:
    original = await rehearse(load(find(name)), database_url)
    recording = await recorded(original.night, database_url)
    assert not recording.left_out
    empty(database_url)
    again = await rehearse(read(recording, tmp_path), database_url)
    assert not again.broken, "\n".join(report.lines(again))
    found = compare(under_other_names(original, recording), report.as_json([again], []))
    assert not found.differ, "\n".join(found.lines)
    assert again.happened


MORNING = """
night: 1
title: What stands in the registry and rings by itself
start: 2026-01-13T07:00
for: 4h
receivers: [zorg, lantaarn]
clients:
  anna: {options: {up_by: "09:30"}}
  riet: {devices: [doses, pendant]}
  toos: {devices: [sensors, pendant], mode: hospital, routine: none}
timeline:
  - {at: "08:00", dose_due: riet}
  - {at: "08:20", dose_emptied: riet}
  - {at: "09:45", out_of_bed: anna}
  - {at: "09:46", moves: anna}
  - {at: "10:00", moves: toos, times: 8, every: 2m}
expect:
  - {reached: {opened: lifestyle.not_up, client: anna}}
  - {reached: {opened: lifestyle.movement_while_away, client: toos}}
"""


def morning(folder: Path) -> Night:
    file = folder / "morning.yaml"
    file.write_text(MORNING)
    return load(file)


async def test_limits_modes_and_receivers_of_a_recorded_night_do_what_they_did(
    database_url: str, tmp_path: Path
) -> None:
    original = await rehearse(morning(tmp_path), database_url)
    assert not original.broken, "\n".join(report.lines(original))
    recording = await recorded(original.night, database_url)
    assert recording.left_out == {said.DUE: 1}  # which the native profile cannot say
    empty(database_url)
    again = await rehearse(read(recording, tmp_path), database_url)
    assert not again.broken, "\n".join(report.lines(again))
    found = compare(under_other_names(original, recording), report.as_json([again], []))
    assert not found.differ, "\n".join(found.lines)
    assert [one.what for one in again.posted] == [one.what for one in original.posted]


async def test_a_recorded_night_goes_the_same_way_on_a_running_hub(
    database_url: str, tmp_path: Path
) -> None:
    original = await rehearse(morning(tmp_path), database_url)
    night = read(await recorded(original.night, database_url), tmp_path)
    empty(database_url)
    live = await perform(night, database_url, tmp_path, speed=5.0)
    assert not live.account.broken, "\n".join(report.lines(live.account))
    assert len(live.account.happened) == len(original.happened)
    assert len({one.key for one in live.account.posted}) == len(original.posted)


async def test_the_command_writes_a_night_that_can_be_checked(
    database_url: str,
    rehearsals: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NACHTWACHT_DATABASE_URL", database_url)
    night = load(find("smoke_at_night"))
    await rehearse(night, database_url)
    local = [f"{one.astimezone(night.zone):%Y-%m-%dT%H:%M}" for one in (night.start, night.end)]
    said = ["record", "smoke", "--from", local[0], "--to", local[1]]
    assert await asyncio.to_thread(main, [*said, "--organisation", "zorgg"]) == 1
    assert "there are: lantaarn, maan, uilen, zorg" in capsys.readouterr().err
    assert await asyncio.to_thread(main, [*said, "--organisation", "zorg"]) == 0
    assert "1 alerts" in capsys.readouterr().out
    elsewhen = ["record", "before", "--from", "2025-01-01T01:00", "--to", "2025-01-01T02:00"]
    assert await asyncio.to_thread(main, elsewhen) == 0
    assert "Nothing happened there: look at the date" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        await asyncio.to_thread(main, [*said])
    assert "smoke.yaml is there already" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["check", "smoke.yaml"]) == 0


LETTERS = "bcdfgjklqvwxz0123456789"
PRIVATE = {  # the columns that tell who somebody is, or what somebody wrote
    "organisations": ("name", "phone"),
    "homes": ("street", "place"),
    "clients": ("name", "instructions"),
    "contacts": ("name", "phone"),
    "client_contacts": ("relation",),
    "absences": ("reason",),
    "devices": ("name", "model", "room"),
    "agreements": ("name",),
    "users": ("login", "password_hash"),
    "holidays": ("name",),
    "modes": ("note", "place"),
    "out_webhooks": ("external_id", "url", "trouble"),
    "alerts": ("explanation",),
}
EVERYWHERE = ("clients", "contacts", "devices", "homes", "users", "agreements")


def made_up(luck: Random) -> Iterator[str]:
    """Words that nobody else uses."""
    while True:
        yield "".join(luck.choices(LETTERS, k=luck.randint(9, 20)))


def made_private(url: str, words: Iterator[str]) -> list[str]:
    """Write other words wherever a name, an address or free text can stand; all of them."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    written: list[str] = []
    with psycopg.connect(plain, autocommit=True) as connection:
        for table, columns in PRIVATE.items():
            (many,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
            for column in (*columns, *(("external_id",) if table in EVERYWHERE else ())):
                fresh = [next(words) for _ in range(many)]
                written += fresh
                connection.execute(
                    f"UPDATE {table} SET {column} = told.word FROM ("
                    f"SELECT ctid AS place, row_number() OVER () AS n FROM {table}) AS old, "
                    "unnest(%s::text[]) WITH ORDINALITY AS told (word, n) "
                    f"WHERE {table}.ctid = old.place AND told.n = old.n",
                    (fresh,),
                )
        for column, table in (("options", "clients"), ("body", "agreements")):
            written.append(next(words))
            connection.execute(
                f"UPDATE {table} SET {column} = {column} || jsonb_build_object("
                "'note', %s::text, %s::text, 1, 'name', %s::text)",
                (written[-1], written[-1], written[-1]),
            )
        connection.execute("UPDATE homes SET latitude = 52.0907, longitude = 5.1214")
    return written


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],  # another night each time: making one smaller takes too long
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32))
async def test_a_recording_leaks_no_name(database_url: str, tmp_path: Path, seed: int) -> None:
    empty(database_url)
    night = replace(load(find("wander_and_return")), receivers=("zorg", "uilen"))
    await rehearse(night, database_url, until=night.start + timedelta(hours=2, minutes=40))
    written = made_private(database_url, made_up(Random(seed)))
    recording = await recorded(night, database_url)
    told = recording.text
    assert not [one for one in written if one in told]
    clients, people = [{one.name for one in each} for each in (night.clients, night.people)]
    own = (clients | people) - {"team"}  # which is a sort of contact too
    assert not [one for one in own if re.search(rf"\b{one}\b", told)]
    ids = {known("client", one) for one in clients} | {known("contact", one) for one in people}
    assert not [one for one in ids if str(one) in told]
    assert "52.09" not in told
    assert "2026-01-1" not in told
    assert KEY.decode() not in told
    read(recording, tmp_path)
