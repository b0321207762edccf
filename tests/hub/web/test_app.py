"""What holds for every route: doors, headers, limits, problem details, OpenAPI, health."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import make_url

from hub.access.gateways import Entrance
from hub.access.secrets import Purpose, keyed_hash
from hub.routes import screens
from hub.routes.dependencies import signed_in
from hub.serving.web import create_app
from hub.store import tables
from hub.store.unit_of_work import open_store
from hub.upkeep.health import Pulse
from tests.hub.web.conftest import JSON, PASSWORD, PEPPER, Town

OPEN = {
    "/sign-in",
    "/l/{token}",
    "/static/{name}",
    "/health/live",
    "/health/ready",
    "/health/figures",
    "/api/v1/out/schema.json",
    "/api/v1/out/asyncapi.json",
}


def _routes(town: Town) -> list[Any]:
    return [
        one
        for one in iter_route_contexts(town.app.routes)
        if isinstance(one.original_route, APIRoute)
    ]


def _needs(dependant: Any) -> set[Any]:
    return {dependant.call}.union(*(_needs(one) for one in dependant.dependencies))


async def test_every_route_but_the_listed_ones_asks_who_you_are(town: Town) -> None:
    routes = _routes(town)
    assert {route.path for route in routes} > OPEN
    for route in routes:
        closed = signed_in in _needs(route.original_route.dependant)
        assert closed != (route.path in OPEN), route.path


async def test_a_closed_route_answers_nobody(town: Town) -> None:
    async with town.client() as nobody:
        for route in _routes(town):
            path = route.path.replace("{action}", "claim")
            for one in ("{alert_id}", "{message_id}"):
                path = path.replace(one, str(uuid4()))
            for method in route.methods if route.path not in OPEN else ():
                answer = await nobody.request(method, path, json={}, headers=JSON)
                assert answer.status_code == 401, (method, path, answer.status_code)


async def test_openapi_is_whole_and_every_operation_explains_itself(town: Town) -> None:
    async with town.client() as anybody:
        schema = (await anybody.get("/api/v1/openapi.json")).json()
    for name, shape in schema["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(shape)
        assert (
            shape.get("description") or name.startswith(("HTTP", "Validation")) or "enum" in shape
        )
    for reference in _references(schema):
        assert reference.removeprefix("#/components/schemas/") in schema["components"]["schemas"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
    assert "/api/v1/alerts/{alert_id}/take-over" in schema["paths"]
    assert "/sign-in" not in schema["paths"]


async def test_every_operation_has_examples_that_its_own_schema_takes(town: Town) -> None:
    async with town.client() as anybody:
        schema = (await anybody.get("/api/v1/openapi.json")).json()
    checked = 0
    for where, shape, example in _examples(schema):
        whole = {**shape, "components": schema["components"]}
        validator = jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.FormatChecker()
        )
        wrong = [
            f"{where}: {one.json_path} {one.message}" for one in validator.iter_errors(example)
        ]
        assert wrong == [], example
        checked += 1
    assert checked > 100


def _examples(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every body under /api/v1 with its example; a body without one fails."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items() if path.startswith("/api/v1") else ():
            parts = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media, body in [pair for part in parts for pair in part.get("content", {}).items()]:
                where = f"{method} {path} {media}"
                assert "example" in body or "examples" in body, where
                named = [one["value"] for one in body.get("examples", {}).values()]
                for one in named or [body["example"]]:
                    yield where, body.get("schema", {}), one
            for one in operation.get("parameters", ()):
                if one["required"]:
                    yield f"{method} {path} {one['name']}", one["schema"], one["example"]


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_references(one) for one in part.values()))
    return set().union(*(_references(one) for one in part)) if isinstance(part, list) else set()


@pytest.mark.parametrize(
    ("body", "field", "remedy"),
    [
        ({"eta_minutes": 6000}, "eta_minutes", "at most 600"),
        ({"eta_minutes": "soon"}, "eta_minutes", "whole number"),
        ({"etaMinutes": 5}, "etaMinutes", "spelling"),
        ({"once": "no"}, "once", "UUID"),
        ({"by": "nobody"}, "by", "external id"),
    ],
)
async def test_a_problem_names_the_field_and_the_remedy(
    town: Town, body: dict[str, Any], field: str, remedy: str
) -> None:
    alert_id = await town.alarm()
    async with town.client("operator") as operator:
        answer = await operator.post(f"/api/v1/alerts/{alert_id}/accept", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["errors"][0]["field"] == field
    assert remedy in problem["errors"][0]["remedy"]


@pytest.mark.parametrize("sent", [b"{", b'{"once": "\\u0000"}', b"\xff\xfe", b"[]", b"null", b""])
async def test_bytes_that_are_no_request_are_refused_and_break_nothing(
    town: Town, sent: bytes
) -> None:
    alert_id = await town.alarm()
    async with town.client("operator") as operator:
        for path in (f"/api/v1/alerts/{alert_id}/resolve", "/api/v1/alerts", "/l/no-such-token"):
            headers = {"content-type": "application/json"}
            answer = await operator.post(path, content=sent, headers=headers)
            assert answer.status_code in (400, 404, 422), (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "asked", ["client=%00", "kind=%00", "cursor=!!", "cursor=%00", "limit=0", "status=x"]
)
async def test_hostile_questions_are_refused(town: Town, asked: str) -> None:
    async with town.client("operator") as operator:
        answer = await operator.get(f"/api/v1/alerts?{asked}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


async def test_security_headers_are_on_everything(town: Town) -> None:
    async with town.client() as anybody:
        for path in ("/sign-in", "/nowhere", "/api/v1/alerts", "/health/live", "/l/x"):
            headers = (await anybody.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"


async def test_a_page_that_is_not_there_is_a_page_and_a_problem_for_machines(town: Town) -> None:
    async with town.client() as anybody:
        page = await anybody.get("/nowhere", headers={"accept": "text/html"})
        problem = await anybody.get("/api/v1/nowhere")
    assert (page.status_code, "text/html" in page.headers["content-type"]) == (404, True)
    assert problem.json()["status"] == 404


async def test_a_body_that_is_too_large_is_refused_announced_or_not(town: Town) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 16384

    async with town.client("operator") as operator:
        for body in (b"x" * 300_000, endless()):
            answer = await operator.post(
                "/api/v1/alerts", content=body, headers={"content-type": "application/json"}
            )
            assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_a_page_sends_a_visitor_to_sign_in_and_knows_the_way_back(town: Town) -> None:
    async with town.client() as browser:
        answer = await browser.post("/sign-out", headers={"accept": "text/html"})
        assert answer.headers["location"] == "/sign-in?next=/"
        asked = await browser.get("/techniek", headers={"accept": "text/html"})
        assert asked.headers["location"] == "/sign-in?next=/techniek"
        await town.sign_in(browser, "anna", PASSWORD)
        assert (await browser.get("/sign-in", params={"next": "/x"})).headers["location"] == "/x"


async def test_ready_says_what_is_wrong(town: Town) -> None:
    async with town.client() as watcher:
        assert (await watcher.get("/health/live")).json() == {"status": "alive"}
        assert (await watcher.get("/health/ready")).status_code == 200
        town.app.state.web.pulse.felt(3.0, 1e12)
        answer = await watcher.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["loop"]) == (503, "stalled")


async def test_figures_count_and_name_nobody(town: Town) -> None:
    await town.alarm()
    town.passes(minutes=10)
    async with town.client() as watcher:
        counted = (await watcher.get("/health/figures")).json()
    assert counted["open_alerts"] == {"P2": 1}
    assert counted["overdue_alerts"] == 1
    assert counted["outbox_waiting"] == 1
    assert counted["door"] == {"connections": 3}


def test_a_long_stall_closes_readiness_for_half_a_minute_and_a_short_one_is_counted() -> None:
    pulse = Pulse()
    pulse.felt(0.2, 10.0)
    assert (pulse.stalls, pulse.steady(10.0)) == (1, True)
    pulse.felt(2.5, 20.0)
    assert (pulse.steady(49.0), pulse.steady(50.0)) == (False, True)


async def test_a_gateway_comes_in_by_its_own_secret_only(town: Town) -> None:
    kept = {"organisation_id": town.ids["brug"], "external_id": "gw-1", "adapters": ["native"]}
    secret_hash = keyed_hash(PEPPER, Purpose.GATEWAY, "s3cret")
    await town.write(sa.insert(tables.gateways).values(**kept, id=uuid4(), secret_hash=secret_hash))
    principal = await Entrance(town.store, PEPPER).authenticate("brug/gw-1", b"s3cret")
    assert principal is not None
    assert (principal.prefix, principal.adapters) == ("in/brug/gw-1/", frozenset({"native"}))
    for user, password in (
        ("brug/gw-1", b"guess"),
        ("vliet/gw-1", b"s3cret"),
        ("brug/gw-1/x", b"s3cret"),
        ("gw-1", b"s3cret"),
        ("brug/\0", b"s3cret"),
        ("brug/gw-1", b"\xff"),
        ("", b""),
    ):
        assert await Entrance(town.store, PEPPER).authenticate(user, password) is None
    await town.write(sa.update(tables.gateways).values(disabled_at=town.now))
    assert await Entrance(town.store, PEPPER).authenticate("brug/gw-1", b"s3cret") is None


async def test_a_database_that_is_away_is_said_and_never_taken_for_a_yes(
    town: Town, database_url: str
) -> None:
    alert_id = await town.alarm()
    nowhere = make_url(database_url).set(database="of_nobody")
    away = open_store(nowhere.render_as_string(hide_password=False), size=1, statement_timeout=1)
    town.app.state.web = replace(town.app.state.web, store=away)
    async with town.client("operator") as operator:
        pressed = await operator.post(f"/api/v1/alerts/{alert_id}/accept", json={})
        page = await operator.get("/", headers={"accept": "text/html"})
        form = await operator.post("/sign-out", headers={"accept": "text/html"})
        ready = await operator.get("/health/ready")
    await away.close()
    assert (pressed.status_code, ready.status_code) == (503, 503)
    assert pressed.json()["type"].endswith("/database-away")
    assert pressed.headers["retry-after"] == "2"
    assert (page.status_code, page.headers["refresh"]) == (503, "2")
    assert "probeert het zelf opnieuw" in page.text
    assert (form.status_code, "refresh" in form.headers) == (503, False)
    assert "niet zeker dat dit is vastgelegd" in form.text
    assert ready.json()["checks"]["database"].startswith("unreachable")


async def test_over_https_cookies_are_secure_and_bound_to_this_host(town: Town) -> None:
    town.app = create_app(replace(town.app.state.web, secure=True), screens.ROUTERS)
    async with town.client() as browser:
        browser.base_url = "https://hub"
        answer = await town.sign_in(browser, "anna", PASSWORD)
        assert (await browser.get("/api/v1/alerts")).status_code == 200
    kept = [one for one in answer.headers.get_list("set-cookie") if "__Host-nachtwacht" in one]
    assert "; secure" in kept[0].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_every_refusal_under_the_api_is_a_problem_detail(town: Town) -> None:
    async with town.client("operator") as operator:
        paths = (await operator.get("/api/v1/openapi.json")).json()["paths"]
        api = [path for path in paths if path.startswith("/api/v1")]
        asked = [("DELETE", "/api/v1/nothing-here"), ("GET", "/api/v1")]
        asked += [("TRACE", path.replace("{", "").replace("}", "")) for path in api]
        for method, path in asked:
            answer = await operator.request(method, path)
            assert answer.status_code in (404, 405), (method, path)
            assert answer.headers["content-type"] == "application/problem+json", (method, path)
            assert answer.json()["status"] == answer.status_code
