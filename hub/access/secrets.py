"""Secrets the hub makes itself: how they are made, and how they are kept.

Cookies, API tokens and gateway passwords hold 256 random bits, so a keyed hash
is enough to keep them: guessing is hopeless and 3,000 gateways are checked in seconds. Passwords
that people choose are another matter, see `hub.access.passwords`.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256

Random = Callable[[int], bytes]

TOKEN_BYTES = 32


class Purpose(StrEnum):
    """What a secret opens; part of the hash, so that one secret never opens another door."""

    SESSION = "session"
    SIGN_IN_FORM = "sign_in_form"
    API_TOKEN = "api_token"  # noqa: S105 - the name of a door, not a key
    GATEWAY = "gateway"


def new_secret(random: Random) -> str:
    """Make a secret of 256 bits that is safe in a URL, a header and a cookie."""
    return urlsafe_b64encode(random(TOKEN_BYTES)).rstrip(b"=").decode()


def keyed_hash(pepper: bytes, purpose: Purpose, secret: str) -> bytes:
    """Say how a secret is stored: HMAC-SHA256 under the hub's pepper, 32 bytes."""
    return hmac.digest(pepper, f"{purpose}\0{secret}".encode(), sha256)


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that says nothing about them."""
    return hmac.compare_digest(one.encode(), other.encode())
