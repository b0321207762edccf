"""Where the demo listens: the port that was asked for, or the next one that is free."""

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

REACHES = 100  # how many ports after the wanted one are tried
LASTING = range(20_000, 32_768)  # Linux gives its outgoing connections ports from there on

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


def lasting_port() -> int:
    """Find a port of this machine for what is stopped and started again at the same one.

    It is none that outgoing connections get: a client that asks for a server that is down would
    at times be given the very port it asks for, connect to itself, and keep it.
    """
    while True:
        port = secrets.choice(LASTING)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
