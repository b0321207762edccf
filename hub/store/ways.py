"""By which ways a contact can be reached: a list of `{"way": ..., "address": ...}` in order."""

from typing import Any


def addresses(stored: Any) -> dict[str, str]:
    """Read the address of each way, in order; nonsense must not keep an alarm from opening."""
    listed = stored if isinstance(stored, list) else []
    pairs = ((one.get("way"), one.get("address")) for one in listed if isinstance(one, dict))
    return {
        way: address
        for way, address in pairs
        if isinstance(way, str) and isinstance(address, str) and way and address
    }
