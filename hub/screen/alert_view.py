"""The page of one alert as a template shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.model import Alert, Holding, Level, Phase
from hub.access.sharing import NOT_SHARED, Part
from hub.access.viewer import Viewer
from hub.screen.board_view import Owner, RowView, client_name, marks, row_view
from hub.screen.countdown import next_name, on_last_step
from hub.screen.journal_lines import Told, shown, told
from hub.screen.ladder import Node, nodes, relation_of
from hub.store.alert_page import AlertPage, Attempt
from hub.store.names import Client, Named
from hub.words.kinds import KINDS, LEVELS, MODES, OUTCOMES, PARTS, WAYS, word
from hub.words.texts import text
from hub.words.times import day_clock, seconds_clock

DIGITS = "1234567890"


@dataclass(frozen=True, slots=True)
class ContactView:
    """Somebody to telephone, with what became of the last attempt; `tone` colours it."""

    id: UUID
    name: str
    about: str
    phone: str
    result: str
    tone: str
    is_group: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the account."""

    at: datetime
    said: Told


@dataclass(frozen=True, slots=True)
class Ending:
    """An outcome to choose, and its digit; the order is fixed for ever."""

    code: str
    word: str
    digit: str


@dataclass(frozen=True, slots=True)
class Mine:
    """What the viewer is to this alert, which decides what they can press."""

    watches: bool
    coming: bool
    on_site: bool
    may_decline: bool
    may_claim: bool
    at_desk: bool
    taken_by: str
    holding: Holding | None
    held_by: UUID | None


@dataclass(frozen=True, slots=True)
class AlertView:
    """Everything the page shows, in words."""

    row: RowView
    street: str
    marks: Sequence[str]
    explanation: str
    kind: str
    now_calling: str
    following: str
    climbs: bool
    ladder: Sequence[Node]
    holders: Sequence[Owner]
    contacts: Sequence[ContactView]
    choosable: Sequence[tuple[UUID, str]]
    instructions: Sequence[tuple[str, str]]
    instructions_kept: bool
    others_at_home: str
    also_open: Sequence[tuple[UUID, str]]
    journal: Sequence[Moment]
    endings: Sequence[Ending]
    mine: Mine
    resolved: str
    resolved_by: str
    standing: Sequence[str]
    may_set: Sequence[tuple[UUID, str]]
    kept_back: str
    opened: bool
    plan_work: str  # where work that a care plan gave is done; empty for any other alert


def alert_view(page: AlertPage, viewer: Viewer, local: ZoneInfo, now: datetime) -> AlertView:
    """Describe one alert for one viewer."""
    row, names, alert = page.row, page.names, page.row.alert
    waiting = alert is not None and alert.next_step_at is not None and not alert.held_by_watch
    clients = [names.clients[one] for one in row.client_ids if one in names.clients]
    return AlertView(
        row=row_view(row, names, local, now),
        street=", ".join(one for one in (row.place, row.street) if one),
        marks=marks(alert, local) if alert is not None else (),
        explanation=row.explanation,
        kind=word(KINDS, row.kind).lower(),
        now_calling=_now_calling(alert, page),
        following=_following(alert, page) if waiting else "",
        climbs=waiting,
        ladder=nodes(alert, names, page.targets) if alert is not None else (),
        holders=_holders(alert, page),
        contacts=[_contact(one, page, local) for one in _telephone(page)],
        choosable=[(one.id, _described(one, page)) for one in page.choosable()],
        instructions=_instructions(clients),
        instructions_kept=any(Part.INSTRUCTIONS in one.withheld for one in clients),
        others_at_home=_others_at_home(page, len(clients), now),
        also_open=[(one, word(KINDS, kind)) for one, kind in page.also_open],
        journal=[
            Moment(one.at, told(one, names.contacts)) for one in reversed(shown(page.journal))
        ],
        endings=endings(row.kind),
        mine=_mine(alert, viewer, page),
        resolved=seconds_clock(row.resolved_at, local) if row.resolved_at is not None else "",
        resolved_by=_resolved_by(page),
        standing=[_standing(one, now, local) for one in page.modes if one.begins_at <= now],
        may_set=[(one.id, one.name) for one in clients] if _may_set(alert, viewer) else (),
        kept_back=", ".join(PARTS[one] for one in Part if one in page.kept_back),
        opened=page.opened,
        plan_work=_plan_work(row),
    )


