"""Tells a contact by an HTTP POST of JSON to the address the contact gave.

The body says what to do and where the answer goes; no surname and no address of a client. The
header `Idempotency-Key` is the same on every retry, so a receiver can drop a copy.
"""

import json

from adapters.contract import Call, Message, Verdict

# 408, 425 and 429 ask to come back; 409 is a receiver still busy with the same key.
_COME_BACK = frozenset({408, 409, 425, 429})


def build(message: Message) -> Call:
    """The request: POST to the contact's address."""
    told = {
        "id": message.key,
        "purpose": message.purpose,
        "priority": message.priority,
        "kind": message.kind,
        "text": message.text,
        "answers": list(message.answers),
        "answer_url": message.answer_url or None,
    }
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.key,
        "User-Agent": "nachtwacht",
    }
    return Call("POST", message.address, headers, json.dumps(told).encode())


def judge(status: int, body: bytes) -> Verdict:
    """Only a clear 4xx means that trying again is pointless; the body is of no interest."""
    if 200 <= status < 300:
        return Verdict.TAKEN
    if 400 <= status < 500 and status not in _COME_BACK:
        return Verdict.REFUSED
    return Verdict.TRY_AGAIN
