"""A third party's adapter may do anything in its worker: the hub goes on, and gets an outcome."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Binding, Decoded, Edge, Inbound, Kind, Outcome, Rejected
from hub.decoders.decoding import Limits, Pool
from hub.decoders.decoding_worker import POLITE, UncleanStop, starved
from tests.adapters.recorded import an_inbound
from tests.hub import hostile_adapter as hostile

FOUND = EntryPoint("hostile", "tests.hub.hostile_adapter", "nachtwacht.adapters")
LIMITS = Limits(within=timedelta(seconds=30), memory=128 * 1024 * 1024, workers=1)
HASTY = Limits(within=timedelta(milliseconds=250))
PRESS = Decoded((Edge("p1", Kind.BUTTON),))


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool(FOUND, LIMITS)
    yield pool
    await pool.close()


def inbound(deed: str, topic: str = "p1") -> Inbound:
    return an_inbound(topic, deed.encode())


async def done(pool: Pool, deed: str) -> Outcome:
    return await pool.translate(inbound(deed), Binding("p1"))


def of_process(worker: Any, what: str) -> bytes:
    return Path(f"/proc/{worker._process.get_pid()}/{what}").read_bytes()


@pytest.mark.parametrize("deed", hostile.NO_ANSWER)
async def test_an_adapter_that_gives_no_answer_loses_its_worker_and_the_next_message_does_not_care(
    pool: Pool, deed: str
) -> None:
    assert await done(pool, "press") == PRESS
    pool.limits = HASTY
    with pytest.raises(UncleanStop):
        await done(pool, deed)
    pool.limits = LIMITS
    assert await done(pool, "press") == PRESS


async def test_an_answer_that_is_none_is_rejected_with_its_reason(pool: Pool) -> None:
    for deed in hostile.WRONG:
        outcome = await done(pool, deed)
        assert isinstance(outcome, Rejected), deed
        assert outcome.code in ("adapter_error", "identity_mismatch", "too_many_readings"), deed
        assert "Jansen" not in outcome.detail
        assert await done(pool, "press") == PRESS, deed


async def test_what_an_adapter_prints_or_closes_is_its_own_affair(pool: Pool) -> None:
    for deed in hostile.HARMLESS:
        assert await done(pool, deed) == PRESS, deed


async def test_an_adapter_that_speaks_out_of_turn_is_not_believed_about_the_next_message(
    pool: Pool,
) -> None:
    for _ in range(3):
        with suppress(UncleanStop):
            await done(pool, "speak out of turn")
        with suppress(UncleanStop):
            assert await done(pool, "press") == PRESS


async def test_a_worker_that_died_while_it_was_idle_harms_no_message(pool: Pool) -> None:
    assert await done(pool, "press") == PRESS
    (worker,) = pool._idle
    worker._process.kill()
    await worker._ended.wait()
    assert await done(pool, "press") == PRESS


async def test_the_hubs_secrets_are_not_in_a_workers_environment(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NACHTWACHT_SECRET", "s" * 32)
    assert await done(pool, "press") == PRESS
    (worker,) = pool._idle
    assert b"NACHTWACHT" not in of_process(worker, "environ")


async def test_no_worker_outlives_its_pool() -> None:
    pool = Pool(FOUND, LIMITS)
    await done(pool, "press")
    (worker,) = pool._idle
    assert b"hub.decoders.decoding_child" in of_process(worker, "cmdline")
    await pool.close()
    with pytest.raises(FileNotFoundError):
        of_process(worker, "cmdline")


async def test_a_worker_gives_way_to_the_hub_from_its_start_and_so_does_its_session(
    pool: Pool,
) -> None:
    assert await done(pool, "press") == PRESS
    (worker,) = pool._idle
    level = min(os.getpriority(os.PRIO_PROCESS, 0) + POLITE, 19)
    pid = worker._process.get_pid()
    assert os.getpriority(os.PRIO_PROCESS, pid) == level
    if os.access(f"/proc/{pid}/autogroup", os.W_OK):  # where the kernel weighs sessions
        assert await session_gives_way(worker, level)


async def session_gives_way(worker: Any, level: int) -> bool:
    """The kernel takes one such wish in a tenth of a second, of all who may not do everything."""
    for _ in range(50):
        if of_process(worker, "autogroup").endswith(f" nice {level}\n".encode()):
            return True
        await asyncio.sleep(0.1)
        worker.gives_way()
    return False


async def test_while_one_worker_is_kept_busy_another_serves_the_next_gateway() -> None:
    pool = Pool(FOUND, Limits(within=timedelta(seconds=30), workers=2))
    await done(pool, "press")
    spinning = asyncio.create_task(done(pool, "spin"))
    await asyncio.sleep(0)
    assert await done(pool, "press") == PRESS
    assert not spinning.done()
    spinning.cancel()
    with suppress(asyncio.CancelledError):
        await spinning
    await pool.close()


async def test_a_device_is_named_by_the_worker_too_and_a_large_payload_is_not_shown(
    pool: Pool,
) -> None:
    assert await pool.identify(inbound("press", "p\ud800\0 é")) == "p\ud800\0 é"
    large = an_inbound("p1", b"x" * 70_000)
    assert await pool.identify(large) == "p1"
    outcome = await pool.translate(large, Binding("p1"))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "too_large"


async def test_workers_that_had_to_be_killed_are_counted(pool: Pool) -> None:
    assert await done(pool, "press") == PRESS
    assert pool.killed == 0
    pool.limits = HASTY
    with pytest.raises(UncleanStop):
        await done(pool, "spin")
    assert pool.killed == 1


async def test_a_worker_is_blamed_for_the_time_it_had_and_not_for_a_processor_it_never_got(
    pool: Pool,
) -> None:
    assert starved("R", used=0.1, within=0.25)
    assert not starved("R", used=0.2, within=0.25)
    assert not starved("S", used=0.0, within=0.25)
    assert await done(pool, "press") == PRESS
    (worker,) = pool._idle
    state, used = worker.had()
    assert state in "RS"
    assert 0 < used < 30
