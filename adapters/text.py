"""Text from strangers, made safe to store and to show."""

import re

LONGEST_TEXT = 200
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def visible(text: str, most: int = LONGEST_TEXT) -> str:
    """The text with NUL as ␀ and lone surrogates as �, cut with … after `most` characters.

    PostgreSQL stores neither NUL nor a lone surrogate, and an index no endless key.
    """
    shown = _UNSTORABLE.sub(_stand_in, text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _stand_in(found: re.Match[str]) -> str:
    return "␀" if found.group() == "\x00" else "\N{REPLACEMENT CHARACTER}"
