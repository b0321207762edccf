"""Messages over HTTP: 202 means stored, and nothing a sender does is a crash or a silence."""

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.secrets import Purpose, keyed_hash
from hub.access.signing import sealed
from hub.sources.door_terms import Refusal
from hub.store import tables as t
from hub.store.unit_of_work import open_store
from tests.hub.house import House, known
from tests.hub.posting import (
    ADDRESS,
    BEARER,
    HASTY,
    KEY,
    PEPPER,
    PRESS,
    SIGNS_WITH,
    Posting,
    a_secret,
    lines,
    posting_at,
)

HOUR = timedelta(hours=1)
STORED = ("webhook", "decoded")


@pytest.fixture
async def posting(house: House) -> AsyncIterator[Posting]:
    async with posting_at(house) as opened:
        yield opened


# --- what becomes of it ---------------------------------------------------------------------


async def test_a_press_that_is_posted_is_stored_and_rings(posting: Posting) -> None:
    answer = await posting.post()
    assert answer.status_code == 202
    (message,) = await posting.house.rows(sa.select(t.messages))
    assert answer.json() == {"message_id": str(message.id), "outcome": "decoded"}
    assert (message.source, message.topic) == ("webhook", ADDRESS[1:])
    assert [one.kind for one in await posting.house.alerts()] == ["alarm.button"]


@pytest.mark.parametrize(
    ("address", "body", "outcome", "reason"),
    [
        (ADDRESS, b'{"kind": ', "rejected", "malformed_json"),
        (ADDRESS, b"", "rejected", "empty"),
        ("/in/zorg/gw1/zigbee2mqtt/zigbee2mqtt/bridge/logging", b"{}", "ignored", ""),
        ("/in/zorg/gw1/natvie/pendant-1", PRESS, "refused", "adapter 'natvie'"),
        ("/in/zorg/gw1/native/pendant-99", PRESS, "decoded", "unknown_device"),
    ],
)
async def test_what_became_of_a_message_is_in_the_answer(
    posting: Posting, address: str, body: bytes, outcome: str, reason: str
) -> None:
    answer = await posting.post(body, address)
    assert (answer.status_code, answer.json()["outcome"]) == (202, outcome)
    assert reason in answer.json()["reason"]
    assert await posting.kept() == [("webhook", outcome)]


async def test_several_messages_in_lines_are_stored_each(posting: Posting) -> None:
    body = lines({"kind": "alarm.button", "seq": 1}, {"kind": "nonsense"}, {"channel": "bed"})
    answer = await posting.post(body + b"\n\n", content_type="application/x-ndjson; charset=utf-8")
    said = [one["outcome"] for one in answer.json()["messages"]]
    assert (answer.status_code, said) == (202, ["decoded", "rejected", "rejected"])
    assert sorted(await posting.kept()) == sorted([("webhook", one) for one in said])


async def test_more_lines_than_are_taken_at_once_are_refused_whole(house: House) -> None:
    async with posting_at(house, replace(HASTY, lines=2)) as posting:
        answer = await posting.post(lines(*[{}] * 3), content_type="application/jsonl")
        assert (answer.status_code, await posting.kept()) == (413, [])
        assert "at most 2" in answer.json()["detail"]


# --- who posts ------------------------------------------------------------------------------


async def test_a_password_is_as_good_as_a_key(posting: Posting) -> None:
    basic = base64.b64encode(f"zorg/gw1:{KEY}".encode()).decode()
    answer = await posting.post(authorization=f"basic {basic}")
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer \xff"},
        {"authorization": "Basic ###"},
        {"authorization": "Basic em9yZy9ndzE6d3Jvbmc="},
        {"authorization": f"Digest {KEY}"},
        {"webhook-signature": "v1,xx", "webhook-id": "1", "webhook-timestamp": "soon"},
        {"webhook-signature": "v1,\xe9", "webhook-id": "1", "webhook-timestamp": "1768255200"},
        {"webhook-signature": "v1,", "webhook-id": "1", "webhook-timestamp": "1768255200"},
    ],
)
async def test_nobody_else_comes_in_and_hears_how_to(
    posting: Posting, headers: dict[str, str]
) -> None:
    sent = {name.encode(): said.encode("latin-1") for name, said in headers.items()}
    answer = await posting.client.post(ADDRESS, content=PRESS, headers=sent)
    assert (answer.status_code, await posting.kept()) == (401, [])
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Bearer" in answer.headers["www-authenticate"]
    assert {"type", "title", "status", "detail"} == set(answer.json())


