"""Who is called at a moment, asked over the API."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from psycopg.types.range import Range

from hub.store import tables
from tests.hub.web.conftest import Town

WHO = "/api/v1/clients/gerda/who"


async def test_the_steps_are_told_with_who_is_away_and_why(town: Town) -> None:
    async with town.client("operator") as operator:
        before = (await operator.get(WHO, params={"kind": "lifestyle.not_up"})).json()
        (first,) = before["steps"][0]["called"]
        owner = sa.select(tables.contacts.c.organisation_id).where(tables.contacts.c.id == first)
        away = {
            "id": town.ids["gerda"],
            "organisation_id": owner.scalar_subquery(),
            "contact_id": first,
            "during": Range(town.now, town.now + timedelta(hours=1)),
        }
        await town.write(sa.insert(tables.absences).values(away))
        after = (await operator.get(WHO, params={"kind": "lifestyle.not_up"})).json()
        at = (town.now + timedelta(hours=1)).isoformat()
        later = (await operator.get(WHO, params={"kind": "lifestyle.not_up", "at": at})).json()
    assert after["steps"][0]["called"] == []
    assert after["steps"][0]["not_called"] == [{"contact_id": first, "reason": "absent"}]
    assert later["steps"][0]["called"] == [first]


async def test_a_look_at_somebodys_plan_is_on_record(town: Town) -> None:
    async with town.client("operator") as operator:
        await operator.get(WHO)
    lines = await town.rows(sa.select(tables.access_log.c.action, tables.access_log.c.client_id))
    assert ("client.who", town.ids["gerda"]) in [tuple(line) for line in lines]


async def test_a_client_nobody_knows_is_not_found(town: Town) -> None:
    async with town.client("operator") as operator:
        assert (await operator.get("/api/v1/clients/nobody/who")).status_code == 404


async def test_a_client_whose_care_ended_has_no_plan(town: Town) -> None:
    await town.write(sa.update(tables.clients).values(care_ended_at=town.now))
    async with town.client("operator") as operator:
        assert (await operator.get(WHO)).status_code == 404


async def test_a_kind_that_does_not_exist_is_refused_by_name(town: Town) -> None:
    async with town.client("operator") as operator:
        answer = await operator.get(WHO, params={"kind": "alarm.fal"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "kind")


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "2026-12-24T18:00:00", "soon"]
)
async def test_a_moment_that_makes_no_sense_is_refused_by_name(town: Town, at: str) -> None:
    async with town.client("operator") as operator:
        answer = await operator.get(WHO, params={"at": at})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")


@pytest.mark.parametrize("at", ["2026-10-25T02:20", "2026-12-24", "soon"])
async def test_a_moment_without_its_offset_is_refused_with_how_to_write_it(
    town: Town, at: str
) -> None:
    async with town.client("operator") as operator:
        (error,) = (await operator.get(WHO, params={"at": at})).json()["errors"]
    assert error["remedy"] == "Send a moment with its offset, such as 2026-12-24T18:00:00Z."
