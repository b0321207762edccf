"""What an operator reads after pressing something: the engine's answer as a sentence."""

from collections.abc import Mapping, Sequence

from escalation.decision import Verdict
from escalation.model import Outcome
from hub.words.kinds import OUTCOMES, word

DONE: Mapping[str, str] = {
    "claim": "Opgepakt. Het geluid stopt, de opvolging loopt door.",
    "accept": "Vastgelegd: onderweg.",
    "arrive": "Vastgelegd: ter plaatse.",
    "extend": "Er is meer tijd gegeven.",
    "release": "Teruggegeven. De volgende wordt gebeld.",
    "decline": "Vastgelegd: kan niet. De volgende wordt gebeld.",
    "take-over": "Je hebt overgenomen. De ander krijgt bericht.",
    "all-well": "Vastgelegd: zelf gebeld, alles goed.",
    "outside": "Genoteerd.",
    "resolve": "Afgerond.",
}

REASONS: Mapping[str, str] = {
    "no_custody": "Niemand heeft deze melding nu.",
    "no_watch": "Niemand heeft deze melding opgepakt.",
    "kind_needs_centre": "Bij deze soort melding moet de zorgcentrale het afronden.",
    "caregivers_only": "Dit kan alleen namens een mantelzorger.",
    "somebody_on_site": "Er is al iemand ter plaatse; die rondt het af.",
    "operators_only": "Dit kan alleen iemand van de zorgcentrale.",
    "in_queue": "Een technische melding wordt niet doorgezet.",
    "no_steps": "Kies eerst wie er gebeld wordt.",
}


def sentence(
    action: str,
    verdict: Verdict,
    reason: str,
    holders: Sequence[str],
    outcome: Outcome | None,
) -> str:
    """Say in one or two sentences what came of an action; `holders` have the alert now."""
    who = " en ".join(holders)
    match verdict:
        case Verdict.DONE:
            return DONE.get(action, "Gedaan.")
        case Verdict.NO_CHANGE:
            return f"Er is niets veranderd. {REASONS.get(reason, '')}".strip()
        case Verdict.TAKEN:
            return f"{who} heeft deze al." if who else "Iemand anders heeft deze al."
        case Verdict.ALREADY_RESOLVED:
            ending = f": {word(OUTCOMES, outcome.value).lower()}" if outcome is not None else ""
            return f"Deze melding is al afgerond{ending}."
        case Verdict.NOT_YOURS:
            return f"Dat kan niet namens deze persoon. {REASONS.get(reason, '')}".strip()
        case Verdict.NOT_ALLOWED:
            return f"Dat mag hier niet. {REASONS.get(reason, '')}".strip()


def said_before(code: str, holders: Sequence[str]) -> str:
    """Say it on the page after the action, from `action.verdict.reason`; nothing for nonsense."""
    action, _, rest = code.partition(".")
    verdict, _, reason = rest.partition(".")
    if action not in DONE or verdict not in {one.value for one in Verdict}:
        return ""
    return sentence(action, Verdict(verdict), reason, holders, None)
