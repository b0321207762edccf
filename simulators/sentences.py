"""What a telephone may be told, word for word, as people who are called have learned to read it.

Written down here once more on purpose: a sentence that changes, or that comes in another language,
is noticed by whoever gets it and not only by whoever wrote it.
"""

import re
from collections.abc import Iterable, Iterator

HURRY = {"P1": "SPOED", "P2": "Dringend", "P3": "Melding", "T": "Techniek"}
WHAT = r"[a-zé, -]{3,60}"  # the kind in small letters: no name begins with one, no number has any
WORD = re.compile(r"[\w-]+")
WARNING = re.compile(rf"(?P<hurry>\w+): {WHAT}\. Kun jij gaan\? Open de link\.")
INFORMED = re.compile(rf"Ter informatie: er was een melding \({WHAT}\)\. Die is afgehandeld\.")
AFTERWARDS = {
    "stand_down": (
        "Niet meer nodig: iemand anders heeft het.",
        "De melding is afgehandeld. Je hoeft niets meer te doen.",
        "Er is al iemand ter plaatse. Je hoeft niet meer te gaan.",
        "Iemand anders heeft de melding van je overgenomen.",
    ),
    "tell": (
        "Ter informatie bij een melding.",
        "De melding is afgehandeld. Je hoeft niets meer te doen.",
        "Er is al iemand ter plaatse. Je hoeft niet meer te gaan.",
        "Iemand anders heeft de melding van je overgenomen.",
    ),
}
STILL_COMING = "Ben je nog onderweg? Laat het weten, anders gaan we verder zoeken."


def misread(purpose: str, priority: str, text: str) -> Iterator[str]:
    """What is wrong with a text, by whoever reads it; nothing for one that is as it must be."""
    if text == STILL_COMING:
        return
    if purpose in ("warn", "ask"):
        warning = WARNING.fullmatch(text)
        if warning is None:
            yield f"no warning that anybody knows: {text!r}"
        elif warning["hurry"] != HURRY.get(priority):
            yield f"{warning['hurry']} for a {priority}"
    elif text not in AFTERWARDS.get(purpose, ()) and not INFORMED.fullmatch(text):
        yield f"no {purpose} that anybody knows: {text!r}"


class Unspoken:
    """Names and addresses that no text may tell, in any letters; names are found as whole words."""

    def __init__(self, names: Iterable[str]) -> None:
        lowered = {one.lower() for one in names}
        self._phrases = sorted(one for one in lowered if not WORD.fullmatch(one))
        self._words = lowered.difference(self._phrases)

    def told(self, text: str) -> Iterator[str]:
        """Those that a text tells."""
        lowered = text.lower()
        yield from sorted(self._words.intersection(WORD.findall(lowered)))
        yield from (one for one in self._phrases if one in lowered)
