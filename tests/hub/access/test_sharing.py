"""Which parts of a client a contract keeps back."""

from uuid import uuid4

import pytest

from hub.access.sharing import (
    EVERYTHING,
    NECESSARY,
    NOTHING,
    Opened,
    Part,
    Parts,
    Sharing,
    Terms,
    parts_of,
)

PROVIDER, OTHER, PARTNER, NORTH, SOUTH = (uuid4() for _ in range(5))
LITTLE = parts_of(["name", "address"])
KEYS = parts_of(["name", "address", "instructions"])
REST = EVERYTHING - NECESSARY


def terms(parts: Parts, region: object = None, *, in_force: bool = True) -> Terms:
    assert region in (None, NORTH, SOUTH)
    return Terms(PROVIDER, NORTH if region is NORTH else SOUTH if region else None, in_force, parts)


@pytest.mark.parametrize(
    ("told", "written", "kept_back"),
    [
        ("no contract was ever written", [], NOTHING),
        ("it shares everything", [terms(EVERYTHING)], NOTHING),
        ("it shares little", [terms(LITTLE)], REST),
        ("two hold here: each shares its own", [terms(LITTLE), terms(KEYS, NORTH)],
         REST - {Part.INSTRUCTIONS}),
        ("that of another region is another's", [terms(LITTLE), terms(EVERYTHING, SOUTH)], REST),
        ("only another region has one", [terms(KEYS, SOUTH)], REST - {Part.INSTRUCTIONS}),
        ("it ended", [terms(EVERYTHING, in_force=False)], REST),
        ("one ended, one holds", [terms(EVERYTHING, in_force=False), terms(LITTLE)], REST),
        ("a word nobody knows", [terms(parts_of(["all"]))], REST),
    ],
)  # fmt: skip
def test_a_contract_shares_what_it_says(told: str, written: list[Terms], kept_back: Parts) -> None:
    assert Sharing(PARTNER, tuple(written)).kept_back(PROVIDER, NORTH) == kept_back, told


def test_a_home_without_a_region_has_only_what_every_region_shares() -> None:
    both = (terms(KEYS, NORTH), terms(LITTLE, SOUTH))
    assert Sharing(PARTNER, both).kept_back(PROVIDER, None) == REST


def test_nothing_is_kept_back_from_the_provider_and_the_hub() -> None:
    little = (terms(LITTLE),)
    assert Sharing(PROVIDER, little).kept_back(PROVIDER, NORTH) == NOTHING
    assert Sharing(None, little).kept_back(PROVIDER, NORTH) == NOTHING


def test_what_was_opened_is_that_of_one_provider_and_no_more_than_was_put_on_record() -> None:
    little = (terms(LITTLE), Terms(OTHER, None, True, LITTLE))
    opened = Opened(PROVIDER, frozenset({Part.INSTRUCTIONS, Part.CONTACTS}))
    sharing = Sharing(PARTNER, little, opened)
    assert sharing.kept_back(PROVIDER, SOUTH) == {Part.BIRTH_DATE, Part.RHYTHM}
    assert sharing.kept_back(OTHER, SOUTH) == REST
    assert sharing.closed.kept_back(PROVIDER, SOUTH) == REST


def test_one_providers_contract_says_nothing_of_anothers_clients() -> None:
    assert Sharing(PARTNER, (terms(LITTLE),)).kept_back(OTHER, NORTH) == NOTHING


def test_no_contract_keeps_back_to_whom_and_where() -> None:
    assert not Sharing(PARTNER, (terms(NOTHING),)).kept_back(PROVIDER, None) & NECESSARY
