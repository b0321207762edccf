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

from hub.main import run
from hub.rehearsal.led_clock import LedClock
from hub.settings import Settings, read_settings

FAILED = "ERROR "  # how the line of an error begins in the log


def main() -> None:
    """Serve on the clock in the file that is named, settings from the environment as always."""
    settings = read_settings(rehearsal=True)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", force=True)
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