async def test_a_key_opens_its_own_gateway_only(posting: Posting) -> None:
    await posting.house.changes(
        sa.insert(t.gateways).values(
            id=known("gw2"), organisation_id=known("zorg"), external_id="gw2",
            secret_hash=keyed_hash(PEPPER, Purpose.GATEWAY, "another"), adapters=["native"],
        )
    )  # fmt: skip
    assert (await posting.post(address="/in/zorg/gw2/native/p")).status_code == 401
    basic = base64.b64encode(f"zorg/gw1:{KEY}".encode()).decode()
    answer = await posting.post(address="/in/zorg/gw2/native/p", authorization=f"Basic {basic}")
    assert answer.json()["outcome"] == "refused"


async def test_a_gateway_that_was_disabled_is_out_as_soon_as_hubs_hear(posting: Posting) -> None:
    assert (await posting.post()).status_code == 202
    own = sa.update(t.gateways).where(t.gateways.c.id == known("gateway"))
    await posting.house.changes(own.values(disabled_at=posting.house.now))
    posting.callers.forget()
    assert (await posting.post()).status_code == 401


async def test_an_older_key_goes_on_opening_until_it_is_ended(posting: Posting) -> None:
    own = sa.update(t.gateways).where(t.gateways.c.id == known("gateway"))
    await posting.house.changes(a_secret("key", keyed_hash(PEPPER, Purpose.GATEWAY, KEY)))
    await posting.house.changes(own.values(secret_hash=b"n" * 32))
    assert (await posting.post()).status_code == 202
    await posting.house.changes(sa.delete(t.gateway_secrets))
    posting.callers.forget()
    assert (await posting.post()).status_code == 401


# --- signed ---------------------------------------------------------------------------------


async def test_a_signed_message_needs_no_key(posting: Posting) -> None:
    assert (await posting.signed()).status_code == 202
    (alert,) = await posting.house.alerts()
    assert alert.state["marks"] == []


async def test_each_of_several_secrets_is_right_while_they_change(posting: Posting) -> None:
    other = b"another secret of thirty-two byte"
    await posting.house.changes(a_secret("signing", sealed(PEPPER, known("gateway"), other)))
    assert (await posting.signed(key="a")).status_code == 202
    assert (await posting.signed(key="b", secret=other)).status_code == 202


async def test_a_signature_of_other_bytes_or_with_another_secret_is_nothing(
    posting: Posting,
) -> None:
    assert (await posting.signed(sent=PRESS + b" ")).status_code == 401
    answer = await posting.signed(secret=b"x" * 32)
    assert answer.status_code == 401
    assert "webhook-signature" in answer.json()["detail"]
    assert await posting.kept() == []


async def test_a_secret_sealed_for_another_gateway_opens_nothing(posting: Posting) -> None:
    mine = b"another secret of thirty-two byte"
    await posting.house.changes(a_secret("signing", sealed(PEPPER, known("other"), mine)))
    assert (await posting.signed(secret=mine)).status_code == 401


@pytest.mark.parametrize("ago", [HOUR, -HOUR, timedelta(days=40)])
async def test_a_message_signed_long_ago_is_late_and_never_refused(
    posting: Posting, ago: timedelta
) -> None:
    assert (await posting.signed(ago=ago)).status_code == 202
    (alert,) = await posting.house.alerts()
    assert "late" in alert.state["marks"]
    assert alert.state["plan"]["steps"][0]["level"] == "care_centre"


# --- again ----------------------------------------------------------------------------------


async def test_a_sender_that_lost_the_answer_does_not_ring_twice(posting: Posting) -> None:
    first = await posting.post(idempotency_key="delivery-1")
    posting.house.now += HOUR
    second = await posting.post(idempotency_key="delivery-1")
    assert (first.status_code, second.status_code) == (202, 202)
    (alert,) = await posting.house.alerts()
    assert alert.state["repeats"] == 0


