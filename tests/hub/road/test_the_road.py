"""The road: a pressed button reaches people in turn, until somebody has finished it."""

from datetime import timedelta
from uuid import uuid4

from escalation.decision import Verdict
from escalation.triggers import Arrived
from tests.hub.house import MINUTE, House, actor


async def test_a_press_opens_an_alert_at_the_care_centre_and_then_calls_the_night_team(
    house: House,
) -> None:
    await house.press()
    alert_id = await house.only_alert()
    await house.quiet()
    assert house.called() == []  # the centre's own board rings
    await house.passes(MINUTE)
    assert house.called() == ["night"]
    answer = await house.accepts(alert_id, "nurse", eta=10 * MINUTE)
    assert answer.verdict is Verdict.DONE
    await house.answers(alert_id, Arrived(id=uuid4(), by=actor("nurse")))
    await house.resolves(alert_id, "nurse")
    (alert,) = await house.alerts()
    assert (alert.status, alert.outcome, alert.due_at) == ("resolved", "real_not_urgent", None)


async def test_when_nobody_answers_the_ladder_goes_on_at_its_end_for_ever(house: House) -> None:
    await house.press()
    alert_id = await house.only_alert()
    await house.passes(timedelta(hours=2))
    (alert,) = await house.alerts()
    assert alert.due_at is not None
    assert alert.due_at > house.now
    rings = [what for what in await house.journal(alert_id) if what == "ring"]
    assert len(rings) > 100
    assert "backup" in house.called()
