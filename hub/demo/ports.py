"""Where the demo listens: the port that was asked for, or the next one that is free."""

import socket
from collections.abc import Callable
from contextlib import suppress

REACHES = 100  # how many ports after the wanted one are tried

Say = Callable[[str], None]


class DemoFailed(Exception):
    """The demo cannot run; the message says why and what helps."""


def listening_at(host: str, wanted: int, what: str, say: Say) -> socket.socket:
    """Listen at the wanted port or the next free one, and say so. Raises DemoFailed."""
    for port in range(wanted, wanted + REACHES):
        with suppress(OSError):
            found = socket.create_server((host, port))
            if wanted not in (0, port):
                say(f"Port {wanted} is taken; the {what} are at port {port}.")
            return found
    raise DemoFailed(f"No free port for the {what} from {wanted} on.")


def free_port(host: str, wanted: int, what: str, say: Say) -> int:
    """Find a port that is free now; somebody else may still be quicker."""
    with listening_at(host, wanted, what, say) as found:
        free: int = found.getsockname()[1]
        return free
