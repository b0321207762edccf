"""Presses that are stored together: each counts as it would have alone, in its turn."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from escalation.model import Level
from hub.decoders.heard import Heard
from hub.incoming.intake import store_alarms
from hub.sources.arrival import Arrival
from hub.store import tables as t
from hub.store.unit_of_work import Store
from tests.hub.house import MINUTE, PRINCIPAL, House, agreement, known

PRESS = b'{"kind":"alarm.button"}'


async def hear(
    house: House, pendant: str = "pendant-1", said: bytes = PRESS, *, key: str = ""
) -> Heard:
    topic = f"in/zorg/gw1/native/{pendant}"
    return await house.reader.hear(Arrival(PRINCIPAL, topic, said, 1, house.now, key=key))


async def test_a_press_and_its_copy_in_one_batch_ring_once(house: House) -> None:
    pressed = [await hear(house, key="msg-1") for _ in range(3)]
    await store_alarms(house.store, pressed)
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 0
    ((seen, message_id),) = await house.rows(
        sa.select(t.message_keys.c.seen, t.message_keys.c.message_id)
    )
    assert (seen, message_id) == (3, pressed[0].id)


async def test_one_id_of_two_devices_in_one_batch_is_two_presses(
    house: House,
) -> None:
    pressed = [await hear(house, pendant, key="msg-1") for pendant in ("pendant-1", "pendant-99")]
    await store_alarms(house.store, pressed)
    assert len(await house.alerts()) == 2


async def test_an_id_with_other_bytes_in_the_same_batch_rings_and_is_told(house: House) -> None:
    other = b'{"kind":"alarm.button","note":"nog eens"}'
    pressed = [await hear(house, key="msg-1"), await hear(house, said=other, key="msg-1")]
    await store_alarms(house.store, pressed)
    kinds = {alert.kind: alert.state["repeats"] for alert in await house.alerts()}
    assert kinds == {"alarm.button": 1, "technical.key_reused": 0}


async def test_a_new_id_of_a_press_that_its_own_counter_proves_a_copy_rings_once(
    house: House,
) -> None:
    counted = b'{"kind":"alarm.button","boot":"7f","seq":12}'
    pressed = [await hear(house, said=counted, key=f"msg-{one}") for one in range(2)]
    await store_alarms(house.store, pressed)
    (alert,) = await house.alerts()
    assert alert.state["repeats"] == 0


async def test_of_presses_stored_together_only_who_was_helped_just_now_may_repeat(
    house: House,
) -> None:
    await house.press("pendant-1")
    await house.resolves(await house.only_alert())
    house.now += MINUTE
    pressed = [await hear(house, one) for one in ("pendant-1", "pendant-99", "pendant-1")]
    await store_alarms(house.store, pressed)
    still = [one for one in await house.alerts() if one.resolved_at is None]
    marked = sorted("possible_repeat" in one.state["marks"] for one in still)
    assert (marked, sum(one.state["repeats"] for one in still)) == ([False, True], 1)


async def test_a_press_long_after_the_last_was_dealt_with_is_no_repeat(house: House) -> None:
    await house.press("pendant-1")
    await house.resolves(await house.only_alert())
    house.now += timedelta(minutes=16)
    await store_alarms(house.store, [await hear(house)])
    assert [one.state["marks"] for one in await house.alerts() if not one.resolved_at] == [[]]


async def test_who_calls_is_woken_by_an_alarm_that_calls_somebody_and_by_no_other(
    house: House,
) -> None:
    told = list[str]()
    store = Store(house.store.engine, lambda *topics: told.extend(topics))
    await store_alarms(store, [await hear(house)])  # the centre's own board rings
    assert (await house.quiet() is not None, sorted(told)) == (True, ["board", "due"])
    await house.resolves(await house.only_alert())
    body = agreement(("*",), Level.INFORMAL_CAREGIVER)
    row = {"id": known("agreed"), "organisation_id": known("zorg"), "external_id": "agreed",
           "name": "agreed", "client_id": known("anne"), "body": body,
           "valid": Range(house.now - MINUTE, None)}  # fmt: skip
    await house.changes(sa.insert(t.agreements).values(**row))
    await store_alarms(store, [await hear(house)])
    await house.quiet()
    assert ("outbox" in told, house.called()) == (True, ["daughter"])


async def test_what_is_over_and_begins_again_in_one_batch_may_be_a_repeat(house: House) -> None:
    faults = [b'{"kind":"technical.fault"%s}' % more for more in (b"", b',"withdraws":true', b"")]
    await store_alarms(house.store, [await hear(house, said=one) for one in faults])
    became = sorted((bool(one.resolved_at), one.state["marks"]) for one in await house.alerts())
    assert became == [(False, ["possible_repeat"]), (True, [])]
