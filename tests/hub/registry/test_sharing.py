"""What a contract shares, as it is brought in, and what is wrong with it otherwise."""

from typing import Any

import httpx
import pytest

from tests.hub.web.conftest import Town, town

__all__ = ["town"]

PATH = "/api/v1/registry/contracts/centrale"


async def put(town: Town, **fields: Any) -> httpx.Response:
    sent = {"served_by": "lantaarn", "role": "centre", **fields}
    async with town.client("machine") as machine:
        return await machine.put(PATH, json=sent)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("everything", ["everything"]),
        ("", ["everything"]),
        ("address | name | instructions", ["name", "address", "instructions"]),
        (["contacts", "address", "name"], ["name", "address", "contacts"]),
    ],
)
async def test_a_contract_says_what_it_shares(town: Town, said: Any, kept: list[str]) -> None:
    answer = await put(town, shares=said)
    assert answer.status_code == 201, answer.text
    assert answer.json()["fields"]["shares"] == kept
    assert (await put(town)).json()["fields"]["shares"] == kept  # left out: it stays


async def test_a_contract_that_says_nothing_shares_everything(town: Town) -> None:
    assert (await put(town)).json()["fields"]["shares"] == ["everything"]


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (["name"], "Add address"),
        ("instructions", "Add address and name"),
        ([], "Add address and name"),
        ("everything | name", "Write everything alone"),
        ("name | adress", "name, address, birth_date, instructions, contacts, rhythm"),
        (7, "Write one after another"),
    ],
)
async def test_what_cannot_be_shared_so_is_told_with_the_remedy(
    town: Town, said: Any, remedy: str
) -> None:
    answer = await put(town, shares=said)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].endswith("shares")
    assert remedy in error["remedy"]
