"""How many messages each adapter reads in a second of the processor.

`python -m benchmarks.decode [seconds]`: every recorded message that an adapter understands, over
and over, as the hub reads one: identified, then decoded. Beside it Python's own `json.loads` of the
same bytes, which refuses nothing: the ratio holds on other machines. Processor time, one thread.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from adapters.contract import Decoded
from tests.adapters.recorded import Recorded, recorded

SECONDS = 1.0


def understood() -> dict[str, list[Recorded]]:
    """The recorded messages of each adapter that come out as readings."""
    found = defaultdict[str, list[Recorded]](list)
    for _, message in recorded():
        binding = message.binding(message.decoder.identify(message.inbound))
        outcome = message.decoder.decode(message.inbound, binding)
        if isinstance(outcome, Decoded) and outcome.readings:
            found[message.adapter].append(message)
    return found


def rate(once: Callable[[], None], each: int, seconds: float) -> float:
    """How many in a second of the processor, where `once` does so many."""
    once()
    began, done = time.process_time(), 0
    while (passed := time.process_time() - began) < seconds:
        once()
        done += each
    return done / passed


def decoding(messages: list[Recorded]) -> Callable[[], None]:
    """What reads all of these once."""
    ready = [(one.decoder, one.inbound, one.binding(None)) for one in messages]

    def once() -> None:
        for decoder, inbound, binding in ready:
            key = decoder.identify(inbound)
            decoder.decode(inbound, replace(binding, device=key or ""))

    return once


def loading(messages: list[Recorded]) -> Callable[[], None]:
    """What parses all of these once, as far as they are JSON."""
    payloads = [one.payload for one in messages]

    def once() -> None:
        for payload in payloads:
            with suppress(ValueError):
                json.loads(payload)

    return once


def main(seconds: float) -> None:
    """Print a line for each adapter."""
    print(
        f"{'adapter':15} {'messages':>8} {'bytes':>6} {'decoded/s':>10} {'json.loads/s':>13} ratio"
    )
    for name, messages in sorted(understood().items()):
        read = rate(decoding(messages), len(messages), seconds)
        plain = rate(loading(messages), len(messages), seconds)
        size = sum(len(one.payload) for one in messages) // len(messages)
        figures = f"{len(messages):8} {size:6} {read:10,.0f} {plain:13,.0f} {read / plain:5.2f}"
        print(f"{name:15} {figures}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
