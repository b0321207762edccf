"""A whole hub in a process of its own, on a rehearsal's clock: `python -m hub.rehearsal.served`.

It is what `nachtwacht serve` runs but for the clock. It ends when told to, and when whoever
started it is gone: standard input is at its end then.
"""

import asyncio
import logging
import signal
import sys
import threading
from pathlib import Path

import uvloop

from hub.clock import LedClock
from hub.main import run
from hub.settings import Settings, read_settings

FAILED = "ERROR "  # how the line of an error begins in the log
WAITED = "WAITED "  # and that of one that says no more than that the database had no time
NO_TIME = (
    "LockNotAvailable",  # held by a hub that was killed, until the server notices
    "QueryCanceled",
    "IdleInTransactionSessionTimeout",
    "OperationalError from OperationalError",  # the server ended the session, for one of these
    "ConnectionError from OperationalError",  # the same, where the work of a row was given up
    "TimeoutError",
)


class Lines(logging.Formatter):
    """One line an event: its level, unless the database had no time, and what was caught."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record. What is contained and tried again is no failure of the hub's."""
        caught = str(getattr(record, "caught", ""))
        slow = caught.endswith(NO_TIME) and record.levelno == logging.ERROR
        told = WAITED if slow else f"{record.levelname} "
        return f"{told}{record.getMessage()}" + (f": {caught}" if caught else "")


def main() -> None:
    """Serve on the clock in the file that is named, settings from the environment as always."""
    settings = read_settings(rehearsal=True)
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    uvloop.run(_until_told_to_stop(settings, LedClock(Path(sys.argv[1]))))


async def _until_told_to_stop(settings: Settings, clock: LedClock) -> None:
    assert settings.database_url is not None
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C is for whoever started it

    def until_alone() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=until_alone, daemon=True).start()
    url = settings.database_url.get_secret_value()
    await run(settings, url, clock, stop, lambda _: None)


if __name__ == "__main__":
    main()
