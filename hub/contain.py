"""The one broad except: what is caught here is always logged, and never with a payload."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import extract_tb

log = logging.getLogger(__name__)
_FRAMES = 6


@dataclass(slots=True)
class Trouble:
    """What the block ran into; `error` is None when it went well."""

    error: Exception | None = None


@contextmanager
def contained(event: str, **facts: object) -> Iterator[Trouble]:
    """Let no exception out of the block, also one that awaits: it is logged and handed over.

    `event` is a short constant message; `facts` are ids, never names or payloads. The
    exception's own text is left out of the log, as it often quotes the data it choked on.
    Cancellation and a request to stop pass through.
    """
    trouble = Trouble()
    try:
        yield trouble
    except Exception as error:
        trouble.error = error
        log.error(  # noqa: TRY400 - a traceback quotes the exception's text
            event, extra={**without_its_text(error), "facts": facts}
        )


def without_its_text(error: BaseException) -> dict[str, str]:
    """Give what a log may say of an exception: its names, and the lines it passed."""
    return {"caught": _names(error), "where": _places(error)}


def _names(error: BaseException) -> str:
    """Name the exception and what caused it, in one line."""
    cause = error.__cause__
    named = type(error).__qualname__
    return named if cause is None else f"{named} from {type(cause).__qualname__}"


def _places(error: BaseException) -> str:
    """Name the innermost lines it passed, the last one first."""
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{one.filename.rpartition('/')[2]}:{one.lineno}" for one in reversed(frames))