async def test_a_recorded_message_is_a_copy_whatever_id_is_put_beside_the_signed_one(
    posting: Posting,
) -> None:
    own = sa.update(t.gateways).where(t.gateways.c.id == known("gateway"))
    await posting.house.changes(own.values(key_header="x-delivery"))
    assert (await posting.signed()).status_code == 202
    for header in ("idempotency-key", "x-delivery"):
        posting.client.headers[header] = "another"
        assert (await posting.signed()).status_code == 202
    (alert,) = await posting.house.alerts()
    assert alert.state["repeats"] == 0


async def test_two_tries_at_the_same_moment_ring_once(posting: Posting) -> None:
    tries = [posting.post(idempotency_key="delivery-1") for _ in range(5)]
    assert {one.status_code for one in await asyncio.gather(*tries)} == {202}
    (alert,) = await posting.house.alerts()
    assert (alert.state["repeats"], len(await posting.kept())) == (0, 5)


@pytest.mark.parametrize("header", ["webhook_id", "x_delivery"])
async def test_the_id_may_be_in_the_header_a_vendor_uses(posting: Posting, header: str) -> None:
    own = sa.update(t.gateways).where(t.gateways.c.id == known("gateway"))
    await posting.house.changes(own.values(key_header="x-delivery"))
    for _ in range(2):
        await posting.post(PRESS, ADDRESS, **{header: "7"})
    (alert,) = await posting.house.alerts()
    assert alert.state["repeats"] == 0


async def test_an_id_used_again_for_another_message_is_a_new_event(posting: Posting) -> None:
    await posting.post(idempotency_key="same")
    await posting.post(b'{"kind": "alarm.fall"}', idempotency_key="same")
    kinds = sorted(one.kind for one in await posting.house.alerts())
    assert kinds == ["alarm.button", "technical.key_reused"]
    events = await posting.house.rows(sa.select(t.events.c.kind))
    assert "alarm.fall" in [one.kind for one in events]


async def test_lines_sent_again_ring_once(posting: Posting) -> None:
    body = lines({"kind": "alarm.button", "n": 1}, {"kind": "alarm.button", "n": 2})
    for _ in range(2):
        await posting.post(body, content_type="application/x-ndjson", idempotency_key="batch")
    (alert,) = await posting.house.alerts()
    assert alert.state["repeats"] == 1


# --- too much, too slow, not now ------------------------------------------------------------


async def test_the_largest_message_is_taken_and_a_larger_one_is_told_of(posting: Posting) -> None:
    most = HASTY.payload_bytes
    assert (await posting.post(b" " * (most - len(PRESS)) + PRESS)).status_code == 202
    answer = await posting.post(PRESS + b" " * most)
    assert answer.status_code == 413
    rows = await posting.house.rows(sa.select(t.messages).where(t.messages.c.outcome == "rejected"))
    assert [(row.reason[:9], len(row.payload)) for row in rows] == [("too_large", 256)]
    assert answer.json()["message_id"] == str(rows[0].id)
    alerts = {one.kind for one in await posting.house.alerts()}
    assert "technical.undecodable" in alerts  # from a pendant: it may have been a call for help


@pytest.mark.parametrize("length", ["Content-Length: 200000", "Transfer-Encoding: chunked"])
async def test_a_body_that_is_far_too_large_ends_the_connection_and_is_told_of(
    house: House, length: str
) -> None:
    async with posting_at(house, replace(HASTY, discarded_bytes=100_000)) as posting:
        head = f"POST {ADDRESS} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {KEY}\r\n{length}"
        chunk = b"61a80\r\n" + b"x" * 100_001 if "chunked" in length else b""
        answer = await posting.raw(f"{head}\r\n\r\n".encode() + chunk)
        assert answer.startswith(b"HTTP/1.1 413")
        assert [why for _, why in posting.refused] == [Refusal.TOO_LARGE]


async def test_a_body_that_comes_too_slowly_is_cut(posting: Posting) -> None:
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {KEY}\r\n"
    answer = await posting.raw(f"{head}Content-Length: 50\r\n\r\nhalf".encode())
    assert answer.startswith(b"HTTP/1.1 408")
    assert await posting.kept() == []


