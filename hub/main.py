"""The composition root: everything is made here, and handed to whoever needs it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from adapters.outbound import webhook
from hub import workers
from hub.access.callers import Callers
from hub.access.passwords import Passwords
from hub.clock import Clock, LedClock
from hub.contain import contained
from hub.decoders.black_box import BlackBox, left_behind
from hub.decoders.decoding import Limits, close_adapters, open_adapters
from hub.decoders.reading import Reader
from hub.decoders.redecoding import Redecoder
from hub.decoders.switched import Switched, switched
from hub.feed import Feed
from hub.incoming.intake import TELEMETRY_RESTS, Intake
from hub.incoming.suspects import FollowUp
from hub.out.addresses import Policy
from hub.out.numbering import Numbering
from hub.out.posting import poster
from hub.out.streaming import DatabaseStreams
from hub.out.webhooks import Webhooks
from hub.plans.proving import Prove
from hub.plans.reviewing import Overdue
from hub.plans.room import Apart, Room
from hub.road.deliver import Deliver
from hub.routes import screens
from hub.routes.dependencies import Web
from hub.routes.screen_parts import boards_of
from hub.serving.calling import caller
from hub.serving.doorway import Doorway
from hub.serving.outside_brokers import OutsideBrokers
from hub.serving.pages import serve_pages
from hub.serving.refusals import Refusals
from hub.serving.stores import Stores, open_stores
from hub.serving.web import create_app
from hub.settings import Settings, pepper
from hub.sources.webhook import Webhook
from hub.sources.webhook_body import PostingLimits
from hub.sources.wills import Wills
from hub.store.migrating import newest_revision
from hub.store.unit_of_work import Store
from hub.store.url import plain_url
from hub.upkeep.health import ClockCheck, Pulse, durability
from hub.upkeep.housekeeping import Retention, scheduler, tidy
from hub.upkeep.stalled import Stalled
from hub.upkeep.watchdog import Watchdog
from hub.waiting.after_modes import EndModes
from hub.waiting.false_alarms import FalseAlarms
from hub.waiting.ripening import Ripen
from hub.waiting.supervision import Supervise
from hub.waiting.sweep import Sweep

log = logging.getLogger(__name__)

CHANNELS = {"webhook": webhook}
A_MOMENT = 0.03  # seconds that what nobody waits for lets calls and screens go first


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a running hub can be reached; a port that is not open is None."""

    http_port: int
    mqtt_port: int | None
    mqtt_tls_port: int | None


async def run(
    settings: Settings,
    url: str,
    clock: Clock,
    stop: asyncio.Event,
    ready: Callable[[Listening], None],
) -> None:
    """Run a hub on a migrated database until `stop`; everything begun is finished first.

    `ready` is called once, when all of it answers. Raises OSError when a port is taken,
    CertificatesUnusable when the front door's files are.
    """
    async with AsyncExitStack() as stack:
        feed = Feed(plain_url(url))
        stores = await stack.enter_async_context(open_stores(settings, url, feed))
        reader = await open_reader(settings, stores.intake, clock, stack)
        intake = Intake(stores.intake, stores.bulk, reader, TELEMETRY_RESTS)
        check = ClockCheck(stores.work, None if settings.rehearsal else clock)
        send = await stack.enter_async_context(caller(rehearsal=settings.rehearsal))
        deliver = Deliver(stores.deliver, CHANNELS, send, pepper(settings), settings.url)
        stack.push_async_callback(deliver.finish)
        refusals = Refusals(stores.work, clock, uuid4)
        watchdog = Watchdog(stores.work, send, settings.watchdog_url)
        callers = Callers(stores.entrance, pepper(settings))
        posted = Webhook(callers, intake.take, clock, refusals.report, PostingLimits())
        doorway = await stack.enter_async_context(
            _doorway(settings, stores, feed, clock, intake, refusals)
        )
        with contained(
            "front door could not say that it is there"
        ):  # tables of another release: as above
            await doorway.rounds.begin()
        outside = OutsideBrokers(settings, stores, reader, clock, refusals.report)
        work = [
            *make_workers(stores, deliver, check, watchdog, settings.url),
            workers.Worker("wills", Wills(stores.work, intake.take_in).step, ()),
            workers.Worker("stalled", Stalled(stores.deliver).step, ()),
            await stack.enter_async_context(_webhooks(settings, stores.out)),
            _prover(stores.out, stack),
            *doorway.workers,
            *outside.workers,
        ]
        pulse = Pulse()
        await _warn_of_durability(stores.work)
        await tidy(stores.work, clock, retention(settings))
        await stack.enter_async_context(
            _background(
                feed.run(),
                pulse.run(),
                intake.run(),
                refusals.run(),
                workers.run(work, clock, feed, settings.time_scale),
                _forget_the_registry(feed, reader.forget, outside.forget, callers.forget),
                outside.run(),
            )
        )
        _keep_house(stores.work, clock, settings, stack)
        app = make_app(
            settings,
            stores.pages,
            clock,
            feed,
            pulse,
            doorway.figures,
            outside.figures,
            stack,
            posted.figures,
            partial(switched, reader),
        )
        http = await stack.enter_async_context(serve_pages(posted.beside(app), settings))
        stack.callback(boards_of(app).close)  # streams end before the pages do
        stack.push_async_callback(doorway.close)
        ready(Listening(http, *await doorway.open()))
        await stop.wait()


