"""Mappings: what can be said in them, and what is said of the ones that are wrong."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import (
    Binding,
    Counter,
    Decoded,
    Edge,
    Ignored,
    Kind,
    Level,
    Outcome,
    Rejected,
)
from adapters.mapping.adapter import MappedAdapter, read_mapping
from adapters.mapping.tables import BadMapping
from adapters.mapping.topics import pattern
from hub.decoders.decoding import Limits, open_adapters
from hub.decoders.mapped import mapped_adapter
from hub.decoders.translation import NoSuchAdapter
from tests.adapters.recorded import an_inbound

MANIFEST = 'name = "{}"\nversion = "1"\ncontract = "1.0"\nfamilies = []\nkinds = []\n'
BUTTON = '[[message]]\ntopic = "{device}/up"\n[[message.reading]]\nedge = "alarm.button"\n'


def mapped(rest: str, first: str = '[[message]]\ntopic = "{device}/up"\n') -> MappedAdapter:
    return read_mapping(first + rest)


def said(adapter: MappedAdapter, payload: str, topic: str = "p1/up") -> Outcome:
    inbound = an_inbound(topic, payload.encode())
    return adapter.decode(inbound, Binding(adapter.identify(inbound) or ""))


def faults(text: str) -> list[str]:
    with pytest.raises(BadMapping) as bad:
        read_mapping(text)
    return [str(one) for one in bad.value.faults]


# --- what can be said ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "payload", "moment"),
    [
        ("iso", '{"t":"2026-07-05T03:12:00"}', "2026-07-05T01:12:00+00:00"),
        ("iso", '{"t":"2026-07-05T03:12:00Z"}', "2026-07-05T03:12:00+00:00"),
        ("iso", '{"t":"2026-10-25T02:30:00"}', "2026-10-25T00:30:00+00:00"),
        ("seconds", '{"t":1770862200}', "2026-02-12T02:10:00+00:00"),
        ("seconds", '{"t":"1770862200"}', "2026-02-12T02:10:00+00:00"),
        ("milliseconds", '{"t":1770862200500}', "2026-02-12T02:10:00.500000+00:00"),
        ("seconds", '{"t":0}', "1970-01-01T00:00:00+00:00"),
    ],
)
def test_a_moment_is_read_as_it_is_written(written: str, payload: str, moment: str) -> None:
    adapter = mapped(
        f'at = {{ from = "t", written = "{written}" }}\n[[message.reading]]\nedge = "alarm.button"'
    )
    outcome = said(adapter, payload)
    assert isinstance(outcome, Decoded)
    assert outcome.readings[0].occurred_at == datetime.fromisoformat(moment)


@pytest.mark.parametrize("payload", ['{"t":"nu"}', '{"t":1e300}', '{"t":[]}', '{"t":null}', "{}"])
def test_a_moment_nobody_can_read_stops_no_alarm(payload: str) -> None:
    adapter = mapped(
        'at = { from = "t", written = "seconds" }\n[[message.reading]]\nedge = "alarm.button"'
    )
    outcome = said(adapter, payload)
    assert isinstance(outcome, Decoded)
    assert outcome.readings[0].occurred_at is None


def test_a_number_in_another_unit_reaches_a_threshold_in_ours() -> None:
    adapter = mapped(
        '[[message.reading]]\nlevel = "battery_low"\nfrom = "mv"\nunit = "mV"\nat_most = 2.5\n'
        'value = { volt = { from = "mv", unit = "mV" } }'
    )
    for volts, low in ((2500, True), (2501, False), ("2400", True)):
        outcome = said(adapter, f'{{"mv":"{volts}"}}')
        assert isinstance(outcome, Decoded)
        (level,) = outcome.readings
        assert isinstance(level, Level)
        assert level.active is low
        assert level.value["volt"] == float(volts) / 1000


def test_a_copy_is_known_only_when_all_of_its_key_is_there() -> None:
    adapter = mapped(
        'copy_of = ["boot", "n"]\ncounter = { series = "boot", number = "n" }\n'
        '[[message.reading]]\nedge = "alarm.button"'
    )
    outcome = said(adapter, '{"boot":"b7","n":12}')
    assert isinstance(outcome, Decoded)
    (press,) = outcome.readings
    assert press.key is not None
    assert (press.key.value, press.counter) == ("b7/12", Counter("b7", 12))
    without = said(adapter, '{"boot":"b7"}')
    assert isinstance(without, Decoded)
    assert (without.readings[0].key, without.readings[0].counter) == (None, None)


def test_a_value_that_no_list_has_is_seen_by_people_unless_an_alarm_stands_beside_it() -> None:
    adapter = mapped(
        '[[message.reading]]\nedge = "alarm.button"\nfrom = "ev"\nhappened = "sos"\n'
        'ignored = "ok"\n'
        '[[message.reading]]\nlevel = "tamper"\nfrom = "open"'
    )
    assert said(adapter, '{"ev":"sos","open":"?"}') == Decoded((Edge("p1", Kind.BUTTON),))
    assert isinstance(said(adapter, '{"ev":"ok","open":"?"}'), Rejected)
    unknown = said(adapter, '{"ev":"fall"}')
    assert isinstance(unknown, Rejected)
    assert (unknown.code, unknown.detail[:2]) == ("wrong_value", "ev")
    assert isinstance(said(adapter, '{"ev":"ok"}'), Ignored)


def test_a_list_in_a_message_gives_the_readings_of_each_item() -> None:
    adapter = mapped(
        'each = "params.events"\n[[message.reading]]\nedge = "alarm.button"\nfrom = "event"\n'
        'happened = "*push"\nignored = "btn_*"'
    )
    both = '{"params":{"events":[{"event":"btn_down"},{"event":"long_push"},{"event":"push"}]}}'
    outcome = said(adapter, both)
    assert isinstance(outcome, Decoded)
    assert len(outcome.readings) == 2
    assert isinstance(said(adapter, '{"params":{"events":{}}}'), Rejected)
    many = ",".join(['{"event":"push"}'] * 51)
    assert said(adapter, f'{{"params":{{"events":[{many}]}}}}') == Rejected(
        "too_many_readings", "params.events: at most 50"
    )


def test_a_device_that_stands_in_the_payload_speaks_and_another_ones_name_is_refused() -> None:
    adapter = mapped(
        'device = "dev.eui"\n[[message.reading]]\nedge = "alarm.button"',
        '[[message]]\ntopic = "+/up"\n',
    )
    assert adapter.identify(an_inbound("x/up", b'{"dev":{"eui":"a1"}}')) == "a1"
    assert adapter.identify(an_inbound("x/up", b"not json")) is None
    swapped = mapped('same_device = "src"\n[[message.reading]]\nedge = "alarm.button"')
    refused = said(swapped, '{"src":"p2"}')
    assert isinstance(refused, Rejected)
    assert refused.code == "identity_mismatch"
    assert isinstance(said(swapped, '{"src":"p1"}'), Decoded)


def test_an_unreadable_payload_is_still_of_the_device_in_its_topic() -> None:
    adapter = mapped('when = { a = 1 }\n[[message.reading]]\nedge = "alarm.button"')
    assert adapter.identify(an_inbound("p1/up", b"\xff")) == "p1"
    assert isinstance(said(adapter, "["), Rejected)
    assert isinstance(said(adapter, '{"a":2}'), Rejected)


@pytest.mark.parametrize(
    ("written", "topic", "names"),
    [
        ("tele/{device}/SENSOR", "tele/bed/SENSOR", {"device": "bed"}),
        ("tele/{device}/SENSOR", "tele/bed/x/SENSOR", None),
        ("{device#}/set", "woning 3/sos/set", {"device": "woning 3/sos"}),
        ("{device#}/set", "set", None),
        ("a/{device}_bed/+/#", "a/p7_bed/x/y/z", {"device": "p7"}),
        ("a/{device}_bed/+/#", "a/_bed/x/y", None),
        ("#", "anything/at all", {}),
    ],
)
def test_a_topic_pattern_takes_names_out(
    written: str, topic: str, names: dict[str, str] | None
) -> None:
    assert pattern(written).match(topic) == names


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_bytes_and_no_topic_are_a_crash(payload: bytes, topic: str) -> None:
    adapter = mapped(
        'at = { from = "t" }\ncopy_of = ["$", "{device}"]\ntest = "x[3].y"\n'
        '[[message.reading]]\nlevel = "water"\nfrom = "$"\nactive = 1\nvalue = { w = "$" }\n'
        '[[message]]\ntopic = "{device#}"\npayload = "number"\n'
        '[[message.reading]]\nlevel = "gas"\nfrom = "$"\nat_least = 5'
    )
    inbound = an_inbound(topic, payload)
    device = adapter.identify(inbound)
    outcome = adapter.decode(inbound, Binding(device or ""))
    assert outcome == adapter.decode(inbound, Binding(device or ""))


def test_a_hostile_topic_and_payload_take_no_long_time() -> None:
    adapter = mapped('[[message.reading]]\nlevel = "water"\nfrom = "$"\nactive = "*a*"\n')
    slow = "a" * 60_000
    assert isinstance(said(adapter, f'"{slow}"', "a/" * 30_000 + "up"), Rejected)
    assert isinstance(said(adapter, f'"{slow}"'), Decoded)


# --- what is said of the wrong ones ----------------------------------------------------------


def test_a_file_that_is_no_toml_says_where() -> None:
    (fault,) = faults('[[message]]\ntopic = "a\n')
    assert fault.startswith("line 2, column 11:")
    (end,) = faults('[[message]]\ntopic = """a\n')
    assert "not valid TOML" in end


