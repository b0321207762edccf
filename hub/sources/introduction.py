"""Who is it? Asked once a connection, within a time limit; who guesses waits for the answer."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta

from hub.sources.arrival import Principal
from hub.sources.door_terms import Limits
from hub.sources.mqtt.reasons import Reason

Authenticate = Callable[[str, bytes], Awaitable[Principal | None]]
Recognise = Callable[[str], Awaitable[Principal | None]]
log = logging.getLogger(__name__)


class Guesses:
    """How long a wrong password waits for its answer, by the address it came from.

    Only the wrong ones wait: thousands of gateways behind one address, back after a power cut
    with the right passwords, are let in at once.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._made: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str, at: float) -> float:
        """Count a wrong password from here at `at`, a moment in seconds; the seconds to wait."""
        count, last = self._made.pop(address, (0, at))
        if at - last > self._limits.guesses_forgotten.total_seconds():
            count = 0
        self._made[address] = count + 1, at
        if len(self._made) > self._limits.guessers:
            self._made.popitem(last=False)
        if (doublings := count - self._limits.free_guesses) < 0:
            return 0.0
        length: timedelta = self._limits.first_wait * 2 ** min(doublings, 16)
        return min(length, self._limits.longest_wait).total_seconds()


class Introduction:
    """One connection's introduction; `tell` is told once who it is, or why nobody is let in."""

    def __init__(
        self,
        authenticate: Authenticate,
        guesses: Guesses,
        limits: Limits,
        tell: Callable[[Principal | Reason], None],
    ) -> None:
        self._authenticate, self._guesses, self._limits = authenticate, guesses, limits
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._asking: asyncio.Future[Principal | None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Wait for the answer, but not for long."""
        wait = self._limits.connect_within.total_seconds()
        self._timer = self._loop.call_later(wait, self._took_too_long)

    def ask(self, user_name: str, password: bytes, address: str) -> None:
        """Have a password checked that came from `address`."""
        self.wait_for(self._authenticate(user_name, password), address)

    def wait_for(self, answer: Awaitable[Principal | None], address: str) -> None:
        """Tell who it is once that is known; somebody unknown is a wrong guess from `address`."""
        self._asking = asyncio.ensure_future(answer)
        self._asking.add_done_callback(lambda asking: self._asked(asking, address))

    def end(self) -> None:
        """Nobody waits for the answer any longer; harmless when it is there."""
        for part in (self._asking, self._timer):
            if part is not None:
                part.cancel()

    def _asked(self, asking: asyncio.Future[Principal | None], address: str) -> None:
        if asking.cancelled():
            return
        if (error := asking.exception()) is not None:
            log.warning("authentication unavailable", extra={"error": type(error).__name__})
            self._say(Reason.SERVER_UNAVAILABLE)
        elif (principal := asking.result()) is None:
            self._say_wrong(self._guesses.wait(address, self._loop.time()))
        else:
            self._say(principal)

    def _say_wrong(self, wait: float) -> None:
        if not wait:
            self._say(Reason.BAD_USER_NAME_OR_PASSWORD)
            return
        self.end()
        self._timer = self._loop.call_later(wait, self._say, Reason.BAD_USER_NAME_OR_PASSWORD)

    def _took_too_long(self) -> None:
        asked = self._asking is not None
        self._say(Reason.SERVER_UNAVAILABLE if asked else Reason.MAXIMUM_CONNECT_TIME)

    def _say(self, answer: Principal | Reason) -> None:
        self.end()
        self._tell(answer)