def _instructions(clients: Sequence[Client]) -> Sequence[tuple[str, str]]:
    said = [one for one in clients if one.instructions and Part.INSTRUCTIONS not in one.withheld]
    return [(one.name, one.instructions) for one in said]


def _plan_work(row: Any) -> str:
    if row.kind != "plan.review":
        return ""
    alone = row.client_ids[0] if len(row.client_ids) == 1 else None
    return "/plans" if alone is None else f"/clients/{alone}/plan/work"


def _standing(mode: Any, now: datetime, local: ZoneInfo) -> str:
    """Say what mode a client is in now, until when, and where they are then."""
    until = text("modes_until_moment", moment=day_clock(mode.ends_at, now, local))
    parts = [word(MODES, mode.mode), until, mode.street, mode.place, mode.note]
    return " · ".join(one for one in parts if one)


def _may_set(alert: Alert | None, viewer: Viewer) -> bool:
    at_desk = viewer.level is Level.CARE_CENTRE
    return at_desk or (alert is not None and alert.organisation_id == viewer.organisation_id)


def _others_at_home(page: AlertPage, named: int, now: datetime) -> str:
    """Say who else lives there; of nobody we know we do not say that they live alone."""
    if page.others_at_home:
        return ", ".join(client_name(one, now) for one in page.others_at_home)
    return text("lives_unknown" if named == 0 else "lives_alone" if named == 1 else "lives_no_more")


def endings(kind: str) -> Sequence[Ending]:
    """List the outcomes in their fixed order; "alsnog ingenomen" only for medicines."""
    listed = [code for code in OUTCOMES if code != "taken_late"]
    found = [Ending(code, OUTCOMES[code], DIGITS[at]) for at, code in enumerate(listed)]
    if kind.startswith("medication."):
        found.append(Ending("taken_late", OUTCOMES["taken_late"], "-"))
    return found


def _now_calling(alert: Alert | None, page: AlertPage) -> str:
    if alert is None:
        return ""
    current = [one for one in nodes(alert, page.names) if one.state in ("now", "yes")]
    return current[0].name if current else word(LEVELS, alert.present_step.level.value)


def _following(alert: Alert | None, page: AlertPage) -> str:
    if alert is None:
        return ""
    return text(
        "next_again" if on_last_step(alert) else "next_is", who=next_name(alert, page.names)
    )


def _holders(alert: Alert | None, page: AlertPage) -> Sequence[Owner]:
    if alert is None:
        return ()
    found = [
        _owner(
            one.by,
            text("state_on_site" if one.phase is Phase.ON_SITE else "state_coming"),
            "house" if one.phase is Phase.ON_SITE else "car",
            page,
        )
        for one in alert.custody
    ]
    if alert.watch is not None:
        found.append(_owner(alert.watch.by, text("state_claimed"), "headset", page))
    return found


def _owner(contact_id: UUID, state: str, icon: str, page: AlertPage) -> Owner:
    known = page.names.contacts.get(contact_id)
    name = known.name if known is not None else "onbekend"
    return Owner(contact_id, name, "", state, icon)


def _telephone(page: AlertPage) -> Sequence[Named]:
    """List the clients' own contacts in their order, then everybody else who was called."""
    alert = page.row.alert
    warned = [one.contact.id for one in alert.warned] if alert is not None else []
    known = page.names.contacts
    return [known[one] for one in dict.fromkeys([*page.call_order, *warned]) if one in known]


