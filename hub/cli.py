"""The command line: what a person or a service manager starts."""

import argparse
import asyncio
import gc
import json
import logging
import signal
import sys
from contextlib import ExitStack
from importlib.metadata import version

import uvloop
from sqlalchemy.exc import OperationalError

from hub.clock import Clock, LedClock, system_clock
from hub.commands import (
    adapter_command,
    gateway_command,
    registry_command,
    replaying,
    roster_command,
    token_command,
    user_command,
)
from hub.commands.broker_check import check
from hub.decoders.translation import NoSuchAdapter
from hub.main import Listening, run
from hub.plans import command as plans
from hub.settings import Settings, pepper, read_settings
from hub.sources.broker_file import BadBrokers
from hub.sources.certificates import CertificatesUnusable
from hub.store.embedded import EmbeddedFailed, running
from hub.store.migrating import DatabaseIsBusy, DatabaseIsNewer, migrate
from hub.store.url import sqlalchemy_url

KNOWN = (
    BadBrokers,
    CertificatesUnusable,
    EmbeddedFailed,
    DatabaseIsBusy,
    DatabaseIsNewer,
    NoSuchAdapter,
    OSError,
)
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}
SETTINGS = "Settings come from the environment:\n" + "\n".join(
    f"  NACHTWACHT_{name.upper():30}{field.description or ''}"
    for name, field in Settings.model_fields.items()
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status: 0 well, 1 it could not, 2 wrong arguments or settings."""
    given = _understood(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.INFO, handlers=[_handler()], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        return int(given.run(given))
    except KNOWN as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
    except OperationalError as error:
        print(f"nachtwacht: the database does not answer: {error.orig}".strip(), file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _understood(arguments: list[str]) -> argparse.Namespace:
    if arguments[:1] == ["night"]:  # has a parser of its own, which comes with the extra `nights`
        return argparse.Namespace(run=_night, arguments=arguments[1:])
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nachtwacht",
        description="24-hour alarm and remote-monitoring event hub for care at home.",
        epilog=SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("nachtwacht"))
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="run a hub: front door, pages, workers")
    serve.set_defaults(run=_serve)
    brokers = commands.add_parser("brokers", help="try the connections to outside brokers")
    brokers.set_defaults(run=_brokers)
    migrating = commands.add_parser("migrate", help="bring the database to this release's tables")
    migrating.set_defaults(run=_migrate)
    gateway_command.add_parser(commands).set_defaults(run=_gateway)
    token_command.add_parser(commands).set_defaults(run=_token)
    user_command.add_parser(commands).set_defaults(run=_user)
    adapter_command.add_parser(commands).set_defaults(run=_adapter)
    replaying.add_parser(commands).set_defaults(run=_messages)
    demo = commands.add_parser("demo", help="show a simulated night, live in the browser")
    demo.add_argument("--reset", action="store_true", help="forget the demo's data")
    demo.set_defaults(run=_demo)
    plans.add_parser(commands).set_defaults(run=_plan)
    registry_command.add_parsers(commands, run=_registry)
    roster_command.add_parser(commands, run=_roster)
    commands.add_parser("night", help="rehearse scripted nights: check, play, new, list")
    return parser


def _serve(_: argparse.Namespace) -> int:
    settings = read_settings()
    with ExitStack() as stack:
        url = _database(settings, stack)
        uvloop.run(_until_told_to_stop(settings, url))
    return 0


def _migrate(_: argparse.Namespace) -> int:
    settings = read_settings()
    with ExitStack() as stack:
        revision = migrate(_database(settings, stack), say=print)
    print(f"The database is at {revision}.")
    return 0


def _brokers(_: argparse.Namespace) -> int:
    return check(read_settings().brokers)


def _gateway(given: argparse.Namespace) -> int:
    settings = read_settings()
    with ExitStack() as stack:
        url = sqlalchemy_url(_database(settings, stack))
        return gateway_command.main(given, url, pepper(settings), settings.adapters, system_clock())


def _token(given: argparse.Namespace) -> int:
    settings = read_settings()
    with ExitStack() as stack:
        url = sqlalchemy_url(_database(settings, stack))
        return token_command.main(given, url, pepper(settings), system_clock())


def _user(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        url = sqlalchemy_url(_database(read_settings(), stack))
        return user_command.main(given, url, system_clock())


def _adapter(given: argparse.Namespace) -> int:
    return adapter_command.main(given, read_settings(), system_clock())


def _messages(given: argparse.Namespace) -> int:
    settings = read_settings()
    with ExitStack() as stack:
        url = sqlalchemy_url(_database(settings, stack))
        return replaying.main(given, url, settings.mappings)


def _demo(given: argparse.Namespace) -> int:
    from hub.demo import (
        command,  # the demo brings the pretenders along, which no real hub should load
    )

    return command.reset() if given.reset else command.play()


def _plan(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        settings = read_settings()
        url = sqlalchemy_url(_database(settings, stack))
        return plans.main(given, url, system_clock())


def _registry(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        settings = read_settings()
        url = sqlalchemy_url(_database(settings, stack))
        return registry_command.main(given, url, system_clock())


def _roster(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        settings = read_settings()
        url = sqlalchemy_url(_database(settings, stack))
        return roster_command.main(given, url, system_clock())


def _night(given: argparse.Namespace) -> int:
    try:
        from hub.rehearsal import command  # the extra `nights`, which no real hub needs
    except ModuleNotFoundError as error:
        if error.name not in ("yaml", "jsonschema"):
            raise
        print(f"nachtwacht: {error.name} is missing: pip install 'nachtwacht[nights]'")
        return 1
    return command.main(given.arguments)


def _database(settings: Settings, stack: ExitStack) -> str:
    """Find the database; the embedded one only where it was asked for."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    if not settings.embedded:
        raise SystemExit(
            "nachtwacht: set NACHTWACHT_DATABASE_URL=postgresql://user:password@host/database,"
            " or NACHTWACHT_EMBEDDED=true for the embedded PostgreSQL (not for real care)."
        )
    return stack.enter_context(running(settings.data, say=print)).url


async def _until_told_to_stop(settings: Settings, url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)

    def ready(listening: Listening) -> None:
        said = f"Pages on {settings.http_host}:{listening.http_port}"
        if listening.mqtt_port is not None:
            said += f", MQTT on {settings.mqtt_host}:{listening.mqtt_port}"
        if listening.mqtt_tls_port is not None:
            said += f", MQTT with TLS on {settings.mqtt_host}:{listening.mqtt_tls_port}"
        print(f"{said}.", flush=True)

    _collect_rarely()
    await run(settings, url, _clock(settings), stop, ready)


def _clock(settings: Settings) -> Clock:
    """A rehearsal's clock is led: `nachtwacht night play --to` takes it to the night's moments."""
    if not settings.rehearsal:
        return system_clock
    clock = LedClock(settings.data.resolve() / "rehearsal.clock")
    clock.begin(settings.time_scale)
    return clock


def _collect_rarely() -> None:
    """Look for cycles in memory about thirty times less often, and never in what is loaded now.

    A message makes hundreds of objects and hardly a cycle: looking after every 700 cost a fifth
    of the processor under load, and the longest looks held up alarms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


class _Lines(logging.Formatter):
    """One line of JSON an event: the message is a constant, the facts stand beside it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record; a traceback is left out, its place is among the facts."""
        facts = {key: said for key, said in vars(record).items() if key not in STANDARD}
        line = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **facts,
        }
        return json.dumps(line, default=str)


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    return handler


if __name__ == "__main__":
    raise SystemExit(main())
