"""What an operator does about a message that became nothing: one or two Dutch sentences."""

from collections.abc import Mapping

CALL = "Dit kan een alarm zijn: bel of bezoek wie dit apparaat draagt."
MAKER = "Geef de technische reden aan de leverancier van het apparaat."
DESK = "Geef de technische reden aan het technisch beheer."

BY_CODE: Mapping[str, str] = {
    "unclean_stop": f"{CALL} De vertaling van dit bericht liep tweemaal vast. {MAKER}",
    "not_decidable": f"{CALL} Over de cliënt kon niets worden bepaald. {DESK}",
    "not_storable": f"{CALL} {DESK}",
    "adapter_error": f"Van een alarmapparaat: bel de cliënt. De vertaling klopt niet. {MAKER}",
    "too_large": "Van een alarmapparaat: bel de cliënt. Het bericht was te groot:"
    " laat het apparaat kleinere berichten sturen.",
    "too_many_readings": f"Van een alarmapparaat: bel de cliënt. {MAKER}",
    "identity_mismatch": "Een apparaat gaf zich uit voor een ander. Bel wie dit apparaat draagt"
    " en laat het technisch beheer nagaan waar het vandaan komt.",
    "no_adapter": "Dit basisstation stuurt berichten die deze hub niet kan vertalen."
    f" Kijk van wie het is en bel bij twijfel. {DESK}",
}
BY_OUTCOME: Mapping[str, str] = {
    "rejected": f"Van een alarmapparaat: bel de cliënt. {MAKER}",
    "quarantined": f"{CALL} {DESK}",
    "refused": "Dit basisstation stuurt wat het niet mag, of anders dan afgesproken. Er is niet"
    f" naar gekeken, ook niet of het een alarm was: kijk van wie het is en bel bij twijfel. {DESK}",
}


def advice(outcome: str, reason: str) -> str:
    """Say what to do about a message with this outcome and reason; never empty."""
    known = "" if outcome == "refused" else BY_CODE.get(reason.partition(":")[0], "")
    return known or BY_OUTCOME.get(outcome, BY_OUTCOME["rejected"])
