"""Where webhooks may go: a customer's address must not become a way into our own network."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

Resolve = Callable[[str, int], Awaitable[list[str]]]
_NAT64 = ip_network("64:ff9b::/96")


class NotAllowed(ConnectionError):
    """The hub does not send there; the text says why and what helps."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`plain` allows http; `private` allows addresses that are not of the public internet.

    `this_machine_only` is a rehearsal's: nothing leaves the machine.
    """

    plain: bool = False
    private: bool = False
    this_machine_only: bool = False


def read(url: str, policy: Policy) -> SplitResult:
    """Take a webhook's address apart. Raises NotAllowed for one that can never be sent to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("this is not a URL; send one such as https://care.example/hook") from error
    if parts.scheme != "https" and not (policy.plain and parts.scheme == "http"):
        raise NotAllowed("only https is sent to; give an address that begins with https://")
    if not parts.hostname or port == 0 or not url.isascii() or any(one <= " " for one in url):
        raise NotAllowed("there is no host in it; send one such as https://care.example/hook")
    if parts.username is not None or parts.fragment:
        raise NotAllowed("leave out the user name, password and fragment: requests are signed")
    return parts


async def resolve(host: str, port: int) -> list[str]:
    """Look a host up. Raises OSError when there is none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


async def choose(parts: SplitResult, policy: Policy, look_up: Resolve = resolve) -> str:
    """Say which IP address to connect to; the connection must be made to this very one.

    A name that answers once with a public and then with a private address is of no use that way.
    Raises NotAllowed when any of its addresses is not allowed, OSError when there is none.
    """
    assert parts.hostname is not None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await look_up(parts.hostname, port)
    for one in found:
        if not _allowed(one.partition("%")[0], policy):
            raise NotAllowed(
                "its address is not on the public internet; set NACHTWACHT_WEBHOOKS_PRIVATE=true"
                " if that is meant"
            )
    if not found:
        raise OSError("no address")
    return found[0]


def _allowed(address: str, policy: Policy) -> bool:
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if policy.this_machine_only:
        return ip.is_loopback
    if ip.is_multicast or ip.is_unspecified:
        return False
    if policy.private:
        return not ip.is_link_local  # where clouds keep their secrets
    embeds = isinstance(ip, IPv6Address) and bool(ip.sixtofour or ip.teredo or ip in _NAT64)
    return ip.is_global and not embeds
