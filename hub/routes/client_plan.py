"""GET /clients/{client}/plan: what was agreed with a client, and who is called at a moment.

Whoever agrees on the plans of this organisation changes here what caregivers can bear, who
consented to what, and who hears of it afterwards. Every button is a plain form.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from adapters.contract import Kind
from escalation.model import Level
from hub.access.sharing import CAREGIVER, Part
from hub.plans.dropping_out import absences_of, caregivers_of
from hub.plans.files import CareFiles, horizon
from hub.plans.who import who
from hub.registry.changing import put
from hub.registry.nouns import AGREEMENTS, RELATIONS
from hub.registry.outcome import Refused
from hub.registry.plans import MEASURES
from hub.registry.values import said_at
from hub.routes.api.activations import Reviewer, may_review
from hub.routes.api.modes import client_of, kept_back
from hub.routes.board import around
from hub.routes.dependencies import FormToken, NotForThisRole, NowDep, SignedIn, Web, WebDep
from hub.routes.problems import FieldRefused
from hub.screen.pages import page
from hub.screen.plan_view import agreements, relatives, rungs
from hub.store.care_files import read_rows, woken
from hub.store.unit_of_work import UnitOfWork
from hub.words.kinds import KINDS, LEVELS, PRIORITIES

router = APIRouter(prefix="/clients/{client}/plan")

AHEAD, FURTHEST = 400, timedelta(days=731)
ASKED = ("alarm", "lifestyle", "medication", "location")
SAID = {
    "relation": "Bewaard. Het geldt vanaf de volgende oproep.",
    "agreement": "Bewaard. Het plan wordt opnieuw nagerekend.",
    "withdrawn": "De toestemming is ingetrokken. Wat anders geldt, geldt nu.",
}
WRONG = {
    "limits": "Dit is niet te lezen. Schrijf rust als 22:00-07:00, of ma-vr 22:00-07:00, en hoe"
    " vaak iemand wakker mag worden als een heel getal.",
    "rest": "Dit is niet te lezen. Vul bij toestemming in wie die gaf, en op welke dag.",
}


@router.get("")
async def show(
    client: str,
    request: Request,
    viewer: SignedIn,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
    at: str = "",
    kind: Kind = Kind.BUTTON,
    said: str = "",
) -> Response:
    """Show a client's plan; every look is on record."""
    asked = (at, kind)
    return await _page(client, request, viewer, web, now, form_token, asked, SAID.get(said, ""))


@router.get("/work")
async def work(client: str, viewer: SignedIn, web: WebDep, now: NowDep) -> Response:
    """Lead from the work on the board to where it is done: the temporary plan, or the plan."""
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        away = await absences_of(uow.db, found.id, now)
    if away and may_review(viewer, found.organisation_id):
        return RedirectResponse(f"/absences/{away[0]}", 303)
    return RedirectResponse(f"/clients/{found.id}/plan", 303)


