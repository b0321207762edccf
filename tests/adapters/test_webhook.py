"""The webhook channel: what is sent to a contact, and what the answer means."""

import json

import pytest

from adapters.contract import Message, OutboundAdapter, Verdict
from adapters.outbound import webhook

CHANNEL: OutboundAdapter = webhook
PRESS = Message(
    key="3f0c",
    purpose="warn",
    text="Anna heeft op de noodknop gedrukt. Gaat u?",
    priority="P1",
    kind="alarm.button",
    address="http://127.0.0.1:9/people/sanne",
    answer_url="http://127.0.0.1:8300/l/t0ken",
    answers=("accept", "decline"),
)


def test_a_warning_says_what_happened_and_where_the_answer_goes() -> None:
    call = CHANNEL.build(PRESS)
    told = json.loads(call.body)
    assert (call.method, call.url) == ("POST", PRESS.address)
    assert (told["text"], told["answers"]) == (PRESS.text, ["accept", "decline"])
    assert told["answer_url"] == PRESS.answer_url
    assert PRESS.address not in call.body.decode()


def test_a_retry_carries_the_same_key() -> None:
    assert CHANNEL.build(PRESS) == CHANNEL.build(PRESS)
    assert CHANNEL.build(PRESS).headers["Idempotency-Key"] == "3f0c"


def test_a_message_that_asks_nothing_has_no_place_for_an_answer() -> None:
    ended = Message("k", "tell", "Het is opgelost.", "P1", "alarm.button", "http://127.0.0.1:9/x")
    assert json.loads(CHANNEL.build(ended).body)["answer_url"] is None


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TAKEN),
        (202, Verdict.TAKEN),
        (204, Verdict.TAKEN),
        (302, Verdict.TRY_AGAIN),
        (400, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (408, Verdict.TRY_AGAIN),
        (409, Verdict.TRY_AGAIN),
        (410, Verdict.REFUSED),
        (425, Verdict.TRY_AGAIN),
        (429, Verdict.TRY_AGAIN),
        (500, Verdict.TRY_AGAIN),
        (503, Verdict.TRY_AGAIN),
    ],
)
def test_only_a_clear_refusal_ends_the_attempts(status: int, verdict: Verdict) -> None:
    assert CHANNEL.judge(status, b"") is verdict
