"""A mistake in a night file is told with its line and what to do, all of them at once."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simulators.night_file import NightRefused, find, schema, shipped
from simulators.night_reading import load
from simulators.night_yaml import WIDE, read_yaml

GOOD = """night: 1
title: A press
start: 2026-01-12T22:30
for: 8h
timeline:
  - {at: "02:20", press: anna}
expect:
  - exactly_once: {opened: alarm.button}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(NightRefused) as refused:
        load(written(folder, text))
    return [str(one).removeprefix(f"{folder}/") for one in refused.value.problems]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_a_good_night_is_read(tmp_path: Path) -> None:
    night = load(written(tmp_path, GOOD))
    assert night.start == datetime.fromisoformat("2026-01-12T21:30:00+00:00")
    assert [(one.what, one.whom) for one in night.timeline] == [("press", "anna")]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("title: A press\n", "", "mine.yaml:1: the night misses title; add it"),
        ("title:", "titel: x\ntitle:", "mine.yaml:2: the night has no 'titel'; did you mean 'ti"),
        ("for: 8h", "for: eight", "mine.yaml:4: for is 'eight'; expected a length of time, such"),
        ("press: anna", "press: ana", "mine.yaml:6: there is no 'ana' among clients: anna, "),
        ("press: anna", "prss: anna", "mine.yaml:6: timeline.0 has no 'prss'; did you mean 'press"),
        ("press: anna", "moves: jan", "mine.yaml:6: jan has no device for 'moves'; give them `dev"),
        ("press: anna", "smoke: huis-anna", "mine.yaml:6: huis-anna has no device for 'smoke'; "),
        ('"02:20"', '"25 to 3"', "mine.yaml:6: timeline.0.at is '25 to 3'; expected a local time"),
        ('"02:20"', '"02:20 again"', "mine.yaml:6: the clock shows 02:20 only once this night"),
        ('"02:20"', "+9h", "mine.yaml:6: this is after the end of the night; see `for`"),
        ("2026-01-12", "2026-03-28", "mine.yaml:6: the clock skips 2026-03-29T02:20 on this night"),
        ("exactly_once", "reached: {called: noor}\n    never", "mine.yaml:8: expect.0 needs exact"),
        ("opened: alarm.button", "called: sane", "mine.yaml:8: there is no 'sane' among people"),
        ("for: 8h", "for: 8h\nregion: stad", "mine.yaml:5: there is no region 'stad'; the built-"),
        ("for: 8h", "for: 8h\nfor: 9h", "mine.yaml:5: 'for' stands here twice; keep one of them"),
        ("for: 8h", "for: [8h", "mine.yaml:5: this is not YAML"),
        ("for: 8h", "for: 8h\nfaults: [{hub_down: true, link_down: all}]", "mine.yaml:5: faults.0"),
        ("for: 8h", "for: 8h\npeople: {sanne: {answers: 2}}", "mine.yaml:5: people.sanne.answers "),
        ("for: 8h", "for: 8h\npeople: {sanne: {finishes: true}}", "mine.yaml:5: a caregiver does "),
        ("for: 8h", "for: 8h\nclients: {anna: {options: {up_by: 9}}}", "mine.yaml:5: clients.anna"),
        ("for: 8h", "for: 8h\nclients: {anna: {options: {up: 9}}}", "mine.yaml:5: clients.anna.op"),
        ("for: 8h", "for: 99999999999h", "mine.yaml:4: for is '99999999999h'; expected a length"),
        ('"02:20"', "+99999999999h", "mine.yaml:6: timeline.0.at is '+99999999999h'; expected a "),
        ("2026-01-12", "9999-12-31", "mine.yaml:3: start is '9999-12-31T22:30'; expected local d"),
        ("2026-01-12", "2026-02-30", "mine.yaml:3: there is no such moment: "),
        ("for: 8h", "for: 8h\npeople: &a {sanne: *a}", "mine.yaml:1: this is nested too deeply, "),
        ("A press", '"bel \\a"', "mine.yaml:2: a character in this cannot be shown; leave it out"),
        ("A press", '"half \\ud83d"', "mine.yaml:2: a character in this cannot be shown; leave "),
        ("for: 8h", "for: 8h\nfaults: 5", "mine.yaml:5: faults is 5; expected a list of what goes"),
        ("for: 8h", "for: 8h\n\tseed: 1", "mine.yaml:5: this is not YAML: found character '\\t' "),
        ("for: 8h", "for: 8h\nfaults: [{hub_down: true, from: '03:00', until: '02:00'}]",
         "mine.yaml:5: this ends before it begins; a time is the first one from the start on"),
        ("for: 8h", "for: 8h\nfaults: [{hub_down: true, from: '22:00'}]",
         "mine.yaml:5: this is after the end of the night; see `for`, and `start`"),
        ("for: 8h", "for: 8h\npeople: {sanne: {off: [{from: '20:00', until: '23:00'}]}}",
         "mine.yaml:5: this ends before it begins"),
        ("button}", "button}\n    after: '03:00'\n    until: '02:00'", "mine.yaml:10: this ends b"),
        ("button}", "button}\n    after: '07:30'", "mine.yaml:9: this is after the end of the nig"),
        ("button}", "button}\n    at_least: 3\n    at_most: 2", "mine.yaml:10: this is less than "),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in GOOD
    assert mistakes(tmp_path, GOOD.replace(right, wrong))[0].startswith(said)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("press: anna", "press: ana").replace("alarm.button", "any, client: bob")
    told = mistakes(tmp_path, bad)
    assert [one.split(":")[1] for one in told] == ["6", "8"]


