"""Mappings: what is told around a reading, and which device and moment a reading is for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.contract import (
    Binding,
    Decoded,
    Edge,
    Ignored,
    Kind,
    Outcome,
    Position,
    ProofOfCopy,
    Reading,
    Rejected,
)
from adapters.mapping.adapter import read_mapping
from adapters.mapping.tables import BadMapping
from tests.adapters.recorded import an_inbound

UP = '[[message]]\ntopic = "{device}/up"\n'
PRESS = UP + '[[message.reading]]\nedge = "alarm.button"\n'
PLACE = (
    'position = { lat = "gps.lat", lon = "gps.lon", accuracy = "gps.acc",'
    ' fixed_at = { from = "gps.ts", written = "seconds" } }\n'
)
FIXED = datetime(2026, 1, 5, 2, 2, tzinfo=UTC)


def said(text: str, payload: str, *, binding: Binding | None = None, **more: object) -> Outcome:
    inbound = replace(an_inbound("p1/up", payload.encode()), **more)  # type: ignore[arg-type]
    return read_mapping(text).decode(inbound, binding or Binding("p1"))


def readings(outcome: Outcome) -> tuple[Reading, ...]:
    assert isinstance(outcome, Decoded), outcome
    return outcome.readings


@pytest.mark.parametrize(
    ("gps", "position"),
    [
        ('{"lat":52.1,"lon":"5.1","acc":8,"ts":1767578520}', Position(52.1, 5.1, 8.0, FIXED)),
        ('{"lat":52.1,"lon":5.1}', Position(52.1, 5.1, 1000.0, None)),
        ('{"lat":52.1,"lon":5.1,"acc":0}', Position(52.1, 5.1, 1000.0, None)),
        ('{"lat":0,"lon":0,"acc":8}', None),
        ('{"lat":91,"lon":5.1,"acc":8}', None),
        ('{"lat":"nan","lon":5.1}', None),
        ('{"lat":52.1}', None),
        ("5", None),
    ],
)
def test_a_place_is_told_and_a_bad_one_stops_no_alarm(gps: str, position: Position | None) -> None:
    (press,) = readings(said(PRESS + PLACE, f'{{"gps":{gps}}}'))
    assert press.position == position


def test_a_bad_place_of_what_is_no_alarm_is_seen_by_people() -> None:
    text = UP + PLACE + '[[message.reading]]\nedge = "presence.heartbeat"\n'
    outcome = said(text, '{"gps":{"lat":91,"lon":5}}')
    assert isinstance(outcome, Rejected)
    assert outcome.detail.startswith("gps.lat: send a number from -90 to 90")


def test_an_edge_says_of_which_matter_it_is() -> None:
    text = PRESS + 'correlation = "call.id"\n'
    (press,) = readings(said(text, '{"call":{"id":4711}}'))
    assert isinstance(press, Edge)
    assert press.correlation_key == "4711"
    (press,) = readings(said(text, '{"call":{"id":[1]}}'))
    assert isinstance(press, Edge)
    assert press.correlation_key == ""


def test_each_item_of_a_list_has_its_own_moment_place_and_proof() -> None:
    text = (
        UP + 'each = "events"\nat = { from = "ts", written = "seconds" }\n'
        '[[message.reading]]\nedge = "alarm.button"\ncopy_of = "id"\n'
        'at = { from = "t", written = "seconds" }\nposition = { lat = "a", lon = "o" }\n'
    )
    payload = '{"ts":0,"events":[{"id":"x1","t":1767578520,"a":52,"o":5},{"id":"x2"}]}'
    first, second = readings(said(text, payload))
    assert (first.occurred_at, first.key) == (FIXED, ProofOfCopy("x1"))
    assert first.position == Position(52.0, 5.0, 1000.0)
    assert second.occurred_at == datetime(1970, 1, 1, tzinfo=UTC)  # the message's own
    assert (second.key, second.position) == (ProofOfCopy("x2"), None)


def test_a_rule_may_be_for_one_model_or_option_of_the_registry() -> None:
    text = PRESS + 'model = ["WS101", "WS102"]\noption = { sos = [true, "yes"] }\n'
    right = Binding("p1", model="WS102", options={"sos": "yes"})
    assert len(readings(said(text, "{}", binding=right))) == 1
    for wrong in (Binding("p1"), replace(right, model="R1"), replace(right, options={"sos": 1})):
        assert readings(said(text, "{}", binding=wrong)) == ()


def test_a_rule_may_be_for_what_is_sent_now_and_not_for_what_a_broker_kept() -> None:
    text = PRESS + "live = true\n"
    assert len(readings(said(text, "{}"))) == 1
    assert readings(said(text, "{}", replayed=True)) == ()


def test_what_came_beside_the_payload_can_be_asked() -> None:
    text = PRESS + 'from = "{property.event}"\nhappened = "sos"\ncopy_of = "{property.id}"\n'
    beside = (("event", "sos"), ("id", "m7"))
    (press,) = readings(said(text, "{}", user_properties=beside))
    assert press.key == ProofOfCopy("m7")
    assert readings(said(text, "{}")) == ()
    text = '[[message]]\ntopic = "{device}/up"\nwhen = { "{content_type}" = "text/plain" }\n'
    ignored = said(text + 'ignore = "words"\n', "{}", content_type="text/plain")
    assert ignored == Ignored("words")


def test_what_can_never_be_right_is_rejected_in_the_words_of_the_mapping() -> None:
    text = UP + 'when = { enc = "*" }\nreject = "take the key out of the app"\n'
    assert said(text, '{"enc":"abc"}') == Rejected("not_accepted", "take the key out of the app")


ZONE = UP + '[[message.reading]]\nzone = "place"\nfrom = "ev"\nentered = "in"\nleft = "out"\n'


@pytest.mark.parametrize(
    ("options", "payload", "kind", "value"),
    [
        ({}, '{"ev":"out","place":"Thuis"}', Kind.LEFT_ZONE, {"zone": "Thuis"}),
        ({}, '{"ev":"in","place":"Thuis"}', Kind.RETURNED, {"zone": "Thuis"}),
        ({}, '{"ev":"out","place":"dochter Anna"}', Kind.LEFT_ZONE, {}),
        ({}, '{"ev":"out","place":{"x":1}}', Kind.LEFT_ZONE, {}),
        ({"zones": "dorp"}, '{"ev":"out","place":"Thuis"}', Kind.HEARTBEAT, {"zone": "Thuis"}),
        ({"forbidden_zones": "vijver"}, '{"ev":"in","place":"Vijver"}',
         Kind.ENTERED_FORBIDDEN_ZONE, {"zone": "Vijver"}),
    ],
)  # fmt: skip
def test_a_zone_means_what_the_registry_says_of_it(
    options: dict[str, str], payload: str, kind: Kind, value: dict[str, str]
) -> None:
    (crossed,) = readings(said(ZONE, payload, binding=Binding("p1", options=options)))
    assert (crossed.kind, dict(crossed.value)) == (kind, value)


def test_neither_in_nor_out_is_seen_by_people() -> None:
    outcome = said(ZONE, '{"ev":"drift","place":"Thuis"}')
    assert isinstance(outcome, Rejected)
    assert outcome.code == "wrong_value"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (PRESS + 'position = { lat = "a" }\n',
         "line 5, column 1: message 1, reading 1, position, lon: not there: say which field"),
        (PRESS + "position = { lat = 5 }\n", "position, lat: write a text"),
        (PRESS + 'position = { lat = "a", lon = "b", acc = "c" }\n', "acc: no such field here"),
        (PRESS + 'at = { from = "t", written = "minutes" }\n', "Known: iso, seconds"),
        (UP + '[[message.reading]]\nlevel = "bed"\nfrom = "b"\ncorrelation = "c"\n',
         "only an edge has this"),
        (UP + '[[message.reading]]\nzone = "z"\nfrom = "e"\n', "which values mean `entered`"),
        (UP + '[[message.reading]]\nzone = "z"\nedge = "alarm.fall"\n', "exactly one of"),
        (UP + 'same_device = { from = "t", written = "x/+" }\nignore = "x"\n', "{device} in it"),
        (PRESS.replace("[[message.r", 'reject = "x"\n[[message.r'), "rejected or has readings"),
        (PRESS + "live = 1\n", "live: write true or false"),
        (PRESS + 'option = "x"\n', "option: write a table"),
    ],
)  # fmt: skip
def test_a_mistake_around_a_reading_is_answered_with_its_place_and_remedy(
    text: str, fault: str
) -> None:
    with pytest.raises(BadMapping) as bad:
        read_mapping(text)
    assert fault in str(bad.value)
