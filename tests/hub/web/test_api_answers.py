"""Every answer about an alert, through the API."""

from typing import Any
from uuid import UUID, uuid4

from tests.hub.web.conftest import Town


async def says(town: Town, token: str, alert_id: UUID, what: str, **body: Any) -> dict[str, Any]:
    async with town.client(token) as client:
        answer = await client.post(f"/api/v1/alerts/{alert_id}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def shows(town: Town, alert_id: UUID) -> dict[str, Any]:
    async with town.client("operator") as operator:
        shown: dict[str, Any] = (await operator.get(f"/api/v1/alerts/{alert_id}")).json()
    return shown


async def test_claim_accept_arrive_extend_and_resolve(town: Town) -> None:
    alert_id = await town.alarm()
    assert (await says(town, "operator", alert_id, "claim"))["verdict"] == "done"
    assert (await shows(town, alert_id))["watch"]["by"]["external_id"] == "anna"
    accepted = await says(town, "operator", alert_id, "accept", eta_minutes=10)
    assert accepted["held_by"][0]["external_id"] == "anna"
    assert (await says(town, "operator", alert_id, "extend", more_minutes=20))["verdict"] == "done"
    assert (await says(town, "operator", alert_id, "arrive"))["status"] == "on_site"
    await says(town, "operator", alert_id, "outside", service="gp_post", result="komt eraan")
    ended = await says(town, "operator", alert_id, "resolve", outcome="real_not_urgent", note="ok")
    assert (ended["status"], ended["outcome"]) == ("resolved", "real_not_urgent")
    late = await says(town, "other", alert_id, "accept")
    assert (late["verdict"], late["outcome"]) == ("already_resolved", "real_not_urgent")


async def test_the_same_answer_twice_counts_once_and_is_told_the_same(town: Town) -> None:
    alert_id, once = await town.alarm(), str(uuid4())
    first = await says(town, "operator", alert_id, "accept", eta_minutes=10, once=once)
    lines = len((await shows(town, alert_id))["journal"])
    assert await says(town, "operator", alert_id, "accept", eta_minutes=10, once=once) == first
    assert len((await shows(town, alert_id))["journal"]) == lines


async def test_one_id_used_for_two_answers_loses_neither(town: Town) -> None:
    alert_id, once = await town.alarm(), str(uuid4())
    await says(town, "operator", alert_id, "accept", once=once)
    arrived = await says(town, "operator", alert_id, "arrive", once=once)
    assert arrived["status"] == "on_site"
    assert (await says(town, "other", alert_id, "accept", once=once))["verdict"] != "done"


async def test_screens_and_workers_are_woken_after_the_commit(town: Town) -> None:
    alert_id = await town.alarm()
    town.told.clear()
    await says(town, "operator", alert_id, "claim")
    assert set(town.told) == {"board", "due", "outbox"}


async def test_the_second_of_two_operators_is_told_who_was_first(town: Town) -> None:
    alert_id = await town.alarm()
    await says(town, "operator", alert_id, "claim")
    second = await says(town, "other", alert_id, "claim")
    assert second["verdict"] == "taken"
    assert second["held_by"][0]["name"] == "Anna"


async def test_an_operator_answers_for_a_caregiver_who_telephoned(town: Town) -> None:
    alert_id = await town.alarm()
    rung = {"level": "informal_caregiver", "who": "daughter", "wait_minutes": 5}
    assert (await says(town, "operator", alert_id, "forward", steps=[rung]))["verdict"] == "done"
    told = await says(town, "operator", alert_id, "accept", by="daughter", eta_minutes=15)
    assert told["held_by"][0]["name"] == "Marieke de Wit"
    line = next(one for one in (await shows(town, alert_id))["journal"] if one["entered_by"])
    assert line["entered_by"]["external_id"] == "anna"
    released = await says(town, "operator", alert_id, "release", by="daughter", reason="auto stuk")
    assert released["status"] == "calling"


async def test_only_operators_answer_for_somebody_else(town: Town) -> None:
    alert_id = await town.alarm()
    async with town.client("nurse") as nurse:
        answer = await nurse.post(f"/api/v1/alerts/{alert_id}/accept", json={"by": "daughter"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "by"


async def test_decline_defer_and_all_well_reach_the_engine(town: Town) -> None:
    alert_id = await town.alarm()
    rung = {"level": "informal_caregiver", "who": "daughter"}
    await says(town, "operator", alert_id, "forward", steps=[rung])
    deferred = await says(town, "operator", alert_id, "defer", by="daughter", after_minutes=10)
    assert deferred["verdict"] in ("done", "no_change", "not_allowed")
    declined = await says(town, "operator", alert_id, "decline", by="daughter", reason="ver weg")
    assert declined["verdict"] == "done"
    well = await says(town, "operator", alert_id, "all-well", by="daughter", outcome="social")
    assert (well["verdict"], well["outcome"]) == ("done", "social")


async def test_a_watch_is_handed_over_by_name_or_taken_with_a_reason(town: Town) -> None:
    alert_id = await town.alarm()
    await says(town, "operator", alert_id, "claim")
    await says(town, "operator", alert_id, "hand-over", to="bram", holding="watch")
    assert (await shows(town, alert_id))["offer"]["to"]["external_id"] == "bram"
    assert (await says(town, "other", alert_id, "claim"))["verdict"] == "done"
    assert (await shows(town, alert_id))["watch"]["by"]["external_id"] == "bram"
    taken = await says(
        town, "operator", alert_id, "take-over", holding="watch", reason="pauze", held_by="bram"
    )
    assert taken["held_by"][0]["external_id"] == "anna"


async def test_a_person_is_named_only_by_whoever_answers_for_them(town: Town) -> None:
    alert_id = await town.alarm()
    told = await says(town, "operator", alert_id, "name-person", person="nurse")
    assert told["verdict"] != "done"


async def test_an_integrator_reads_but_does_not_answer(town: Town) -> None:
    alert_id = await town.alarm()
    async with town.client("machine") as machine:
        assert (await machine.get(f"/api/v1/alerts/{alert_id}")).status_code == 200
        refused = await machine.post(f"/api/v1/alerts/{alert_id}/accept", json={})
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "/api/v1/problems/not-for-this-role",
    )