def _contact(contact: Named, page: AlertPage, local: ZoneInfo) -> ContactView:
    result, tone = _last_result(contact, page, local)
    relation = relation_of(contact.id, page.names.relations, page.row.client_ids)
    about = relation or word(LEVELS, contact.level).lower()
    more = contact.phone or text("no_phone")
    return ContactView(
        contact.id,
        contact.name,
        NOT_SHARED if contact.withheld else f"{about} · {more}",
        contact.phone,
        result,
        tone,
        contact.sort != "person",
    )


def _last_result(contact: Named, page: AlertPage, local: ZoneInfo) -> tuple[str, str]:
    alert = page.row.alert
    holds = [one for one in (alert.custody if alert is not None else ()) if one.by == contact.id]
    if holds:
        on_site = holds[0].phase is Phase.ON_SITE
        return text("state_on_site" if on_site else "state_coming"), "ok"
    warned = [one for one in (alert.warned if alert else ()) if one.contact.id == contact.id]
    if warned and warned[-1].declined:
        return text("node_declined"), "bad"
    attempts = [one for one in page.attempts if one.contact_id == contact.id]
    if attempts:
        return _attempted(attempts[-1], bool(warned) and warned[-1].standing, local)
    if warned:
        return (text("state_calling"), "acc") if warned[-1].standing else (text("not_needed"), "")
    return text("not_called"), ""


ATTEMPTS: Mapping[str, tuple[str, str]] = {
    "refused": ("kwam niet aan", "bad"),
    "given_up": ("kwam niet aan", "bad"),
    "overtaken": ("niet meer nodig", ""),
}


def _attempted(attempt: Attempt, standing: bool, local: ZoneInfo) -> tuple[str, str]:
    way = word(WAYS, attempt.way)
    if attempt.state in ATTEMPTS:
        result, tone = ATTEMPTS[attempt.state]
        return f"{way} {result}", tone
    since = seconds_clock(attempt.created_at, local)
    return f"{way} {since}", "acc" if standing else ""


def _described(contact: Named, page: AlertPage) -> str:
    relation = relation_of(contact.id, page.names.relations, page.row.client_ids)
    about = relation or contact.organisation
    return f"{contact.name} ({about})" if about and about != contact.name else contact.name


def _mine(alert: Alert | None, viewer: Viewer, page: AlertPage) -> Mine:
    if alert is None:
        return Mine(False, False, False, False, True, True, "", None, None)
    me = viewer.contact_id
    own = [one for one in alert.custody if one.by == me]
    asked = {one.contact.id for one in alert.warned if not one.declined}
    watches = alert.watch is not None and alert.watch.by == me
    holding, held_by = _held_by_another(alert, me)
    known = page.names.contacts.get(held_by) if held_by is not None else None
    return Mine(
        watches=watches,
        coming=any(one.phase is Phase.COMING for one in own),
        on_site=any(one.phase is Phase.ON_SITE for one in own),
        may_decline=not own and bool(asked & {me, *viewer.answers_for}),
        may_claim=alert.watch is None,
        at_desk=viewer.level is Level.CARE_CENTRE,
        taken_by=known.name if known is not None else "",
        holding=holding,
        held_by=held_by,
    )


def _held_by_another(alert: Alert, me: UUID) -> tuple[Holding | None, UUID | None]:
    others = [one.by for one in alert.custody if one.by != me]
    if alert.watch is not None and alert.watch.by != me:
        return Holding.WATCH, alert.watch.by
    if others and not any(one.by == me for one in alert.custody):
        return Holding.CUSTODY, others[0]
    return None, None


def _resolved_by(page: AlertPage) -> str:
    for line in reversed(page.journal):
        if line.what == "resolved" and line.actor_id is not None:
            known = page.names.contacts.get(line.actor_id)
            return known.name if known is not None else ""
    return ""
