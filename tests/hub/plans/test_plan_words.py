"""Every finding can be said, in both languages, with a remedy."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.findings import Finding
from escalation.judging import Code, Problem
from escalation.model import Level, Priority
from hub.plans.words import Language, sentence
from tests.hub.house import known

AT = datetime(2026, 12, 24, 16, tzinfo=UTC)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", Code)
def test_every_finding_has_words_and_a_remedy(code: Code, language: Language) -> None:
    problem = Problem(
        code,
        ("alarm.button",),
        Priority.P1,
        step=1,
        level=Level.OWN_TEAM,
        reasons=((known("team"), "absent"), (None, "nobody")),
        limit=timedelta(minutes=5),
        agreements=("Nacht",),
    )
    finding = Finding(problem, ((AT, AT + timedelta(hours=6)),))
    said = sentence(finding, language, ZoneInfo("Europe/Amsterdam"), {known("team"): "west"})
    assert said.text.endswith(".")
    assert said.remedy.endswith(".")
    assert "{" not in said.text
    if code is Code.EMPTY_STEP and language is Language.DUTCH:
        assert said.text == (
            "do 24-12-2026 17:00-23:00: niemand bij stap 1 (eigen team): west (afwezig),"
            " iemand (niemand beschikbaar) (Alarmknop ingedrukt)."
        )
