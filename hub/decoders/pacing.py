"""How fast the workers of an adapter follow each other; moments are seconds of one steady clock.

A worker costs a twentieth of a second of a processor to start. Messages that end one after
another must not buy the hub's time with that, and nobody else's alarm may wait for them.
"""

BETWEEN_STARTS = 0.25
FORGIVEN = 2  # the tries that one message has
SHORTEST, LONGEST = 0.25, 2.0


class Pacing:
    """Counts for each gateway the workers its messages ended since one was decoded.

    A pool that never lost a worker waits for nothing.
    """

    def __init__(self) -> None:
        self._lost: dict[str, tuple[int, float]] = {}  # how many, and no worker before
        self._steady, self._next_start = True, 0.0

    def lost(self, principal: str, now: float) -> None:
        """Note that a message of this gateway ended its worker, or that none could be started."""
        times = self._lost.get(principal, (0, 0.0))[0] + 1
        self._lost[principal] = (times, now + pause_after(times))
        self._steady = False

    def died(self) -> None:
        """Note that a worker ended that was asked nothing."""
        self._steady = False

    def decoded(self, principal: str) -> None:
        """Note that a message of this gateway was decoded: what came before is forgotten."""
        self._lost.pop(principal, None)

    def pause(self, principal: str, now: float) -> float:
        """How long, in seconds, this gateway's next message waits before it is given a worker."""
        return max(self._lost.get(principal, (0, 0.0))[1] - now, 0.0)

    def start(self, now: float) -> float:
        """Take the next start of a worker; how long, in seconds, until it is there."""
        at = max(now, self._next_start)
        self._next_start = at if self._steady else at + BETWEEN_STARTS
        return at - now


def pause_after(times: int) -> float:
    """What a gateway waits after so many workers lost: 0, 0, 0.25 seconds, 0.5, 1, and so on 2."""
    if times <= FORGIVEN:
        return 0.0
    return float(min(SHORTEST * 2 ** min(times - FORGIVEN - 1, 8), LONGEST))
