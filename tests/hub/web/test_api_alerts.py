"""Reading and raising alerts through the API."""

from uuid import uuid4

import sqlalchemy as sa

from hub.store import tables
from tests.hub.web.conftest import Town


async def test_one_alert_shows_ladder_attempts_and_journal_and_the_look_is_recorded(
    town: Town,
) -> None:
    alert_id = await town.alarm()
    async with town.client("nurse") as nurse:
        shown = (await nurse.get(f"/api/v1/alerts/{alert_id}")).json()
    assert shown["ladder"][0]["level"] == "care_centre"
    assert shown["ladder"][0]["state"] == "now"
    assert shown["attempts"][0]["to"]["external_id"] == "desk"
    assert "address" not in shown["attempts"][0]
    assert [line["what"] for line in shown["journal"]][:2] == ["opened", "warn"]
    assert shown["journal"][1]["about"]["external_id"] == "desk"
    assert shown["due_at"].endswith("Z")
    looked = await town.rows(
        sa.select(tables.access_log.c.client_id).where(
            tables.access_log.c.action == "alert.read", tables.access_log.c.alert_id == alert_id
        )
    )
    assert looked == [(town.ids["gerda"],)]


async def test_nobody_outside_the_parties_can_tell_that_an_alert_exists(town: Town) -> None:
    alert_id = await town.alarm()
    async with town.client("stranger") as stranger:
        assert (await stranger.get("/api/v1/alerts")).json()["items"] == []
        there = await stranger.get(f"/api/v1/alerts/{alert_id}")
        not_there = await stranger.get(f"/api/v1/alerts/{uuid4()}")
        pressed = await stranger.post(f"/api/v1/alerts/{alert_id}/accept", json={})
    assert (there.status_code, not_there.status_code, pressed.status_code) == (404, 404, 404)
    assert there.json() == not_there.json()


async def test_raising_by_hand_twice_with_one_id_raises_one_alert(town: Town) -> None:
    said = {"client": "gerda", "explanation": "De buurvrouw belt.", "once": str(uuid4())}
    async with town.client("operator") as operator:
        first = await operator.post("/api/v1/alerts", json=said)
        second = await operator.post("/api/v1/alerts", json=said)
        assert (first.status_code, first.json()) == (201, second.json())
        items = (await operator.get("/api/v1/alerts")).json()["items"]
    assert [one["explanation"] for one in items] == ["De buurvrouw belt."]


async def test_an_alert_is_raised_only_for_a_client_one_has_duty_for(town: Town) -> None:
    async with town.client("operator") as operator:
        said = {"client": "piet", "once": str(uuid4())}
        answer = await operator.post("/api/v1/alerts", json=said)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "client"


async def test_a_list_goes_on_where_the_cursor_says(town: Town) -> None:
    raised = []
    for _ in range(3):
        raised.append(str(await town.alarm()))
        await _end(town, raised[-1])
        town.passes(minutes=1)
    async with town.client("operator") as operator:
        first = (await operator.get("/api/v1/alerts?status=resolved&limit=2")).json()
        more = {"status": "resolved", "limit": "2", "cursor": first["next_cursor"]}
        second = (await operator.get("/api/v1/alerts", params=more)).json()
        assert (await operator.get("/api/v1/alerts")).json()["items"] == []
    assert [one["id"] for one in first["items"] + second["items"]] == raised[::-1]
    assert second["next_cursor"] is None


async def _end(town: Town, alert_id: str) -> None:
    async with town.client("operator") as operator:
        said = {"outcome": "accidental"}
        answer = await operator.post(f"/api/v1/alerts/{alert_id}/resolve", json=said)
    assert answer.json()["verdict"] == "done", answer.text


async def test_a_list_is_narrowed_by_client_kind_and_priority(town: Town) -> None:
    await town.alarm()
    async with town.client("operator") as operator:
        for asked, count in (
            ("client=gerda", 1),
            ("kind=alarm.fall", 0),
            ("kind=alarm.manual&priority=P2", 1),
            ("priority=P1", 0),
        ):
            answer = await operator.get(f"/api/v1/alerts?{asked}")
            assert len(answer.json()["items"]) == count, asked


async def test_integrators_read_what_became_of_their_messages_and_why(town: Town) -> None:
    gateway = {"id": uuid4(), "organisation_id": town.ids["brug"], "external_id": "gw-1"}
    await town.write(
        sa.insert(tables.gateways).values(**gateway, secret_hash=b"x" * 32, adapters=["native"])
    )
    kept = {
        "received_at": town.now,
        "organisation_id": town.ids["brug"],
        "gateway_id": gateway["id"],
        "source": "door",
        "adapter": "native",
        "topic": "in/brug/gw-1/native/p1",
        "payload": b"{",
        "qos": 1,
        "reason": "not JSON",
    }
    for outcome in ("rejected", "decoded"):
        await town.write(sa.insert(tables.messages).values(**kept, id=uuid4(), outcome=outcome))
    async with town.client("machine") as machine, town.client("stranger") as stranger:
        [only] = (await machine.get("/api/v1/messages")).json()["items"]
        assert (only["gateway"], only["reason"], only["size"]) == ("gw-1", "not JSON", 1)
        assert len((await machine.get("/api/v1/messages?outcome=decoded")).json()["items"]) == 1
        assert (await stranger.get("/api/v1/messages")).json()["items"] == []
        [registered] = (await machine.get("/api/v1/gateways")).json()["items"]
        assert "secret_hash" not in registered
        assert (await machine.get("/api/v1/devices")).json() == {"items": []}
        [client] = (await machine.get("/api/v1/clients")).json()["items"]
        assert client["external_id"] == "gerda"
