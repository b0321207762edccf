"""Whose topic an OwnTracks message names, where the gateway's own name is in it."""

import json

import pytest

from adapters.contract import Binding, Decoded, Rejected
from adapters.inbound import owntracks
from tests.adapters.recorded import an_inbound

KEY = "client-7/telefoon"
LEAVE = {"_type": "transition", "event": "leave", "desc": "Thuis", "tst": 1767579120}


@pytest.mark.parametrize(
    ("named", "outcome"),
    [
        ("owntracks/client-7/telefoon", Decoded),
        ("owntracks/zorg/gw1/telefoon", Decoded),  # over HTTP the app's user is the gateway's
        ("in/zorg/gw1/owntracks/client-7/telefoon", Decoded),
        ("owntracks/zorg/gw1/tablet", Rejected),
        ("owntracks/client-8/telefoon", Rejected),
        ("owntracks/zorg/gw2/telefoon", Rejected),
    ],
)
def test_a_message_is_believed_when_the_topic_it_names_is_its_own(
    named: str, outcome: type[object]
) -> None:
    payload = json.dumps({**LEAVE, "topic": named}).encode()
    assert isinstance(owntracks.decode(an_inbound(KEY, payload), Binding(KEY)), outcome)
