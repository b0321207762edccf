"""The caregiver's link: a token bound to one alert and one contact, stored only as a hash."""

import base64
import hashlib
import hmac
from uuid import UUID


def link_token(secret: bytes, alert_id: UUID, contact_id: UUID) -> str:
    """Make the token (160 bits, URL-safe); the same alert and contact give the same token.

    So a message that is sent again carries the same link, and nothing has to be remembered.
    """
    mixed = hmac.new(secret, b"link" + alert_id.bytes + contact_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(mixed.digest()[:20]).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """Hash a token as it is stored; tokens are random enough to need no salt."""
    return hashlib.sha256(token.encode()).digest()