async def test_a_sender_that_hangs_up_half_way_leaves_nothing(posting: Posting) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", posting.port)
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {KEY}\r\n"
    writer.write(f"{head}Content-Length: 50\r\n\r\nhalf".encode())
    await writer.drain()
    writer.close()
    assert (await posting.post()).status_code == 202
    assert await posting.kept() == [STORED]


async def test_without_a_database_a_sender_is_asked_to_come_again(house: House) -> None:
    away = open_store("postgresql+psycopg://u@127.0.0.1:1/none", size=1, statement_timeout=1)
    async with posting_at(house) as posting:
        assert (await posting.post()).status_code == 202  # so that its key is known
        registered = posting.house.reader.registered
        registered.store, there = away, registered.store
        answer = await posting.post(address="/in/zorg/gw1/native/another")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
        registered.store = there
        assert (await posting.post(address="/in/zorg/gw1/native/another")).status_code == 202
    await away.close()


async def test_more_at_once_than_can_be_answered_are_asked_to_come_again(house: House) -> None:
    async with posting_at(house, replace(HASTY, at_once=0)) as posting:
        answer = await posting.post()
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_who_guesses_keys_takes_no_place_while_they_wait(house: House) -> None:
    async with posting_at(house, replace(HASTY, at_once=1)) as posting:
        wrong = {"authorization": "Bearer guessed"}
        for _ in range(6):
            assert (await posting.client.post(ADDRESS, headers=wrong)).status_code == 401
        guess = asyncio.create_task(posting.client.post(ADDRESS, headers=wrong))
        async with asyncio.timeout(10):
            while posting.webhook.counters.unauthorised < 7:  # noqa: ASYNC110 - a counter, no bell
                await asyncio.sleep(0)
        assert not guess.done()
        assert (await posting.post()).status_code == 202
        assert (await guess).status_code == 401
        assert posting.webhook.counters.open == 0


# --- for who is connecting a program ---------------------------------------------------------


async def test_an_integrator_can_look_before_posting(posting: Posting) -> None:
    answer = await posting.client.get(ADDRESS, headers=BEARER)
    assert (answer.status_code, answer.json()["allowed"]) == (200, True)
    wrong = await posting.client.get("/in/zorg/gw1/nothing/x", headers=BEARER)
    assert (wrong.json()["allowed"], wrong.json()["adapters"]) == (False, ["native", "zigbee2mqtt"])
    head = await posting.client.head(ADDRESS, headers=BEARER)
    assert (head.status_code, head.content) == (200, b"")
    assert (await posting.client.get(ADDRESS)).status_code == 401
    assert await posting.kept() == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nobody_hears_of_a_gateway_for_a_signature_that_is_wrong(
    posting: Posting, method: str
) -> None:
    at = str(int(posting.house.now.timestamp()))
    signature = {"webhook-id": "x", "webhook-timestamp": at, "webhook-signature": "v1,eHg="}
    answer = await posting.client.request(method, ADDRESS, headers=signature)
    assert answer.status_code == 401
    assert b"native" not in answer.content
    digest = hmac.digest(SIGNS_WITH, f"x.{at}.".encode(), "sha256")  # of a body of no bytes
    signature["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    assert (await posting.client.request(method, ADDRESS, headers=signature)).status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "headers", "status"),
    [
        ("POST", "/in/zorg/gw1/native", {}, 404),
        ("POST", "/in/zorg//native/x", {}, 404),
        ("PUT", ADDRESS, {}, 405),
        ("POST", ADDRESS, {"content-encoding": "gzip"}, 415),
        ("OPTIONS", ADDRESS, {}, 200),
    ],
)
async def test_what_cannot_be_is_told_with_its_remedy(
    posting: Posting, method: str, address: str, headers: dict[str, str], status: int
) -> None:
    answer = await posting.client.request(method, address, headers=BEARER | headers, content=PRESS)
    assert answer.status_code == status
    assert answer.json().get("detail", "-")


async def test_figures_count_what_came(posting: Posting) -> None:
    await posting.post()
    await posting.post(authorization="Bearer wrong")
    counted: dict[str, Any] = dict(posting.webhook.figures())
    assert counted == {
        "open": 0, "received": 1, "stored": 1, "unauthorised": 1, "turned_away": 0, "not_now": 0,
    }  # fmt: skip
