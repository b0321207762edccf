"""What partners may see: every route of the application, walked by those who may not see all."""

import html
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute, iter_route_contexts
from psycopg.types.range import Range

from escalation.model import Lane, Level
from hub.access.secrets import Purpose, keyed_hash
from hub.access.viewer import Viewer
from hub.out.numbering import Numbering
from hub.screen.live import fragment, read
from hub.store import tables as t
from tests.hub.web.conftest import PEPPER, Town

SECRETS = {
    "birth date": ("1931-07-13", "(95)"),
    "instructions": ("blauwe gieter",),
    "note to a mode": ("insulinepomp",),
    "caregiver's name": ("Roodborst",),
    "caregiver's external id": ("x-roodborst",),
    "caregiver's telephone": ("98 12 34 57", "98123457"),
    "relation": ("schoondochter",),
    "trend": ("<span>Onrustige nacht</span>", '"kind":"lifestyle.restless_night"'),
    "rhythm": ("dus niet bewaakt",),
    "agreement's name": ("Wielewaal", "wielewaal"),
}
ALWAYS_SHARED = ("Gerda Jansen", "Veendam", "Geheimstraat 7")
ENDLESS = {"/stream", "/inspector/stream"}  # their contents are rendered by themselves, below
PARTNERS = {"operator": "lantaarn", "night": "uil", "program": "uil", "console": "lantaarn"}
PROVIDERS = ("nurse", "machine")


@pytest.fixture
async def shared(town: Town) -> Town:
    """The town with a night partner, and a client of whom much is known and little shared."""
    ids = town.ids | {name: uuid4() for name in ("uil", "kerkuil", "absence")}
    town.ids = ids
    await town.write(
        sa.insert(t.organisations).values(
            id=ids["uil"], external_id="uil", name="Nachtzorg Uil", sort="partner"
        )
    )
    await _lets_in(town, "uil", "kerkuil", "night", "night_partner")
    await _lets_in(town, "uil", "program", "integrator", "night_partner")
    await _lets_in(town, "lantaarn", "console", "integrator", "care_centre")
    served = {"id": uuid4(), "organisation_id": ids["brug"], "served_by_id": ids["uil"]}
    always = Range(town.now - timedelta(days=9), None)
    await town.write(sa.insert(t.service_contracts).values(**served, role="partner", valid=always))
    await shares(town, "name", "address")
    await _is_known(town)
    return town


async def shares(town: Town, *words: str) -> None:
    await town.write(sa.update(t.service_contracts).values(shares=list(words)))


async def _lets_in(town: Town, owner: str, who: str, role: str, level: str) -> None:
    contact_id, user_id = town.ids.setdefault(who, uuid4()), uuid4()
    own = {"organisation_id": town.ids[owner], "external_id": who}
    secret = {"kerkuil": "night"}.get(who, who)
    await town.write(
        sa.insert(t.contacts).values(
            id=contact_id, **own, sort="person", name=who.title(), level=level
        )
    )
    await town.write(
        sa.insert(t.users).values(
            id=user_id, **own, login=who, password_hash="", role=role, contact_id=contact_id
        )
    )
    kept = keyed_hash(PEPPER, Purpose.API_TOKEN, secret)
    await town.write(
        sa.insert(t.api_tokens).values(id=uuid4(), **own, token_hash=kept, user_id=user_id)
    )


async def _is_known(town: Town) -> None:
    """Everything there is to know of Gerda, in words that are found nowhere else."""
    ids, gerda = town.ids, t.clients.c.id == town.ids["gerda"]
    await town.write(
        sa.update(t.clients)
        .where(gerda)
        .values(
            birth_date=date(1931, 7, 13),
            instructions="Sleutel onder de blauwe gieter.",
        )
    )
    await town.write(
        sa.update(t.contacts)
        .where(t.contacts.c.id == ids["daughter"])
        .values(name="Xenia Roodborst", external_id="x-roodborst", phone="06 98 12 34 57")
    )
    await town.write(sa.update(t.client_contacts).values(relation="schoondochter"))
    own = {"organisation_id": ids["brug"], "client_id": ids["gerda"]}
    await town.write(
        sa.insert(t.modes).values(
            **own, id=uuid4(), mode="away", note="Draagt een insulinepomp.", set_at=town.now,
            begins_at=town.now, ends_at=town.now + timedelta(hours=1),
        )
    )  # fmt: skip
    await town.write(
        sa.insert(t.events).values(
            id=uuid4(), organisation_id=ids["brug"], kind="lifestyle.restless_night",
            phase="began", occurred_at=town.now, received_at=town.now, time_source="device",
            home_id=ids["home"], client_ids=[ids["gerda"]],
        )
    )  # fmt: skip
    await _is_agreed(town)
    said = {"gravity": "error", "code": "absent", "kinds": [], "times": 1}
    said |= {"witness": town.now.isoformat(), "until": town.now.isoformat()}
    told = {f"text_{one}": "'Eerst Wielewaal' roept x-roodborst (afwezig)." for one in ("nl", "en")}
    remedies = {f"remedy_{one}": "Bel Xenia Roodborst." for one in ("nl", "en")}
    await town.write(
        sa.insert(t.proofs).values(
            **own, findings=[said | told | remedies], errors=1, warnings=0, proved_at=town.now
        )
    )
    await town.write(
        sa.insert(t.absences).values(
            id=ids["absence"], organisation_id=ids["brug"], contact_id=ids["daughter"],
            during=Range(town.now, town.now + timedelta(days=1)), reason="",
        )
    )  # fmt: skip


