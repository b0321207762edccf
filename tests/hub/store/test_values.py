"""What the engine's values look like in the database, and back."""

from datetime import UTC, date, datetime, timedelta

from escalation.agreements import Agreement, Approval, Consent, ConsentBy, Inform
from escalation.defaults import LivingForm
from escalation.model import Level, Step
from escalation.windows import OnHolidays, Window
from hub.store.values import decode, encode
from tests.hub.house import known

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_an_agreement_comes_back_from_the_database_as_it_was() -> None:
    agreement = Agreement(
        known("agreement"),
        ("alarm.*",),
        (Step(Level.CARE_CENTRE, timedelta(minutes=1)),),
        Window(timedelta(hours=18), timedelta(hours=2), holidays=OnHolidays.ONLY),
        living_forms=(LivingForm.SPREAD,),
        inform=(Inform(known("daughter")),),
        consent=Consent(ConsentBy.REPRESENTATIVE, AT, date(2026, 7, 1), ("gps",)),
        approval=Approval(known("nurse"), AT, emergency=True),
    )
    assert decode(Agreement, encode(agreement)) == agreement


def test_an_agreement_written_before_there_were_holidays_can_still_be_read() -> None:
    stored = {
        "id": str(known("a")),
        "kinds": ["*"],
        "steps": [],
        "window": {"begins": 0, "ends": 9},
    }
    window = decode(Agreement, stored).window
    assert window is not None
    assert window.holidays is OnHolidays.AS_USUAL
