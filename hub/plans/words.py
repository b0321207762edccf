"""What a proof found, in sentences for people: when, what is wrong, and what to do about it.

In Dutch and in English. Times are local.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from escalation.findings import Finding
from escalation.judging import Code, Problem
from escalation.model import Level
from hub.words import kinds

KINDS_SHOWN = 3


class Language(StrEnum):
    """The languages a finding can be said in."""

    DUTCH = "nl"
    ENGLISH = "en"


WEEKDAYS = {
    Language.DUTCH: ("ma", "di", "wo", "do", "vr", "za", "zo"),
    Language.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
LEVELS = {
    Language.DUTCH: {one: kinds.LEVELS[one].lower() for one in Level},
    Language.ENGLISH: {one: one.value.replace("_", " ") for one in Level},
}
REASONS: Mapping[Language, Mapping[str, str]] = {
    Language.DUTCH: kinds.SKIPPED,
    Language.ENGLISH: {
        "absent": "absent",
        "off_duty": "off duty",
        "not_their_turn": "not their turn",
        "no_contract": "no valid agreement",
        "no_consent": "no consent",
        "no_way": "no number or address known",
        "quiet": "not to be disturbed then",
        "load": "called often enough",
        "unknown": "not known as a contact",
    },
}
WORDS: Mapping[Language, Mapping[Code, tuple[str, str]]] = {
    Language.DUTCH: {
        Code.UNREADABLE: (
            "{agreements} kan niet gelezen worden en geldt dus niet",
            "Schrijf de afspraak opnieuw; tot dan geldt wat er anders zou gelden.",
        ),
        Code.CONFLICT: (
            "{agreements} gelden tegelijk en gaan niet voor elkaar ({kinds})",
            "Maak één ervan smaller of specifieker, of beëindig hem.",
        ),
        Code.TOO_MANY_STEPS: (
            "{agreements} heeft meer dan acht stappen",
            "Roep mensen samen op in één stap.",
        ),
        Code.CANNOT_BE_CALLED: (
            "stap {step} van {agreements} noemt wie niet opgeroepen kan worden{people}",
            "Noem iemand anders, of vul toestemming en nummer aan.",
        ),
        Code.CENTRE_NOT_FIRST: (
            "{agreements} zet de zorgcentrale niet in de eerste stap ({kinds})",
            "Zet de zorgcentrale in of naast stap 1.",
        ),
        Code.NO_CENTRE: (
            "geen zorgcentrale hoort het ({kinds})",
            "Sluit of verleng de overeenkomst met een zorgcentrale.",
        ),
        Code.PROFESSIONAL_LATE: (
            "professional pas na {after}, hooguit {limit} is afgesproken ({kinds})",
            "Maak de wachttijden korter of zet de zorgcentrale eerder.",
        ),
        Code.NOBODY_GOES: (
            "niemand die erheen kan wordt opgeroepen ({kinds})",
            "Voeg een team, de nachtzorg of een mantelzorger toe.",
        ),
        Code.SOMEBODY_LATE: (
            "pas na {after} iemand die erheen kan, hooguit {limit} is afgesproken ({kinds})",
            "Maak de wachttijden korter of zet wie kan gaan eerder.",
        ),
        Code.EMPTY_STEP: (
            "niemand bij stap {step} ({level}){people} ({kinds})",
            "Spreek een vervanger af, of laat de stap weg.",
        ),
        Code.ONLY_BACKUP: (
            "alleen de achterwacht kan erheen, na {after} ({kinds})",
            "Voeg een team, de nachtzorg of een mantelzorger toe.",
        ),
        Code.HANGS_ON_ONE: (
            "alles hangt van één mens af{people} ({kinds})",
            "Zet het team of de nachtzorg in het plan.",
        ),
        Code.PARTNER_LATE: (
            "aanrijtijd van {after} afgesproken, hooguit {limit} mag{people} ({kinds})",
            "Spreek een kortere aanrijtijd af met de nachtzorg.",
        ),
        Code.NO_CONSENT_WRITTEN: (
            "bij {agreements} staat geen toestemming",
            "Leg vast wie toestemming gaf en wanneer.",
        ),
        Code.MEASURE_NOT_WEIGHED: (
            "bij {agreements} staat niet of de Wzd geldt ({kinds})",
            "Leg vast of deur, GPS of camera onvrijwillige zorg is.",
        ),
        Code.MEASURE_REFUSED: (
            "{agreements} volgt wat bij de Wzd-vraag geweigerd is ({kinds})",
            "Haal dit uit de afspraak, of leg vast dat het nu wel mag.",
        ),
        Code.EVALUATION_DUE: (
            "{agreements} moest al geëvalueerd zijn",
            "Bespreek de afspraak en leg een nieuwe datum vast.",
        ),
        Code.NOT_PROVABLE: (
            "nog niet te bewijzen: roosters en beurten zijn nog niet ingevuld",
            "Vul de roosters verder in.",
        ),
    },
    Language.ENGLISH: {
        Code.UNREADABLE: (
            "{agreements} cannot be read and so does not count",
            "Write the agreement again; until then what would hold without it does.",
        ),
        Code.CONFLICT: (
            "{agreements} hold at the same time and neither goes first ({kinds})",
            "Make one of them narrower or more specific, or end it.",
        ),
        Code.TOO_MANY_STEPS: (
            "{agreements} has more than eight steps",
            "Call people together in one step.",
        ),
        Code.CANNOT_BE_CALLED: (
            "step {step} of {agreements} names who cannot be called{people}",
            "Name somebody else, or complete consent and number.",
        ),
        Code.CENTRE_NOT_FIRST: (
            "{agreements} does not have the care centre in the first step ({kinds})",
            "Put the care centre in or beside step 1.",
        ),
        Code.NO_CENTRE: (
            "no care centre hears it ({kinds})",
            "Make or extend the agreement with a care centre.",
        ),
        Code.PROFESSIONAL_LATE: (
            "a professional only after {after}, at most {limit} was agreed ({kinds})",
            "Shorten the waits, or put the care centre earlier.",
        ),
        Code.NOBODY_GOES: (
            "nobody who can go is called ({kinds})",
            "Add a team, the night partner or an informal caregiver.",
        ),
        Code.SOMEBODY_LATE: (
            "somebody who can go only after {after}, at most {limit} was agreed ({kinds})",
            "Shorten the waits, or put who can go earlier.",
        ),
        Code.EMPTY_STEP: (
            "nobody at step {step} ({level}){people} ({kinds})",
            "Agree on a replacement, or leave the step out.",
        ),
        Code.ONLY_BACKUP: (
            "only the backup can go, after {after} ({kinds})",
            "Add a team, the night partner or an informal caregiver.",
        ),
        Code.HANGS_ON_ONE: (
            "everything depends on one person{people} ({kinds})",
            "Put the team or the night partner in the plan.",
        ),
        Code.PARTNER_LATE: (
            "{after} on the way was agreed, at most {limit} is allowed{people} ({kinds})",
            "Agree on a shorter response with the night partner.",
        ),
        Code.NO_CONSENT_WRITTEN: (
            "no consent is written down for {agreements}",
            "Write down who consented and when.",
        ),
        Code.MEASURE_NOT_WEIGHED: (
            "{agreements} does not say whether it is involuntary care ({kinds})",
            "Write down whether door, GPS or camera is involuntary care.",
        ),
        Code.MEASURE_REFUSED: (
            "{agreements} acts on what was refused under the Wzd ({kinds})",
            "Take it out of the agreement, or write down that it may be done now.",
        ),
        Code.EVALUATION_DUE: (
            "{agreements} should have been evaluated",
            "Talk about it and write down a new date.",
        ),
        Code.NOT_PROVABLE: (
            "not provable yet: rosters and turns are not filled in",
            "Fill in the rosters further.",
        ),
    },
}
AS_WRITTEN = frozenset(  # whatever the hour
    {
        Code.UNREADABLE,
        Code.TOO_MANY_STEPS,
        Code.CANNOT_BE_CALLED,
        Code.CENTRE_NOT_FIRST,
        Code.NO_CONSENT_WRITTEN,
        Code.MEASURE_NOT_WEIGHED,
        Code.MEASURE_REFUSED,
        Code.EVALUATION_DUE,
    }
)
MORE_TIMES = {Language.DUTCH: " (en nog {} keer)", Language.ENGLISH: " (and {} times more)"}
MORE_KINDS = {Language.DUTCH: " en nog {}", Language.ENGLISH: " and {} more"}
SOMEBODY = {Language.DUTCH: "iemand", Language.ENGLISH: "somebody"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finding in words: when and what, and the remedy apart."""

    text: str
    remedy: str


