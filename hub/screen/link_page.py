"""What a caregiver reads behind the link they were sent: first names, no address, plain Dutch.

Once the matter is over, or the link has expired, the page says so and names nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from escalation.decision import Answer, Verdict
from escalation.model import Alert, Custody, Level, Outcome, Phase, Status
from hub.store.links import About
from hub.words.kinds import KINDS, OUTCOMES, word
from hub.words.times import clock, zone

ETAS = (5, 10, 20, 30)
MORE = (5, 10, 20, 30)

DIVERTED_FOR = (("2", "2 uur"), ("4", "4 uur"), ("8", "8 uur"), ("12", "12 uur"))

AWAY = (("1", "Een dag"), ("3", "Drie dagen"), ("7", "Een week"), ("14", "Twee weken"))

TITLES = frozenset({"mevrouw", "mevr", "mw", "meneer", "dhr", "de", "heer"})

ALL_WELL = {
    Outcome.UNKNOWN: "Weet ik niet",
    Outcome.ACCIDENTAL: "Het ging per ongeluk",
    Outcome.SOCIAL: "Even een praatje of vraag",
    Outcome.REAL_NOT_URGENT: "Er was hulp nodig, geen spoed",
    Outcome.SENSOR_FALSE: "Er was niets",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: the answer it sends, its words, the consequence, and what is asked beside it.

    `field` names a select with `options` (value and words), of which the first claims nothing;
    `once` makes a double tap harmless.
    """

    answer: str
    words: str
    consequence: str
    once: UUID
    field: str = ""
    question: str = ""
    options: tuple[tuple[str, str], ...] = ()
    must_choose: bool = False


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Everything `link.html` shows."""

    title: str
    story: str = ""
    organisation: str = ""
    phone: str = ""
    note: str = ""
    said: str = ""
    choices: tuple[Choice, ...] = ()


OVER = LinkPage(title="Er is nu niets meer nodig", story="Deze oproep is voorbij. Dank u wel.")


def link_page(
    alert: Alert,
    about: About,
    contact_id: UUID,
    once: UUID,
    answer: Answer | None,
    targets: Sequence[tuple[UUID, str]] = (),
) -> LinkPage:
    """Say what there is to read and choose now; `answer` is what the last press came to.

    `targets` are who can take the calls of the team that was called.
    """
    if alert.resolved_at is not None:
        return OVER
    mine = next((one for one in alert.custody if one.by == contact_id), None)
    choices = _choices(alert, about.level, mine, contact_id)
    return LinkPage(
        title=_title(alert, about, mine),
        story=_story(alert, about),
        organisation=about.organisation,
        phone=about.phone,
        note=_note(alert, about, mine),
        said=_said(answer),
        choices=(
            *(_choice(one, once) for one in choices),
            *_diverting(targets if "decline" in choices else (), once),
        ),
    )


def _diverting(targets: Sequence[tuple[UUID, str]], once: UUID) -> Iterator[Choice]:
    """A team that cannot come for a while sends its calls on."""
    options = tuple(
        (f"{one}/{hours}", f"{name}, {said}")
        for one, name in targets
        for hours, said in DIVERTED_FOR
    )
    if options:
        words = ("Schakel ons door", "Nieuwe oproepen gaan daarheen; deze naar de volgende")
        yield Choice(
            "divert", *words, uuid5(once, "divert"), "divert_to", "Naar wie, hoe lang?", options
        )


def _title(alert: Alert, about: About, mine: Custody | None) -> str:
    if mine is not None:
        return "U bent er" if mine.phase is Phase.ON_SITE else "U gaat kijken"
    if alert.status in (Status.ACCEPTED, Status.ON_SITE):
        return "Iemand anders gaat al kijken"
    return f"{_first(about.contact)}, kunt u gaan kijken bij {_whom(about)}?"


def _story(alert: Alert, about: About) -> str:
    moment = clock(alert.opened_at, zone(about.time_zone))
    what = f"{_whom(about)}, {moment}: {word(KINDS, alert.kind).lower()}."
    # a person's own words may hold a surname or an address; a rule's explanation never does
    told = about.explanation if alert.kind.startswith("lifestyle.") else ""
    return f"{what[:1].upper()}{what[1:]} {told}".strip()


def _note(alert: Alert, about: About, mine: Custody | None) -> str:
    local = zone(about.time_zone)
    if mine is not None:
        return f"Wij rekenen op uw bericht vóór {clock(mine.until, local)}."
    if alert.status is not Status.CALLING:
        return "U hoeft niets te doen."
    if alert.next_step_at is None:
        return ""
    return f"Kiest u niets? Dan bellen wij om {clock(alert.next_step_at, local)} iemand anders."


def _choices(alert: Alert, level: Level, mine: Custody | None, contact_id: UUID) -> tuple[str, ...]:
    family = level is Level.INFORMAL_CAREGIVER
    if mine is not None and mine.phase is Phase.ON_SITE:
        return ("all_well" if family else "resolve", "extend", "release")
    if mine is not None:
        return ("arrive", "extend", "release")
    if alert.status in (Status.ACCEPTED, Status.ON_SITE):
        return ()
    declined = any(one.declined and one.contact.id == contact_id for one in alert.warned)
    if declined:
        return ("accept", "away") if family else ("accept",)
    return ("accept", "all_well", "decline", "away") if family else ("accept", "decline")


WORDS: Mapping[str, tuple[str, str]] = {
    "accept": ("Ik ga kijken", "Wij wachten op uw bericht"),
    "decline": ("Ik kan niet", "Dan bellen we iemand anders"),
    "away": ("Ik kan een tijd niet", "Dan bellen we u zolang niet; het team krijgt bericht"),
    "all_well": ("Ik heb gebeld, alles goed", "Wij horen graag wat er was"),
    "arrive": ("Ik ben er", "Dan weten wij dat er iemand bij is"),
    "extend": ("Ik heb meer tijd nodig", "Wij bellen nog niemand anders"),
    "release": ("Ik kan toch niet", "Dan bellen we meteen iemand anders"),
    "resolve": ("Klaar", "De oproep is dan afgerond"),
}


def _choice(answer: str, once: UUID) -> Choice:
    words, consequence = WORDS[answer]
    field, question, options = _asked(answer)
    return Choice(
        answer,
        words,
        consequence,
        uuid5(once, answer),
        field,
        question,
        options,
        answer == "resolve",
    )


def _asked(answer: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    if answer == "accept":
        return "eta_minutes", "Ik ben er over", (("", "Weet ik nog niet"), *_minutes(ETAS))
    if answer == "away":
        return "away_days", "Hoe lang?", AWAY
    if answer == "extend":
        return "more_minutes", "Nog", _minutes(MORE)
    if answer == "all_well":
        return "outcome", "Wat was er?", tuple((one, said) for one, said in ALL_WELL.items())
    if answer == "resolve":
        every = ((one.value, word(OUTCOMES, one.value)) for one in Outcome)
        return "outcome", "Wat was er?", (("", "Kies"), *every)
    return "", "", ()


def _minutes(lengths: tuple[int, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((str(one), f"{one} minuten") for one in lengths)


def _said(answer: Answer | None) -> str:
    match answer.verdict if answer is not None else None:
        case None | Verdict.NO_CHANGE:
            return ""
        case Verdict.DONE:
            return "Dank u, het is vastgelegd."
        case Verdict.TAKEN:
            return "Iemand anders was u net voor. U hoeft niets te doen."
        case Verdict.ALREADY_RESOLVED:
            return "Er is nu niets meer nodig."
        case Verdict.NOT_YOURS | Verdict.NOT_ALLOWED:
            return "Dit kan alleen de zorgcentrale vastleggen. Bel ons als het dringend is."


def _whom(about: About) -> str:
    return " en ".join(_first(one) for one in about.clients) or "uw naaste"


def _first(name: str) -> str:
    """The first word that is no title: what people are called at home."""
    words = [one for one in name.split() if one.lower().rstrip(".") not in TITLES]
    return words[0] if words else name
