"""Signed messages as Standard Webhooks describes them, and how the secrets for them are kept.

https://www.standardwebhooks.com: `webhook-signature` holds one or more `v1,<base64>` with spaces
between, each HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`. To check one, the secret
itself is needed: it is kept sealed under the hub's own, and opened for a gateway only.
"""

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "whsec_"
_NONCE = 12
_SHORTEST, _LONGEST = 24, 64  # bytes, as the specification has them


class SecretUnusable(Exception):
    """A signing secret is not as the specification has it; the message says what is wrong."""


def secret_bytes(secret: str) -> bytes:
    """Read a secret as `whsec_` and base64. Raises SecretUnusable."""
    try:
        raw = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (NotBase64, ValueError) as error:
        raise SecretUnusable(
            "the secret is not base64, with or without whsec_ before it"
        ) from error
    if not _SHORTEST <= len(raw) <= _LONGEST:
        raise SecretUnusable(f"the secret has {len(raw)} bytes; from {_SHORTEST} to {_LONGEST}")
    return raw


def written(raw: bytes) -> str:
    """Write a secret as people hand it on."""
    return PREFIX + b64encode(raw).decode()


def sealed(pepper: bytes, gateway_id: UUID, raw: bytes) -> bytes:
    """Close a secret up, for this gateway alone."""
    nonce = os.urandom(_NONCE)
    return nonce + _seal(pepper).encrypt(nonce, raw, gateway_id.bytes)


def opened(pepper: bytes, gateway_id: UUID, kept: bytes) -> bytes | None:
    """Open a sealed secret; None when it was sealed under another secret of the hub."""
    try:
        return _seal(pepper).decrypt(kept[:_NONCE], kept[_NONCE:], gateway_id.bytes)
    except (InvalidTag, ValueError):
        return None


def _seal(pepper: bytes) -> AESGCM:
    return AESGCM(hmac.digest(pepper, b"sealed signing secrets", sha256))


class Signature:
    """The signature of a message that is still coming in."""

    def __init__(self, key: str, timestamp: str, signatures: str, secrets: Iterable[bytes]) -> None:
        begin = f"{key}.{timestamp}.".encode("latin-1")
        self._sums = [hmac.new(secret, begin, sha256) for secret in secrets]
        self._given = [_given(one) for one in signatures.split()]

    def update(self, piece: bytes) -> None:
        """Take the next piece of the body into account."""
        for one in self._sums:
            one.update(piece)

    def is_right(self) -> bool:
        """Whether one of the signatures was made with one of the secrets; in constant time."""
        right = False
        for one in self._sums:
            digest = one.digest()
            for given in self._given:
                right |= hmac.compare_digest(digest, given)
        return right


def _given(signature: str) -> bytes:
    version, _, said = signature.partition(",")
    try:
        return b64decode(said, validate=True) if version == "v1" else b""
    except (NotBase64, ValueError):
        return b""


def moment_of(timestamp: str) -> datetime | None:
    """Read `webhook-timestamp`, seconds since 1970; None when it is no such thing."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return None
    return datetime.fromtimestamp(int(timestamp), UTC)
