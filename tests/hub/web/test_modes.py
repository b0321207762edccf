"""Modes and the end of care, set over the API and with forms; no script runs here."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import PASSWORD, Town, form_token

MODES = "/api/v1/clients/gerda/modes"


async def _set(machine: httpx.AsyncClient, town: Town, mode: str, **more: Any) -> httpx.Response:
    ends_at = (town.now + timedelta(hours=30)).isoformat()
    return await machine.post(MODES, json={"mode": mode, "ends_at": ends_at, **more})


async def test_a_mode_is_set_shown_and_ended_and_who_did_it_is_on_record(town: Town) -> None:
    async with town.client("operator") as operator:
        answer = await _set(operator, town, "hospital", note="Isala, afdeling 4")
        assert answer.status_code == 201, answer.text
        (shown,) = (await operator.get(MODES)).json()["items"]
        assert (shown["mode"], shown["note"]) == ("hospital", "Isala, afdeling 4")
        assert shown["set_by"]
        after = await operator.post(f"{MODES}/hospital/end")
    assert after.json()["items"] == []
    lines = await town.rows(sa.select(tables.access_log.c.action, tables.access_log.c.client_id))
    done = [line.action for line in lines if line.client_id == town.ids["gerda"]]
    assert {"mode.set.hospital", "mode.end.hospital"} <= set(done)


async def test_setting_it_again_leaves_one(town: Town) -> None:
    async with town.client("operator") as operator:
        await _set(operator, town, "away")
        answer = await _set(operator, town, "away")
    assert len(answer.json()["items"]) == 1


async def test_a_visit_needs_no_end_and_lasts_ninety_minutes(town: Town) -> None:
    async with town.client("operator") as operator:
        answer = await operator.post(MODES, json={"mode": "carer_present"})
    (shown,) = answer.json()["items"]
    assert shown["ends_at"] == (town.now + timedelta(minutes=90)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"mode": "hospital"}, "ends_at"),
        ({"mode": "test", "ends_at": "2026-11-22T20:16:00Z"}, "ends_at"),
        ({"mode": "hospital", "ends_at": "2026-11-22T19:00:00Z"}, "ends_at"),
        ({"mode": "hospital", "ends_at": "2026-11-23T19:00:00"}, "ends_at"),
        ({"mode": "sleeping", "ends_at": "2026-11-23T19:00:00Z"}, "mode"),
        ({"mode": "elsewhere", "ends_at": "2026-11-23T19:00:00Z", "region": "mars"}, "region"),
        ({"mode": "test", "begins_at": "2036-11-22T20:00:00Z"}, "begins_at"),
        ({"mode": "test", "note": "\0"}, "note"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(
    town: Town, sent: dict[str, str], field: str
) -> None:
    async with town.client("operator") as operator:
        answer = await operator.post(MODES, json=sent)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert error["remedy"]


async def test_nobody_sets_a_mode_for_a_client_of_another_organisation(town: Town) -> None:
    async with town.client("operator") as operator:
        answer = await operator.post("/api/v1/clients/piet/modes", json={"mode": "test"})
    assert answer.status_code == 404


async def test_the_end_of_care_counts_at_once_and_can_be_taken_back(town: Town) -> None:
    async with town.client("operator") as operator:
        care = "/api/v1/clients/gerda/care"
        ended = await operator.post(care, json={"ended": True})
        assert ended.json()["care_ended_at"]
        alert_id = await town.alarm()
        resumed = await operator.post(care, json={"ended": False})
    (alert,) = await town.rows(
        sa.select(tables.alerts.c.state).where(tables.alerts.c.id == alert_id)
    )
    assert [one["level"] for one in alert.state["plan"]["steps"]] == ["care_centre"]
    assert "care_ended" in alert.state["marks"]
    assert resumed.json()["care_ended_at"] is None


async def test_a_mode_is_set_and_ended_with_forms_alone(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        found = await browser.get("/modes", params={"q": "gerda"})
        path = f"/clients/{town.ids['gerda']}/modes"
        assert path in found.text
        page = await browser.get(path)
        sent = {"form_token": form_token(page.text), "mode": "hospital"}
        done = await browser.post(
            f"{path}/set", data=sent | {"ends_at": "2026-11-24T10:00", "note": "Isala"}
        )
        shown = await browser.get(done.headers["location"])
        assert "In het ziekenhuis" in shown.text
        assert "di 10:00" in shown.text
        assert "In het ziekenhuis" in (await browser.get("/modes")).text
        await browser.post(f"{path}/end", data=sent)
        assert "Er staat nu geen stand aan" in (await browser.get(path)).text


async def test_the_end_of_care_must_be_meant(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        path = f"/clients/{town.ids['gerda']}/modes"
        sent = {"form_token": form_token((await browser.get(path)).text)}
        assert (await browser.post(f"{path}/stop", data=sent)).status_code == 422
        done = await browser.post(f"{path}/stop", data=sent | {"sure": "1"})
        assert (
            "alleen nog naar de zorgcentrale" in (await browser.get(done.headers["location"])).text
        )


async def test_an_alert_says_in_which_mode_its_client_is(town: Town) -> None:
    async with town.client("operator") as operator:
        await _set(operator, town, "hospital")
    alert_id = await town.alarm()
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        board = (await browser.get("/")).text
        page = (await browser.get(f"/alerts/{alert_id}")).text
    assert '<b class="mode">In het ziekenhuis</b>' in board
    assert '<b class="mode">In het ziekenhuis</b>' in page
    assert "In het ziekenhuis · tot " in page


async def test_a_caregiver_drops_out_with_one_form(town: Town) -> None:
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        path = f"/clients/{town.ids['gerda']}/modes"
        page = await browser.get(path)
        sent = {"form_token": form_token(page.text), "once": str(uuid4())}
        strange = await browser.post(
            f"{path}/absent", data=sent | {"contact": str(town.ids["nurse"])}
        )
        assert strange.status_code == 422
        sent |= {"contact": str(town.ids["daughter"]), "ends_at": "2026-11-29T12:00"}
        for _ in range(2):
            done = await browser.post(f"{path}/absent", data=sent)
        assert "wordt dan niet gebeld" in (await browser.get(done.headers["location"])).text
    assert len(await town.rows(sa.select(tables.absences.c.id))) == 1
    work = sa.select(tables.alerts.c.id).where(tables.alerts.c.kind == "plan.review")
    assert len(await town.rows(work)) == 1
