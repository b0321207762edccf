"""Every text exists, every code has a word, and a line nobody foresaw is still shown."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.contract import Kind
from escalation import engine
from escalation.decision import Action, Verdict
from escalation.model import Level, Outcome, Priority
from escalation.triggers import Trigger
from hub.screen import journal_lines, pages
from hub.store.alert_page import JournalLine
from hub.store.names import Named
from hub.words import times
from hub.words.answers import said_before, sentence
from hub.words.kinds import KINDS, LEVELS, OUTCOMES, PRIORITIES, SHORT_LEVELS, word
from hub.words.texts import DUTCH
from tests.hub.house import EVENING

TEMPLATES = Path(pages.__file__).parent / "templates"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MARIEKE = Named(uuid4(), "Marieke", "person", "informal_caregiver", "", "Zorg")
WHO = {MARIEKE.id: MARIEKE}


def line(what: str, **facts: object) -> str:
    stored = JournalLine(1, EVENING, MARIEKE.id, None, what, dict(facts))
    told = journal_lines.told(stored, WHO)
    return f"{told.who} {told.what}".strip()


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda one: one.name)
def test_every_text_a_template_asks_for_exists(template: Path) -> None:
    asked = set(re.findall(r"\bt\.([a-z_0-9]+)", template.read_text()))
    assert asked <= DUTCH.keys()


def test_no_text_hides_behind_the_name_of_a_method() -> None:
    assert not DUTCH.keys() & set(dir(dict))


def test_every_code_has_a_dutch_word() -> None:
    assert {one.value for one in Kind} <= KINDS.keys()
    assert {one.value for one in Outcome} == OUTCOMES.keys()
    assert {one.value for one in Priority} == PRIORITIES.keys()
    assert {one.value for one in Level} == LEVELS.keys() == SHORT_LEVELS.keys()


def test_a_code_nobody_foresaw_is_shown_as_it_is() -> None:
    assert word(KINDS, "alarm.brand_new") == "alarm.brand new"


@pytest.mark.parametrize("named", [*get_args(Trigger), *get_args(Action)])
def test_every_trigger_and_action_has_a_sentence(named: type) -> None:
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", named.__name__).lower()
    assert code in journal_lines.SENTENCES
    assert line(code)


def test_a_journal_line_nobody_foresaw_is_shown_raw() -> None:
    assert line("beamed_up", by="Scotty", deep={"a": 1}) == "Marieke beamed up (by: Scotty)"


def test_every_note_of_the_engine_is_told_in_dutch() -> None:
    rooms = Path(engine.__file__).parent.glob("*.py")
    code = " ".join(one.read_text() for one in rooms)
    noted = set(re.findall(r'(?:\.note\(|queue\(draft, )"([a-z_]+)"', code))
    assert {"queued", "reminder", "resolved"} <= noted <= journal_lines.NOTES.keys()


def test_an_acceptance_reads_as_a_person_says_it() -> None:
    assert line("accepted", eta=600.0) == "Marieke komt eraan, over 10 minuten."


def test_a_skipped_step_says_who_and_why() -> None:
    skipped = [{"contact_id": str(MARIEKE.id), "reason": "absent"}]
    said = line("skip", level="informal_caregiver", skipped=skipped)
    assert said == "Marieke Mantelzorger overgeslagen: Marieke (afwezig)."


@pytest.mark.parametrize("facts", [{"eta": "soon"}, {"eta": None}, {"contact": 3}, {"ways": "x"}])
def test_facts_of_another_shape_are_no_error(facts: dict[str, object]) -> None:
    for code in journal_lines.SENTENCES:
        assert line(code, **facts)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("action", ["claim", "resolve", "something new"])
def test_every_verdict_is_said(action: str, verdict: Verdict) -> None:
    assert sentence(action, verdict, "a_new_reason", ["Anna"], Outcome.TEST).endswith(".")


def test_nonsense_in_an_address_says_nothing() -> None:
    assert said_before("claim.taken.", ["Anna"]) == "Anna heeft deze al."
    assert said_before("<script>.done.", ()) == said_before("claim.won.", ()) == ""


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(-5, "00:00"), (59, "00:59"), (3599, "59:59"), (3600, "1:00:00"), (200_000, "2 dagen")],
)
def test_lengths_of_time(seconds: int, written: str) -> None:
    assert times.length(timedelta(seconds=seconds)) == written


@pytest.mark.parametrize(
    ("utc", "dark"),
    [("18:59", False), ("19:00", True), ("05:59", True), ("06:00", False)],
)
def test_screens_are_dark_from_eight_to_seven_local_time(utc: str, dark: bool) -> None:
    winter = datetime.fromisoformat(f"2026-01-12T{utc}:00+00:00")
    assert times.is_night(winter, AMSTERDAM) is dark


def test_a_moment_on_another_day_names_the_day() -> None:
    local = AMSTERDAM
    assert times.day_clock(EVENING, EVENING, local) == "23:00"
    assert times.day_clock(EVENING + timedelta(hours=2), EVENING, local) == "di 01:00"
    assert times.day_clock(EVENING - timedelta(days=30), EVENING, local) == "za 13-12 23:00"


def test_a_press_that_counted_for_nothing_is_told_as_such() -> None:
    said = line("claimed", verdict="taken")
    assert said == "Marieke “Oppakken” telde niet: iemand anders had deze al."


def test_a_note_that_echoes_its_trigger_is_not_told_twice() -> None:
    resolved = JournalLine(1, EVENING, MARIEKE.id, None, "resolved", {"outcome": "test"})
    echo = JournalLine(2, EVENING, None, None, "note", {"what": "resolved"})
    assert journal_lines.shown([resolved, echo]) == [resolved]
    assert journal_lines.shown([echo]) == [echo]
