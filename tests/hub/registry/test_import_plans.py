"""What an import, or a dry run of it, says of the care plans that hang on what it brings."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import sqlalchemy as sa

from escalation.model import Level
from hub.access.viewer import Viewer
from hub.clock import system_clock
from hub.commands.registry_command import held
from hub.plans.files import horizon
from hub.plans.holding import MOST_FAR, Looked, looked
from hub.registry.looking import look
from hub.registry.outcome import Outcome
from hub.store import tables as t
from hub.store.care_files import read_rows
from tests.hub.house import EVENING
from tests.hub.registry.test_api import machine
from tests.hub.registry.test_import import Desk, desk
from tests.hub.web.conftest import Town, town

__all__ = ["desk", "machine", "town"]
SPAN = horizon(EVENING, 400)
NIGHT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:nacht
DTSTART;TZID=Europe/Amsterdam:{day:%Y%m%d}T230000
DURATION:PT8H
END:VEVENT
END:VCALENDAR
"""


def _the_centre_until(desk: Desk, ends: date) -> None:
    desk.write(
        "contracts.csv",
        "organisation;external_id;served_by;role;valid_from;valid_until\n"
        f"els;centrale;baken;centre;2026-01-01;{ends}\n",
    )


async def test_a_dry_run_and_the_import_say_which_plans_do_not_hold_and_why(desk: Desk) -> None:
    assert "hold:" not in await desk.imports()
    _the_centre_until(desk, (system_clock() + timedelta(days=30)).date())
    foreseen = await desk.imports("--dry-run")
    assert "Looked 400 days ahead at 2 plans hanging on this." in foreseen
    assert "2 plans would not hold:" in foreseen
    for client in ("cor", "rie"):
        assert f"  els/{client}: " in foreseen
    assert "no care centre hears it" in foreseen
    assert "Make or extend the agreement with a care centre." in foreseen
    assert foreseen.endswith("Dry run: nothing was written.\n")
    asked = sa.select(t.service_contracts.c.valid).where(
        t.service_contracts.c.external_id == "centrale"
    )
    async with desk.store.transaction() as uow:
        assert (await uow.db.execute(asked)).scalar_one().upper is None
    told = await desk.imports()
    assert "2 plans do not hold:" in told
    assert "no care centre hears it" in told
    assert "hold:" not in await desk.imports()


async def test_of_many_plans_a_week_is_looked_at_and_the_command_for_the_rest_is_said(
    town: Town,
) -> None:
    async with town.store.transaction() as uow:
        rows = await read_rows(uow.db, [town.ids["gerda"]], *SPAN)
    many = replace(rows, clients=list(rows.clients) * (MOST_FAR + 1))
    far, near = looked(rows, EVENING), looked(many, EVENING)
    assert (far.days, near.days, near.plans) == (400, 8, MOST_FAR + 1)
    reach = [max(one["until"] for one in seen.errors["brug", "gerda"]) for seen in (near, far)]
    week = (EVENING + timedelta(days=8)).isoformat()
    assert reach[0] <= week < reach[1]
    lines = list(held(near, dry_run=False))
    assert lines[0] == "Looked 8 days ahead at 201 plans hanging on this."
    assert lines[1].endswith("400 days ahead here: `nachtwacht plan check` does.")


async def test_a_roster_that_comes_says_which_plans_it_leaves_open(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.imports()
    calendar = tmp_path / "rooster.ics"
    calendar.write_text(NIGHT.format(day=system_clock() + timedelta(days=2)))
    words = ("roster", "import", "uil/nacht", str(calendar))
    foreseen = await desk(*words, "--dry-run")
    assert "Looked 400 days ahead at 2 plans hanging on this." in foreseen
    assert foreseen.endswith("Dry run: nothing was written.\n")
    assert "Looked 400 days ahead at 2 plans hanging on this." in await desk(*words)


async def test_what_is_taken_away_is_proved_again_as_what_comes(
    town: Town, machine: httpx.AsyncClient
) -> None:
    due = sa.select(t.proofs.c.client_id).where(t.proofs.c.due_at.is_not(None))
    soon = {"contact": "daughter", "begins": "2030-01-01", "ends": "2030-01-08"}
    answer = await machine.put("/api/v1/registry/absences/later", json=soon)
    assert answer.status_code == 201, answer.text
    await town.write(sa.update(t.proofs).values(due_at=None))
    assert (await machine.delete("/api/v1/registry/absences/later")).status_code < 300
    assert [one.client_id for one in await town.rows(due)] == [town.ids["gerda"]]


async def test_an_import_over_http_says_it_of_your_own_clients(
    town: Town, machine: httpx.AsyncClient
) -> None:
    away = {"absences": [{"external_id": "weg", "contact": "daughter", "begins": "2026-02-01"}]}
    dry = await machine.post("/api/v1/registry/import?dry_run=true", json=away)
    told = dry.json()["plans"]
    assert (told["count"], told["days"]) == (1, 400)
    assert {one["code"] for one in told["errors"]["gerda"]} >= {"no_centre"}
    written = await machine.post("/api/v1/registry/import", json=away)
    assert written.json()["plans"] == told
    again = await machine.post("/api/v1/registry/import", json=away)
    assert again.json()["plans"] == {"count": 0, "days": 400, "errors": {}}


async def test_who_waits_for_an_answer_hears_that_many_plans_were_not_looked_at(
    town: Town,
) -> None:
    async with town.store.transaction() as uow:
        rows = await read_rows(uow.db, [town.ids["gerda"], town.ids["piet"]], *SPAN)
    (gerda,) = (one for one in rows.clients if one.id == town.ids["gerda"])
    many = Outcome(rows=replace(rows, clients=[gerda] * (MOST_FAR + 1)))
    level = Level.TECHNICAL_DESK
    viewer = Viewer(uuid4(), town.ids["brug"], town.ids["machine"], "integrator", "M", level)
    assert await look(town.store, many, EVENING, viewer=viewer) == Looked(MOST_FAR + 1, days=0)
    others = await look(town.store, Outcome(rows=rows), EVENING, viewer=viewer)
    assert (others.plans, list(others.errors)) == (1, [("brug", "gerda")])
