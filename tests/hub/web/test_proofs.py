"""What was proved of care plans, over the API and on a page."""

from datetime import timedelta
from uuid import UUID

from hub.plans.proving import Prove
from hub.plans.room import Room
from tests.hub.web.conftest import PASSWORD, Town


async def _proved(town: Town, client_id: UUID) -> None:
    room = Room()
    async with town.store.transaction() as uow:
        await uow.proofs.hit([client_id], town.now)
    assert await Prove(town.store, room, days=2).step(town.now) == town.now
    room.close()


async def test_findings_come_with_a_moment_and_a_remedy_in_both_languages(town: Town) -> None:
    async with town.client("operator") as operator:
        assert (await operator.get("/api/v1/clients/gerda/proof")).status_code == 404
        await _proved(town, town.ids["gerda"])
        shown = (await operator.get("/api/v1/clients/gerda/proof")).json()
        (listed,) = (await operator.get("/api/v1/proofs")).json()["items"]
    assert listed == shown
    assert shown["until"] == (town.now + timedelta(days=2)).isoformat().replace("+00:00", "Z")
    assert shown["findings"]
    for finding in shown["findings"]:
        for field in ("text_nl", "remedy_nl", "text_en", "remedy_en", "witness"):
            assert finding[field], field


async def test_the_page_says_what_is_wrong(town: Town) -> None:
    await _proved(town, town.ids["gerda"])
    async with town.client() as browser:
        await town.sign_in(browser, "anna", PASSWORD)
        page = (await browser.get("/plans")).text
    assert "Zorgplannen nagerekend" in page
    assert "Nagerekend 21:00" in page