@router.post("/{what}/{which}")
async def change(
    client: str,
    what: str,
    which: UUID,
    request: Request,
    viewer: Reviewer,
    web: WebDep,
    now: NowDep,
    form_token: FormToken,
) -> Response:
    """Change what a caregiver can bear, or who consented to an agreement and hears afterwards."""
    sent = {name: one for name, one in (await request.form()).items() if isinstance(one, str)}
    local = (await around(web, viewer))["local"]
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
    if not may_review(viewer, found.organisation_id):
        raise NotForThisRole
    changing = CHANGES.get(what)
    if changing is None:
        raise FieldRefused("what", "there is no such change", "Send the form as it was shown.")
    noun, fields_of = changing

    async def fields(uow: UnitOfWork, own: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = await fields_of(uow, found, which, sent, local, now)
        return told

    try:
        await put(web.store, viewer, noun, fields, now, web.think)
    except Refused as refused:
        trouble = refused.outcome.troubles[0]
        told = WRONG.get(trouble.place.column, f"{trouble.problem}. {trouble.remedy}")
        asked = ("", Kind.BUTTON)
        return await _page(
            client, request, viewer, web, now, form_token, asked, wrong=told, status=422
        )
    said = "withdrawn" if sent.get("withdraw") else what
    return RedirectResponse(f"/clients/{found.id}/plan?said={said}", 303)


# --- what is changed ---------------------------------------------------------------------------


async def _relation(
    uow: UnitOfWork, client: Any, which: UUID, sent: dict[str, str], *_: Any
) -> Mapping[str, Any]:
    """What a caregiver can bear, as a relation of the registry. Raises FieldRefused."""
    known = {one.contact_id: one for one in await caregivers_of(uow.db, client.id)}
    if which not in known:
        raise FieldRefused("contact", "is no caregiver of this client", "Choose one of the list.")
    limits: dict[str, Any] = {}
    if often := sent.get("wake_ups", "").strip():
        limits["wake_ups_a_week"] = int(often) if often.isdecimal() and len(often) < 4 else often
    if not sent.get("two_nights"):
        limits["two_nights_in_a_row"] = False
    if quiet := sent.get("quiet", "").strip():
        limits["quiet"] = quiet
    return {
        "client": client.external_id,
        "contact": known[which].external_id,
        "consent": bool(sent.get("consent")),
        "limits": limits or None,
    }


async def _agreement(
    uow: UnitOfWork,
    client: Any,
    which: UUID,
    sent: dict[str, str],
    local: ZoneInfo,
    now: datetime,
) -> Mapping[str, Any]:
    """Who consented and who hears, as an agreement of the registry. Raises FieldRefused."""
    client_field = AGREEMENTS.field("client")
    assert client_field is not None
    there = await uow.registered.things(AGREEMENTS, naming=(client_field, client.id))
    stored = next((one for one in there.values() if one.key["id"] == which), None)
    if stored is None:
        raise FieldRefused("agreement", "is not this client's", "Choose one of the page.")
    values = stored.values
    own = (await uow.registered.called(client.organisation_id)) + "/"
    before = values["rest"]
    if sent.get("withdraw"):
        consent = {**before.get("consent", {}), "withdrawn_at": said_at(now)}
        return {**values, "rest": {**before, "consent": consent}}
    names = await uow.registered.contacts_called([one for one in sent if _is_id(one)])
    asked = {one: name.removeprefix(own) for one, name in names.items()}
    inform = [one for one in before.get("inform", ()) if one["who"] not in asked.values()]
    inform += [{"who": asked[one], "when": sent[one]} for one in asked if sent[one]]
    rest = {**before, "inform": inform}
    if said := _consent(sent, before.get("consent") or {}, local):
        rest["consent"] = said
    return {**values, "rest": rest}


CHANGES: Mapping[str, tuple[Any, Callable[..., Any]]] = {
    "relation": (RELATIONS, _relation),
    "agreement": (AGREEMENTS, _agreement),
}


def _is_id(name: str) -> bool:
    try:
        return bool(UUID(name))
    except ValueError:
        return False


def _consent(
    sent: Mapping[str, str], before: Mapping[str, Any], local: ZoneInfo
) -> dict[str, Any] | None:
    """What was filled in of a consent; None where nothing was."""
    if not sent.get("by") and not sent.get("given_on") and not before:
        return None
    answers = {name: sent.get(name, "") for name in MEASURES}
    said = {
        **before,
        "by": sent.get("by", ""),
        "given_at": _given_at(sent.get("given_on", ""), before, local),
        "evaluate_on": sent.get("evaluate_on") or None,
        "measures": [name for name, one in answers.items() if one == "yes"],
        "refused": [name for name, one in answers.items() if one == "no"],
    }
    return {name: one for name, one in said.items() if one not in ([], None)}


def _given_at(day: str, before: Mapping[str, Any], local: ZoneInfo) -> str:
    """The moment of a day: the one that was known, while the day is the same."""
    known = str(before.get("given_at", ""))
    try:
        was = datetime.fromisoformat(known)
        if was.tzinfo is None or was.astimezone(local).date().isoformat() == day:
            return known
    except ValueError:
        pass
    try:
        midnight = datetime.combine(date.fromisoformat(day), time(), local)
    except ValueError:
        return day  # no day: the registry says so
    return said_at(midnight)


# --- what is shown -----------------------------------------------------------------------------


async def _page(
    client: str,
    request: Request,
    viewer: Any,
    web: Web,
    now: datetime,
    form_token: str,
    asked: tuple[str, Kind],
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    facts = await around(web, viewer)
    moment = _moment(asked[0], facts["local"], now)
    async with web.store.transaction(viewer) as uow:
        found = await client_of(uow, client, now)
        rows = await read_rows(uow.db, [found.id], *horizon(now, AHEAD))
        then = await read_rows(uow.db, [found.id], *horizon(moment, 1))
        calls = await woken(uow.db, then, moment)
        closed = Part.CONTACTS in await kept_back(uow, found.id, now)
        people = [] if closed else await caregivers_of(uow.db, found.id)
        await uow.access.looked(viewer, None, [found.id], "plan.show", now)
    names = _names((*rows.contacts, *then.contacts), closed=closed)
    agreed = [
        one for care in CareFiles(rows, now) for one in agreements(care, names, named=not closed)
    ]
    own: Mapping[UUID | None, str] = {one.id: one.name for one in agreed}
    answers = [who(care, asked[1], moment, calls) for care in CareFiles(then, moment)]
    answer = answers[0] if answers else None
    return page(
        request, "client_plan.html", status=status, client=found, agreed=agreed,
        people=relatives(people), closed=closed, told=_told(people, found, rows), answer=answer,
        called=[] if answer is None else rungs(answer, names),
        follows="" if answer is None else own.get(answer.agreement_id, ""),
        priority="" if answer is None else PRIORITIES[answer.priority],
        kinds=[(one, KINDS[one]) for one in Kind if one.partition(".")[0] in ASKED],
        asked_at=asked[0], asked_kind=asked[1], moment=moment, measures=MEASURES,
        may_change=may_review(viewer, found.organisation_id), tab="modes", said=said,
        wrong=wrong, form_token=form_token, now=now, **facts,
    )  # fmt: skip


def _names(contacts: Iterable[Any], *, closed: bool) -> Mapping[UUID, str]:
    """Name everybody; a caregiver who is not shared is called one."""
    private = Level.INFORMAL_CAREGIVER if closed else None
    return {one.id: CAREGIVER if one.level == private else one.name for one in contacts}


def _told(people: Any, client: Any, rows: Any) -> list[tuple[UUID, str]]:
    """Who may be told afterwards: the client's caregivers, and their own team."""
    found = [
        (one.contact_id, f"{one.name} ({one.relation})" if one.relation else one.name)
        for one in people
        if one.consent
    ]
    team = [one for one in rows.contacts if one.id == client.team_id]
    return found + [(one.id, f"{one.name} ({LEVELS['own_team'].lower()})") for one in team]


def _moment(typed: str, local: ZoneInfo, now: datetime) -> datetime:
    """The moment that was asked for; now where nothing was, or nothing that can be read."""
    if not typed:
        return now
    try:
        asked = datetime.fromisoformat(typed).replace(tzinfo=local).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldRefused("at", "is no moment", "Send 2026-12-24T18:00.") from error
    if abs(asked - now) > FURTHEST:
        raise FieldRefused("at", "is years away", "Ask about a moment within two years of now.")
    return asked