def sentence(
    finding: Finding, language: Language, zone: ZoneInfo, names: Mapping[UUID, str]
) -> Sentence:
    """Say a finding in words; `names` are those of the contacts, as far as the reader may know."""
    problem = finding.problem
    what, remedy = WORDS[language][finding.code]
    said = what.format(
        agreements=", ".join(f"'{one}'" for one in problem.agreements),
        kinds=_kinds(problem.kinds, language),
        step=problem.step,
        level="" if problem.level is None else LEVELS[language][problem.level],
        people=_people(problem, language, names),
        after=length(problem.after, language),
        limit=length(problem.limit, language),
    )
    if finding.code in AS_WRITTEN:
        return Sentence(f"{said[0].upper()}{said[1:]}.", remedy)
    return Sentence(f"{_when(finding, language, zone)}: {said}.", remedy)


def _when(finding: Finding, language: Language, zone: ZoneInfo) -> str:
    begins, ends = (one.astimezone(zone) for one in finding.spans[0])
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else _moment(ends, language)
    more = len(finding.spans) - 1
    return f"{_moment(begins, language)}-{until}" + (
        MORE_TIMES[language].format(more) if more else ""
    )


def _moment(local: datetime, language: Language) -> str:
    day = WEEKDAYS[language][local.weekday()]
    return f"{day} {local:%d-%m-%Y %H:%M}"


def _kinds(codes: Sequence[str], language: Language) -> str:
    shown = [_kind(one, language) for one in codes[:KINDS_SHOWN]]
    more = len(codes) - KINDS_SHOWN
    return ", ".join(shown) + (MORE_KINDS[language].format(more) if more > 0 else "")


def _kind(code: str, language: Language) -> str:
    return kinds.KINDS.get(code, code) if language is Language.DUTCH else code


def _people(problem: Problem, language: Language, names: Mapping[UUID, str]) -> str:
    told = [
        f"{SOMEBODY[language] if who is None else names.get(who, SOMEBODY[language])}"
        + (f" ({REASONS[language].get(why, why)})" if why else "")
        for who, why in problem.reasons
    ]
    return f": {', '.join(told)}" if told else ""


def length(time: timedelta | None, language: Language) -> str:
    """A length of time in minutes and seconds; None is never."""
    if time is None:
        return "nooit" if language is Language.DUTCH else "never"
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    return f"{minutes}:{seconds:02d} min"
