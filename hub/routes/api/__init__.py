"""The API under /api/v1: JSON in, JSON out, refusals as problem details (RFC 9457)."""