def test_a_few_lines_of_aliases_that_mean_millions_are_refused_at_once(tmp_path: Path) -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    bomb = f"{GOOD}a0: &a0 [1, 1, 1]\n" + "\n".join(layers)
    (told,) = mistakes(tmp_path, bomb)
    assert told.startswith("mine.yaml:9: aliases (*) repeat this more than 10,000 values in all; ")


def test_a_night_of_more_values_than_anybody_writes_is_read_no_further(tmp_path: Path) -> None:
    wide = f"{GOOD}a: [\n" + "{},\n" * 60_000 + "] } this is not YAML, and is never reached"
    (told,) = mistakes(tmp_path, wide)
    assert told.endswith(f": {WIDE}")
    assert 40_000 < int(told.split(":")[1]) < 50_100


def test_a_night_of_more_than_two_mebibytes_is_not_read_at_all(tmp_path: Path) -> None:
    wide = f"{GOOD}a: [" + "{}," * 900_000 + "]"
    assert mistakes(tmp_path, wide) == [f"mine.yaml:1: {WIDE}"]


def test_a_recording_may_be_wider_than_what_is_written_by_hand() -> None:
    data = read_yaml("recorded:\n  - [" + "1," * 51_000 + "]").data
    assert len(data["recorded"][0]) == 51_000


def test_an_alias_or_two_are_welcome(tmp_path: Path) -> None:
    twice = GOOD.replace("{at", "&one {at") + 'faults: [{hub_down: true, from: "03:00"}]\n'
    assert load(written(tmp_path, twice.replace("anna}", "anna}\n  - *one"))).timeline[1:]


def test_a_file_too_large_to_be_a_night_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    os.truncate(path, 65 * 2**20)  # a file of holes
    with pytest.raises(NightRefused, match="larger than 64 MiB; leave clients out of it"):
        load(path)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [('"02:20"', '"02:20 again"'), ("night: 1\ntitle: A press\n", ""), ('"02:20"', '"25:00"')],
)
def test_one_mistake_is_told_once(tmp_path: Path, right: str, wrong: str) -> None:
    assert len(mistakes(tmp_path, GOOD.replace(right, wrong))) == 1


def test_a_file_in_another_encoding_says_where_and_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(GOOD.replace("A press", "Één keer").encode("latin-1"))
    with pytest.raises(NightRefused, match=r"mine\.yaml:2: this is no UTF-8 text; save the file"):
        load(path)


def test_a_folder_is_told_apart_from_a_night_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NightRefused, match="this is a folder; name its files"):
        find(str(tmp_path))


def test_somebody_new_needs_what_the_region_does_not_say(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, GOOD + "people:\n  piet: {answers: 1}\n")
    said = "people.piet is not in the region and misses of, level; add it, or mend the name"
    assert told == f"mine.yaml:10: {said}"


def test_a_night_that_is_not_there_is_guessed_at() -> None:
    with pytest.raises(NightRefused, match="did you mean 'quiet'"):
        find("quite")


def test_the_end_of_a_name_that_was_left_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, GOOD)
    with pytest.raises(NightRefused, match=r"did you mean mine\.yaml"):
        find("mine")


@pytest.mark.parametrize("text", ["", "hello", "- a\n- b\n"])
def test_a_file_that_holds_no_night_says_how_one_begins(tmp_path: Path, text: str) -> None:
    (told,) = mistakes(tmp_path, text)
    assert told.endswith("there is no night in this file; `nachtwacht night new NAME` writes one")


def test_every_shipped_night_says_what_it_shows() -> None:
    nights = [load(path) for path in shipped()]
    assert len(nights) >= 20
    assert len({one.title for one in nights}) == len(nights)