async def _is_agreed(town: Town) -> None:
    """Who is called first, in an agreement that is called after a neighbour."""
    level, who = "informal_caregiver", str(town.ids["daughter"])
    steps = [{"level": level, "who": [who], "wait": 120}, {"level": "care_centre", "wait": 60}]
    await town.write(
        sa.insert(t.agreements).values(
            id=uuid4(), organisation_id=town.ids["brug"], client_id=town.ids["gerda"],
            external_id="eerst-wielewaal", name="Eerst Wielewaal", valid=Range(town.now, None),
            body={"kinds": ["alarm.*"], "steps": steps},
        )
    )  # fmt: skip


async def happens(town: Town) -> UUID:
    """An alert to which everybody is party; the daughter-in-law has it."""
    alert_id = await town.alarm()
    await town.write(
        sa.insert(t.alert_parties).values(
            alert_id=alert_id, organisation_id=town.ids["brug"], party_id=town.ids["uil"]
        )
    )
    async with town.client("operator") as operator:
        step = {"level": "informal_caregiver", "who": str(town.ids["daughter"])}
        sent: dict[str, Any] = {"steps": [step]}
        forwarded = await asks(operator, "POST", f"/api/v1/alerts/{alert_id}/forward", json=sent)
        assert forwarded.json()["verdict"] == "done", forwarded.text
        sent = {"by": str(town.ids["daughter"]), "eta_minutes": 10}
        accepted = await asks(operator, "POST", f"/api/v1/alerts/{alert_id}/accept", json=sent)
    assert accepted.json()["verdict"] == "done", accepted.text
    await Numbering(town.store, "http://hub").step(town.now)
    return alert_id


