"""The pretender people check what they are sent, and answer as people do."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from simulators.people import Person
from simulators.telephones import Telephones

EVENING = datetime(2026, 1, 14, 22, 50, tzinfo=UTC)
WARNING = {
    "id": "5d1b",
    "purpose": "warn",
    "priority": "P1",
    "kind": "alarm.button",
    "text": "SPOED: alarmknop ingedrukt. Kun jij gaan? Open de link.",
    "answers": ["accept", "decline"],
    "answer_url": "http://hub/l/token",
}
EAGER = Person("sanne", answers=1.0, comes=1.0)


class HandStage:
    """A stage whose clock jumps to whatever is waited for, and a hub that always agrees."""

    def __init__(self, verdict: str = "done") -> None:
        self.moment, self.verdict = EVENING, verdict
        self.asked: list[dict[str, Any]] = []

    def now(self) -> datetime:
        return self.moment

    async def sleep_until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)
        await asyncio.sleep(0)

    async def publish(self, gateway: str, topic: str, payload: bytes) -> None:
        raise AssertionError("a person is no device")

    async def request(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> tuple[int, Any]:
        self.asked.append({"url": url, **(body or {})})
        return 200, {"verdict": self.verdict}


async def ring(telephones: Telephones, changed: Mapping[str, object] | None = None) -> int:
    transport = httpx.ASGITransport(telephones.app)
    message = WARNING | dict(changed or {})
    async with httpx.AsyncClient(transport=transport, base_url="http://people") as http:
        key = {"Idempotency-Key": str(message["id"])}
        answer = await http.post("/people/sanne", json=message, headers=key)
    for _ in range(20):
        await asyncio.sleep(0)
    return answer.status_code


def telephones(stage: HandStage, person: Person = EAGER) -> Telephones:
    return Telephones(stage, [person], ["de Wit", "Vlierpad"], seed=1)


async def test_somebody_who_comes_says_so_arrives_and_finishes() -> None:
    stage = HandStage()
    assert await ring(telephones(stage)) == 200
    assert [one["answer"] for one in stage.asked] == ["accept", "arrive", "resolve"]
    assert stage.asked[0]["eta_minutes"] >= 2


async def test_a_caregiver_does_not_finish_an_alert() -> None:
    stage = HandStage()
    await ring(telephones(stage, Person("sanne", answers=1.0, comes=1.0, finishes=False)))
    assert [one["answer"] for one in stage.asked] == ["accept", "arrive"]


async def test_somebody_who_hears_that_another_goes_stays_at_home() -> None:
    stage = HandStage(verdict="taken")
    await ring(telephones(stage))
    assert [one["answer"] for one in stage.asked] == ["accept"]


async def test_the_same_message_again_is_answered_once() -> None:
    stage = HandStage()
    people = telephones(stage)
    assert [await ring(people), await ring(people)] == [200, 200]
    assert people.received == 1
    assert len(stage.asked) == 3


async def test_somebody_who_goes_is_not_asked_again_until_stood_down() -> None:
    stage = HandStage()
    people = telephones(stage, Person("sanne", answers=1.0, comes=1.0, finishes=False))
    await ring(people)
    await ring(people, {"id": "again"})
    assert len(stage.asked) == 2
    over = "Niet meer nodig: iemand anders heeft het."
    await ring(people, {"id": "over", "purpose": "stand_down", "text": over})
    await ring(people, {"id": "anew"})
    assert len(stage.asked) == 4


async def test_somebody_who_sleeps_says_nothing_and_somebody_who_cannot_says_no() -> None:
    asleep, unable = HandStage(), HandStage()
    await ring(telephones(asleep, Person("sanne", answers=0.0, comes=1.0)))
    await ring(telephones(unable, Person("sanne", answers=1.0, comes=0.0)))
    assert asleep.asked == []
    assert [one["answer"] for one in unable.asked] == ["decline"]


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"text": "SPOED: anna de wit gevallen. Kun jij gaan? Open de link."}, "tells a name"),
        ({"text": "SPOED: Anna gevallen. Kun jij gaan? Open de link."}, "no warning"),
        ({"text": "URGENT: fall. Can you go? Open the link."}, "no warning"),
        ({"text": "Melding: gevallen. Kun jij gaan? Open de link."}, "Melding for a P1"),
        ({"purpose": "stand_down"}, "no stand_down"),
        ({"answer_url": None}, "no answer_url"),
        ({"purpose": "shout"}, "unknown purpose"),
        ({"kind": ""}, "no kind"),
    ],
)
async def test_a_message_that_is_wrong_is_refused_and_kept(
    changed: dict[str, object], complaint: str
) -> None:
    people = telephones(HandStage())
    assert await ring(people, changed) == 422
    assert complaint in people.complaints[0]


async def test_the_same_id_with_another_text_is_a_complaint() -> None:
    people = telephones(HandStage())
    await ring(people)
    assert await ring(people, {"text": "SPOED: gevallen. Kun jij gaan? Open de link."}) == 422