def _prover(store: Store, stack: AsyncExitStack) -> workers.Worker:
    room = Room()
    stack.callback(room.close)
    return workers.Worker("prove", Prove(store, room).step, ("proofs due",))


def retention(settings: Settings) -> Retention:
    """Say how long what is kept."""
    return Retention(settings.retention_of_messages, settings.retention_of_events)


async def open_reader(
    settings: Settings, store: Store, clock: Clock, stack: AsyncExitStack
) -> Reader:
    """Open the adapters and what reads with them; what they hold is closed with the stack.

    Raises NoSuchAdapter.
    """
    adapters = open_adapters(settings.adapters, limits(settings), settings.mappings)
    stack.push_async_callback(close_adapters, adapters)
    left, box = left_behind(settings.data), BlackBox(settings.data)
    stack.callback(box.close)
    reader = Reader(store, adapters, uuid4, box)
    with contained("suspects could not be read"):  # tables of another release: not ready, but up
        await reader.recall(left, clock())
    return reader


def limits(settings: Settings) -> Limits:
    """Say what a worker that decodes may use."""
    memory = settings.decode_memory * 1024 * 1024
    return Limits(settings.decode_within, memory, settings.decode_workers)


def _keep_house(store: Store, clock: Clock, settings: Settings, stack: AsyncExitStack) -> None:
    keeper = scheduler(store, clock, retention(settings))
    keeper.start()
    stack.callback(keeper.shutdown, wait=False)


def make_workers(
    stores: Stores, deliver: Deliver, check: ClockCheck, watchdog: Watchdog, url: str
) -> list[workers.Worker]:
    """Make every worker of a hub; `url` is where its pages are."""
    return [
        workers.Worker("clock", check.step, ()),
        workers.Worker("sweep", Sweep(stores.work, check.trusted).step, ("due",), A_MOMENT),
        workers.Worker("ripen", Ripen(stores.work).step, ("due",), A_MOMENT),
        workers.Worker("modes", EndModes(stores.work).step, ("modes",)),
        workers.Worker("overdue", Overdue(stores.work).step, ("proofs due",)),
        workers.Worker("supervise", Supervise(stores.work).step, ("registry",)),
        workers.Worker("false alarms", FalseAlarms(stores.work).step, ("board",)),
        workers.Worker("follow up", FollowUp(stores.work).step, ()),
        workers.Worker("deliver", deliver.step, ("outbox",)),
        workers.Worker("number", Numbering(stores.out, url).step, ("board",), A_MOMENT),
        workers.Worker("watchdog", watchdog.step, ()),
    ]


async def _warn_of_durability(store: Store) -> None:
    for wrong in await durability(store):
        log.warning("durability", extra={"wrong": wrong})


def make_app(
    settings: Settings,
    store: Store,
    clock: Clock,
    feed: Feed,
    pulse: Pulse,
    door: Callable[[], Mapping[str, int]],
    brokers: Callable[[], Mapping[str, Mapping[str, Any]]],
    stack: AsyncExitStack,
    posted: Callable[[], Mapping[str, int]],
    adapters: Callable[[], Sequence[Switched]],
) -> FastAPI:
    """Make the web application of a hub; what it holds is closed with the stack."""
    passwords = Passwords()
    stack.callback(passwords.close)
    room = Room()
    stack.callback(room.close)
    redecoder = Redecoder(store, settings.adapters, limits(settings), settings.mappings)
    parts = Web(
        store=store,
        clock=clock,
        feed=feed,
        passwords=passwords,
        random=secrets.token_bytes,
        pepper=pepper(settings),
        pulse=pulse,
        door=door,
        brokers=brokers,
        webhook=posted,
        decode_again=redecoder.decode,
        adapters=adapters,
        think=room.do,
        apart=Apart(store.engine.url.render_as_string(hide_password=False)),
        heads=(newest_revision(),),
        secure=settings.url.startswith("https://"),
        compare_clocks=not settings.rehearsal,
        emergency_phone=settings.emergency_phone,
        rehearsal=settings.rehearsal,
        time_scale=settings.time_scale,
        led_by=str(clock.path) if isinstance(clock, LedClock) else "",
    )
    return create_app(parts, screens.ROUTERS)


@asynccontextmanager
async def _doorway(
    settings: Settings, stores: Stores, feed: Feed, clock: Clock, intake: Intake, refusals: Refusals
) -> AsyncIterator[Doorway]:
    """The front door, still shut; whoever listened there is waited for on leaving."""
    streams = DatabaseStreams(stores.out, feed, clock, settings.url)
    yield Doorway(settings, stores.entrance, intake.take_in, clock, refusals.report, streams)
    await streams.finish()


@asynccontextmanager
async def _webhooks(settings: Settings, store: Store) -> AsyncIterator[workers.Worker]:
    """The worker that sends events to webhooks; what is under way is finished on leaving."""
    policy = Policy(settings.rehearsal, settings.webhooks_private, settings.rehearsal)
    async with poster(policy) as post:
        webhooks = Webhooks(store, post, pepper(settings))
        yield workers.Worker("webhooks", webhooks.step, ("out",))
        await webhooks.finish()


async def _forget_the_registry(feed: Feed, *forget: Callable[[], None]) -> None:
    bell = feed.bell("registry")
    while True:
        if await bell.wait():
            for one in forget:
                one()


@asynccontextmanager
async def _background(*parts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these until leaving; one that fails takes the hub down, so that it is started again."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