def test_every_fault_is_said_with_its_line_column_field_and_remedy() -> None:
    text = """
[[message]]
topic = "{device}/up"

[[message.reading]]
level = "doro"   # a word that is almost right
from = "a..b"

[[message]]
topik = "x"
  [[message.reading]]
  edge = "alarm.button"
  when = { ev = [{}] }
  happend = "x"
"""
    told = faults(text)
    assert told[0].startswith("line 6, column 1: message 1, reading 1, level: 'doro' is not one")
    assert "did you mean 'door'?" in told[0]
    assert told[1].startswith("line 7, column 1: message 1, reading 1, from: 'a..b' cannot be")
    assert any("line 9, column 3: message 2, topic: not there" in one for one in told)
    assert any(
        "line 10, column 1: message 2, topik: no such field here; did" in one for one in told
    )
    assert any("line 13, column 12: message 2, reading 1, when, ev" in one for one in told)
    assert any("line 14, column 3" in one and "'happened'" in one for one in told)


@pytest.mark.parametrize(
    ("rest", "remedy"),
    [
        ("", "not there: write [[message]]"),
        ('[[message]]\ntopic = "up"', "whose message is it?"),
        ('[[message]]\ntopic = "{device}/{device}"', "twice"),
        ('[[message]]\ntopic = "{device#}/#"', "only one #"),
        ('[[message]]\ntopic = "a{device#}"', "stands alone"),
        ('[[message]]\ntopic = "{Device}"', "small letters"),
        (BUTTON + 'level = "door"', "exactly one of"),
        (BUTTON + "at_most = 3", "belong to a level"),
        (BUTTON.replace("edge", "level").replace("alarm.button", "door"), "needs `from`"),
        (BUTTON + 'unit = "mV"', "add at_most or at_least"),
        (BUTTON + 'value = { a = { is = 1, from = "b" } }', '{ is = "word" }'),
        (BUTTON + "withdraws = 1", "true or false"),
        (BUTTON + "role = 3", "texts between quotes"),
        (BUTTON + 'when = "x"', "write a table"),
        ("message = 3", "[[message]]"),
        (BUTTON.replace("[[message.reading]]", 'ignore = "x"\n[[message.reading]]'), "take one"),
        ('[[message]]\ntopic = "{device}"\nat = { from = "t", written = "unix" }', "seconds"),
        ('[[message]]\ntopic = "{device}"\nat = { written = "iso" }', "which field"),
        ('[[message]]\ntopic = "x"\nabout = "gateway"\ndevice = "a"', "the gateway or a device"),
    ],
)
def test_a_mistake_is_answered_with_its_remedy(rest: str, remedy: str) -> None:
    assert any(remedy in one for one in faults(rest)), faults(rest)


