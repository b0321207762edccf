"""Webhooks: signed, at least once, in order within an alert; a bad receiver harms no other."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from hub.out import signing
from hub.out.webhooks import CLAIMED_FOR, GIVES_UP_AFTER, Webhooks, enable
from hub.store import tables as t
from tests.hub.house import House, known
from tests.hub.out.integrator import PEPPER, Integrator
from tests.hub.out.stream import types

MINUTE = timedelta(minutes=1)


async def numbered(house: House) -> None:
    """Two events of one alert that wait to be sent."""
    await house.press()
    for worker in house.workers[:-1]:
        await worker.step(house.now)


async def a_few(house: House) -> UUID:
    await house.press()
    await house.quiet()
    alert_id = await house.only_alert()
    await house.claims(alert_id)
    await house.resolves(alert_id)
    return alert_id


async def test_a_receiver_gets_every_event_once_signed_and_in_order(
    integrator: Integrator,
) -> None:
    receiver = await integrator.subscribes("care")
    await a_few(integrator.house)
    await integrator.house.quiet()
    assert types(receiver.events) == ["opened", "rang", "claimed", "resolved"]
    assert (receiver.complaints, receiver.again) == ([], 0)
    assert await integrator.waiting() == 0


async def test_a_receiver_gets_only_the_types_it_asked_for(integrator: Integrator) -> None:
    receiver = await integrator.subscribes("care", "opened", "resolved")
    await a_few(integrator.house)
    await integrator.house.quiet()
    assert types(receiver.events) == ["opened", "resolved"]


async def test_alerts_it_has_no_part_in_are_not_sent(integrator: Integrator) -> None:
    async with integrator.house.store.transaction() as uow:
        await uow.webhooks.add(
            uuid4(), known("nacht"), "other", "https://other.test/hook", (), integrator.house.now
        )
    await a_few(integrator.house)
    await integrator.house.quiet()
    assert integrator.post.tried == []


async def test_a_later_event_of_an_alert_waits_and_another_alert_goes_on(
    integrator: Integrator,
) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    receiver.answers = 500
    await house.press("pendant-1")
    await house.quiet()
    first = str(await house.only_alert())
    receiver.answers = 200
    await house.press("pendant-2")
    await house.quiet()
    assert len(receiver.events) == 2
    assert first not in {one["subject"] for one in receiver.events}
    await integrator.until_sent()
    assert types([one for one in receiver.events if one["subject"] == first])[:2] == [
        "opened",
        "rang",
    ]
    assert (receiver.complaints, await integrator.waiting()) == ([], 0)


async def test_a_receiver_that_comes_back_gets_all_in_order(integrator: Integrator) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    receiver.answers = 503
    await a_few(house)
    await house.passes(timedelta(hours=5))
    tried = len(integrator.post.tried)
    assert tried < 15
    assert (await integrator.webhook("care")).trouble == "status 503"
    receiver.answers = 200
    await integrator.until_sent(timedelta(hours=4))
    assert types(receiver.events)[:4] == ["opened", "rang", "claimed", "resolved"]
    assert receiver.complaints == []
    assert (await integrator.webhook("care")).failing_since is None


async def test_a_receiver_that_stays_away_is_disabled_with_work_and_misses_nothing_once_enabled(
    integrator: Integrator,
) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    receiver.answers = 500
    first = str(await a_few(house))
    await house.quiet()
    await integrator.until_sent(GIVES_UP_AFTER + timedelta(hours=5))
    assert (await integrator.webhook("care")).disabled_at is not None
    (work,) = [one for one in await house.alerts() if one.kind == "technical.fault"]
    assert (work.priority, work.resolved_at) == ("T", None)
    assert "care is uitgezet: status 500" in work.explanation
    tried = len(integrator.post.tried)
    await house.press("pendant-2")
    await house.passes(timedelta(minutes=1))
    assert len(integrator.post.tried) == tried
    receiver.answers = 200
    async with house.store.transaction() as uow:
        webhook = await uow.webhooks.lock(known("zorg"), "care")
        await enable(uow, webhook, house.now)
    await house.quiet()
    own = [one for one in receiver.events if one["subject"] == first]
    assert types(own) == ["opened", "rang", "claimed", "resolved"]
    assert receiver.complaints == []
    assert await integrator.waiting() == 0
    (work,) = [one for one in await house.alerts() if one.kind == "technical.fault"]
    assert work.resolved_at is not None


async def test_a_receiver_that_says_gone_is_disabled_at_once(integrator: Integrator) -> None:
    receiver = await integrator.subscribes("care")
    receiver.answers = 410
    await integrator.house.press()
    await integrator.house.quiet()
    assert (await integrator.webhook("care")).disabled_at is not None


async def test_one_event_that_is_always_refused_is_given_up_and_the_others_go_on(
    integrator: Integrator,
) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    await numbered(house)
    first = t.out_deliveries.c.position == 1
    await house.changes(sa.update(t.out_deliveries).where(first).values(attempts=29))
    receiver.answers = 422
    await integrator.sender.step(house.now)
    receiver.answers = 200
    await integrator.until_sent()
    assert types(receiver.events) == ["rang"]
    assert any(one.kind == "technical.fault" for one in await house.alerts())


async def test_a_receiver_that_hangs_holds_up_no_other_and_is_tried_by_one_at_a_time(
    integrator: Integrator,
) -> None:
    house = integrator.house
    await integrator.subscribes("hangs")
    await house.changes(sa.update(t.out_webhooks).values(failing_since=house.now))
    good = await integrator.subscribes("care")
    await house.press("pendant-1")
    await house.press("pendant-2")
    for worker in house.workers * 2:
        await worker.step(house.now)
    assert len({one["subject"] for one in good.events}) == 2
    assert integrator.post.tried.count("hangs.test") == 1


async def test_a_hub_that_dies_while_sending_only_delays_the_event(
    integrator: Integrator,
) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    await numbered(house)
    async with house.store.transaction() as uow:
        assert len(await uow.webhooks.claim(house.now, house.now + CLAIMED_FOR, 8)) == 1
    await integrator.sender.step(house.now)
    assert receiver.events == []
    await integrator.until_sent(CLAIMED_FOR + MINUTE)
    assert types(receiver.events) == ["opened", "rang"]


async def test_two_hubs_never_send_two_events_of_an_alert_at_once(
    integrator: Integrator,
) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    await numbered(house)
    await house.press("pendant-2")
    await house.workers[-2].step(house.now)
    other = Webhooks(house.store, integrator.post, PEPPER)
    for _ in range(8):
        await asyncio.gather(integrator.sender.step(house.now), other.step(house.now))
    assert await integrator.waiting() == 0
    assert (receiver.complaints, receiver.again) == ([], 0)


async def test_after_a_rotation_both_keys_sign_for_a_day(integrator: Integrator) -> None:
    house, receiver = integrator.house, await integrator.subscribes("care")
    webhook = known("webhook-care")
    async with house.store.transaction() as uow:
        await uow.webhooks.change(webhook, key_version=2, rotated_at=house.now)
    await house.press()
    await house.quiet()
    assert receiver.complaints == []
    house.now += timedelta(days=1, minutes=1)
    receiver.secret = signing.shown(signing.key(PEPPER, webhook, 2))
    await house.press("pendant-2")
    await house.quiet()
    assert receiver.complaints == []
    receiver.secret = signing.shown(signing.key(PEPPER, webhook, 1))
    await house.press("pendant-3")
    await house.quiet()
    assert "no signature of ours" in receiver.complaints


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of standardwebhooks.com, as its libraries make it."""
    from base64 import b64decode
    from datetime import UTC, datetime

    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    made = signing.headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
