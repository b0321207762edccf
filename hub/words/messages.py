"""What people are told by telephone, text or app: plain Dutch, no names, no addresses."""

from collections.abc import Mapping

from hub.words.kinds import KINDS

ENDINGS: Mapping[str, str] = {
    "stand_down": "Niet meer nodig: iemand anders heeft het.",
    "tell": "Ter informatie bij een melding.",
}
HURRY: Mapping[str, str] = {"P1": "SPOED", "P2": "Dringend", "P3": "Melding", "T": "Techniek"}
TOLD: Mapping[str, str] = {
    "ended": "De melding is afgehandeld. Je hoeft niets meer te doen.",
    "outranked": "Er is al iemand ter plaatse. Je hoeft niet meer te gaan.",
    "taken_over": "Iemand anders heeft de melding van je overgenomen.",
    "still_coming": "Ben je nog onderweg? Laat het weten, anders gaan we verder zoeken.",
}


def text_for(purpose: str, why: str, kind: str, priority: str) -> str:
    """Say it in one or two sentences that tell nobody whose alarm it is."""
    what = KINDS.get(kind, "Melding")
    if why == "still_coming":
        return TOLD["still_coming"]
    if purpose == "warn":
        return f"{HURRY.get(priority, 'Melding')}: {what.lower()}. Kun jij gaan? Open de link."
    if why == "informed":
        return f"Ter informatie: er was een melding ({what.lower()}). Die is afgehandeld."
    return TOLD.get(why, ENDINGS.get(purpose, ENDINGS["tell"]))