# --- where they live -------------------------------------------------------------------------


def a_folder(folder: Path, name: str, mapping: str, named: str = "") -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "mapping.toml").write_text(mapping)
    (folder / name / "manifest.toml").write_text(MANIFEST.format(named or name))
    return folder


def test_a_mapping_in_the_folder_is_switched_on_by_name(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "bell", BUTTON)
    opened = open_adapters(["native", "bell"], Limits(timedelta(seconds=1)), folder)
    adapter = opened["bell"]
    assert isinstance(adapter, MappedAdapter)
    outcome = adapter.decode(an_inbound("p1/up", b"{}"), Binding("p1"))
    assert isinstance(outcome, Decoded)
    assert mapped_adapter("other", folder) is None


@pytest.mark.parametrize(
    ("name", "mapping", "named", "told"),
    [
        ("bell", "[[message]]", "", "mapping.toml: line 1, column 3: message 1, topic"),
        ("bell", BUTTON, "bel", "give them one name"),
        ("native", BUTTON, "", "is offered by nachtwacht and by"),
    ],
)
def test_a_hub_does_not_start_with_a_mapping_that_is_wrong(
    tmp_path: Path, name: str, mapping: str, named: str, told: str
) -> None:
    folder = a_folder(tmp_path, name, mapping, named)
    with pytest.raises(NoSuchAdapter, match=told):
        open_adapters([name], Limits(), folder)
