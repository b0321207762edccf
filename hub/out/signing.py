"""Signs webhooks in the way of Standard Webhooks (standardwebhooks.com), version 1.

A key is derived from the hub's own secret, so none is stored: whoever reads the database can sign
nothing.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

PREFIX = "whsec_"
BOTH_SIGN_FOR = timedelta(days=1)  # after a rotation


def key(pepper: bytes, webhook_id: UUID, version: int) -> bytes:
    """Derive the key of a webhook, 32 bytes; a higher version is another key."""
    return hmac.digest(pepper, f"webhook\0{webhook_id}\0{version}".encode(), sha256)


def shown(secret: bytes) -> str:
    """Write a key as its receiver is given it."""
    return PREFIX + b64encode(secret).decode()


def keys(
    pepper: bytes, webhook_id: UUID, version: int, rotated_at: datetime | None, now: datetime
) -> list[bytes]:
    """List the keys that sign at `now`: the newest, and for a day the one before it."""
    former = version > 1 and rotated_at is not None and now < rotated_at + BOTH_SIGN_FOR
    versions = [version, version - 1] if former else [version]
    return [key(pepper, webhook_id, one) for one in versions]


def headers(
    secrets: Sequence[bytes], event_id: str, now: datetime, body: bytes
) -> Mapping[str, str]:
    """Make the headers of one attempt: a signature for each key, over id, moment and body."""
    at = str(int(now.timestamp()))
    signed = b".".join((event_id.encode(), at.encode(), body))
    signatures = (b64encode(hmac.digest(one, signed, sha256)).decode() for one in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
