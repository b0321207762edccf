"""The pretenders and the registry know the same region, and speak so that the adapters hear it."""

import re
from datetime import UTC, date, datetime
from types import ModuleType

import pytest

from adapters.contract import Binding, Decoded, Inbound, Kind
from adapters.inbound import native, zigbee2mqtt
from escalation.agreements import plan_for
from escalation.defaults import LivingForm
from escalation.model import Level, Priority
from hub.demo import region
from hub.demo.agreements import agreed_with
from simulators import veenland
from simulators.routine import moment
from simulators.stage import Happening

EVENING = date(2026, 1, 14)
ADAPTERS: dict[str, ModuleType] = {"native": native, "zigbee2mqtt": zigbee2mqtt}
SENSORS = {(one.gateway, one.adapter, one.key): one for one in region.SENSORS}
ANNA = next(one for one in region.RESIDENTS if one.id == "anna-de-wit")


def inbound(one: Happening) -> Inbound:
    return Inbound(one.topic, one.payload, one.at, one.gateway)


def sensor(one: Happening) -> region.Sensor:
    key = ADAPTERS[one.adapter].identify(inbound(one))
    return SENSORS[one.gateway.partition("/")[2], one.adapter, key]


@pytest.mark.parametrize("seed", range(3))
def test_every_message_of_a_day_is_understood_and_comes_from_a_registered_device(seed: int) -> None:
    for one in veenland.one_day(EVENING, seed):
        known = sensor(one)
        binding = Binding(known.key, role=known.role, room=known.room)
        outcome = ADAPTERS[one.adapter].decode(inbound(one), binding)
        assert isinstance(outcome, Decoded), (one, outcome)


def test_every_device_of_the_region_speaks() -> None:
    spoken = {sensor(one).key for seed in range(4) for one in veenland.one_day(EVENING, seed)}
    assert {one.key for one in region.SENSORS} - spoken <= {"anna_sos", "corrie_sos", "postma_rook"}


def test_everybody_the_hub_can_call_has_a_telephone() -> None:
    called = {one.id for one in region.SOMEBODIES if one.called}
    assert called == {one.name for one in veenland.PEOPLE}


def test_the_pretenders_know_every_name_and_street_a_message_must_not_tell() -> None:
    surnames = {one.name.partition(" ")[2] for one in region.RESIDENTS}
    streets = {re.sub(r" \d+$", "", one.street) for one in region.HOUSES}
    assert surnames | streets <= set(veenland.PRIVATE)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("22:59", [Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.CARE_CENTRE]),
        ("23:00", [Level.CARE_CENTRE, Level.NIGHT_PARTNER, Level.CARE_CENTRE]),
        ("06:59", [Level.CARE_CENTRE, Level.NIGHT_PARTNER, Level.CARE_CENTRE]),
        ("07:00", [Level.INFORMAL_CAREGIVER, Level.OWN_TEAM, Level.CARE_CENTRE]),
    ],
)
def test_the_model_night_is_agreed(clock: str, expected: list[Level]) -> None:
    kind = Kind.NOT_BACK_IN_BED.value
    _, plan = plan_for(agreed_with(ANNA), kind, LivingForm.SPREAD, moment(EVENING, clock))
    assert [step.level for step in plan.steps] == expected


def test_a_dose_that_matters_is_high_and_goes_to_the_own_team() -> None:
    gerrit = next(one for one in region.RESIDENTS if one.dose_matters)
    at = datetime(2026, 1, 14, 22, 0, tzinfo=UTC)
    kind = Kind.MISSED_DOSE.value
    priority, plan = plan_for(agreed_with(gerrit), kind, LivingForm.APARTMENTS, at)
    assert (priority, plan.steps[0].level) == (Priority.P2, Level.OWN_TEAM)


def test_the_region_has_every_living_form_a_couple_and_two_providers() -> None:
    assert {one.living_form for one in region.HOUSES} == set(LivingForm)
    homes = [one.home for one in region.RESIDENTS]
    assert any(homes.count(home) == 2 for home in homes)
    assert {one.owner for one in region.HOUSES} == set(region.PROVIDERS)