async def asks(somebody: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
    """Ask, and again where a busy machine said that it could not answer just then."""
    for _ in range(5):
        answer = await somebody.request(method, path, **more)
        if answer.status_code != 503:
            break
    assert answer.status_code < 500, (path, answer.text)
    return answer


async def everything(town: Town, who: str, alert_id: UUID) -> dict[str, str]:
    """What every route that can be read answers to somebody, by path; only what was let in."""
    filled: dict[str, list[Any]] = {
        "alert_id": [alert_id],
        "client": ["gerda"],
        "message_id": [uuid4()],
        "absence_id": [town.ids["absence"]],
        "noun": ["clients", "contacts", "relations"],
        "name": ["gerda"],
        "name:path": ["gerda", "gerda/x-roodborst"],
        "contact:path": ["team"],
        "contact": ["team"],
        "team": [town.ids["team"]],
        "token": ["nothing"],
        "nonce": ["nothing"],
    }
    asked = {"once": str(uuid4()), "kind": "alarm.button", "noun": "clients", "name": "gerda"}
    answers: dict[str, str] = {}
    async with town.client(who) as somebody:
        for route in _readable(town):
            for path in _paths(route, filled):
                params = {key: one for key, one in asked.items() if f"{{{key}" not in route}
                if "/alerts" in path:
                    params = {"once": asked["once"], "status": "all"}
                answer = await asks(somebody, "GET", path, params=params)
                if answer.status_code == 200:
                    answers[path] = html.unescape(answer.text)
    return answers


def _readable(town: Town) -> list[str]:
    """The path of every route that is read and comes to an end."""
    routes: list[Any] = [
        one
        for one in iter_route_contexts(town.app.routes)
        if isinstance(one.original_route, APIRoute)
    ]
    return [one.path for one in routes if "GET" in one.methods and one.path not in ENDLESS]


def _paths(path: str, filled: dict[str, list[Any]]) -> list[str]:
    """Fill in the path; a parameter nobody thought of here is a KeyError."""
    before, brace, rest = path.partition("{")
    if not brace:
        return [path]
    name, _, after = rest.partition("}")
    return [f"{before}{one}{end}" for one in filled[name] for end in _paths(after, filled)]


def found_in(answers: dict[str, str]) -> set[tuple[str, str]]:
    """Which secret stands in which answer."""
    return {
        (what, path)
        for path, said in answers.items()
        for what, words in SECRETS.items()
        if any(word in said for word in words)
    }


@pytest.mark.parametrize("who", PARTNERS)
async def test_no_route_shows_a_partner_what_its_contract_keeps_back(
    shared: Town, who: str
) -> None:
    alert_id = await happens(shared)
    answers = await everything(shared, who, alert_id)
    assert f"/api/v1/alerts/{alert_id}" in answers
    assert found_in(answers) == set()
    told = " ".join(answers.values())
    for said in ALWAYS_SHARED:
        assert said in told, said
    kept = "geboortedatum, instructies voor aan de deur, mantelzorgers, leefpatroon"
    assert f"Niet gedeeld volgens overeenkomst: {kept}" in answers[f"/alerts/{alert_id}"]


async def test_who_left_is_named_no_more_by_what_is_agreed(shared: Town) -> None:
    """Nobody is left whose name would be looked for, and what the agreement is called stays."""
    await shared.write(sa.delete(t.client_contacts))
    answers = {who: (await _proofs(shared, who)) for who in ("operator", "nurse")}
    assert ["Wielewaal" in answers[who] for who in ("operator", "nurse")] == [False, True]
    assert "een afspraak" in answers["operator"]


async def _proofs(town: Town, who: str) -> str:
    async with town.client(who) as somebody:
        return (await asks(somebody, "GET", "/api/v1/proofs")).text


async def test_what_an_alert_opened_with_is_kept_back_once_nothing_is_agreed(
    shared: Town,
) -> None:
    alert_id = await happens(shared)
    bare = "UPDATE alerts SET state = jsonb_set(state, '{plan,agreement_id}', 'null')"
    await shared.write(sa.text(bare))
    async with shared.client("operator") as operator:
        answer = await asks(operator, "GET", f"/api/v1/alerts/{alert_id}")
    assert "Wielewaal" not in str(answer.json()["journal"])


async def test_every_secret_is_shown_to_the_provider_and_to_whom_everything_is_shared(
    shared: Town,
) -> None:
    alert_id = await happens(shared)
    own = [found_in(await everything(shared, who, alert_id)) for who in PROVIDERS]
    assert {what for found in own for what, _ in found} == set(SECRETS)
    await shares(shared, "everything")
    every = found_in(await everything(shared, "operator", alert_id))
    assert {what for what, _ in every} == set(SECRETS)


async def test_the_live_board_keeps_it_back_as_well(shared: Town) -> None:
    await happens(shared)
    for organisation, known in (("uil", False), ("lantaarn", False), ("brug", True)):
        who = Viewer(uuid4(), shared.ids[organisation], uuid4(), "night", "", Level.NIGHT_PARTNER)
        reading = await read(shared.store, who, Lane.ALARM, lambda: shared.now)
        board = fragment(reading, Lane.ALARM, lambda: shared.now)
        assert "Gerda Jansen" in board
        assert ("(95)" in board, "Xenia Roodborst" in board) == (known, known)
        assert ("Gerda Jansen (–)" in board, "mantelzorger" in board) == (not known, not known)


async def test_an_answer_names_nobody_who_is_not_shared(shared: Town) -> None:
    alert_id = await happens(shared)
    for who, withheld in (("night", True), ("operator", True), ("nurse", False)):
        async with shared.client(who) as somebody:
            answer = await asks(somebody, "POST", f"/api/v1/alerts/{alert_id}/accept", json={})
        (held,) = answer.json()["held_by"]
        assert held["withheld"] == withheld
        assert (held["name"] == "Xenia Roodborst") != withheld
        assert bool(found_in({"answer": answer.text})) != withheld


async def test_the_link_of_a_partner_names_nobody_who_is_not_shared(shared: Town) -> None:
    alert_id = await happens(shared)
    path = await shared.link(alert_id, "kerkuil")
    async with shared.client() as somebody:
        page = await asks(somebody, "GET", path)
        answer = await asks(somebody, "POST", path, json={"answer": "accept"})
    assert "Gerda" in page.text
    assert answer.json()["held_by"][0]["withheld"]
    assert found_in({"page": page.text, "answer": answer.text}) == set()


async def test_who_is_not_shared_cannot_be_found_by_their_external_id(shared: Town) -> None:
    alert_id = await happens(shared)
    async with shared.client("operator") as operator:
        path = f"/api/v1/alerts/{alert_id}/release"
        told = [
            (await asks(operator, "POST", path, json={"by": one})).status_code
            for one in ("x-roodborst", "nobody", str(shared.ids["daughter"]))
        ]
    assert told == [422, 422, 200]


async def test_work_about_a_caregiver_who_drops_out_says_nowhere_who_it_is(shared: Town) -> None:
    async with shared.client("nurse") as nurse:
        away = await asks(nurse, "POST", "/api/v1/contacts/x-roodborst/absence", json={})
    assert away.status_code == 201, away.text
    (work,) = await shared.rows(sa.select(t.alerts).where(t.alerts.c.kind == "plan.review"))
    answers = await everything(shared, "operator", work.id)
    assert "mantelzorger valt uit" in answers[f"/alerts/{work.id}"]
    assert found_in({path: said.lower() for path, said in answers.items()}) == set()
