"""`nachtwacht night record`: a night that happened in a hub, as a night file without names."""

import secrets
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import uvloop

from hub.rehearsal import places
from hub.rehearsal.record.night import NoSuchOrganisation, Recording, Wanted, reading, record
from hub.rehearsal.record.pseudonyms import NoSuchWeek
from hub.settings import read_settings
from hub.store.embedded import running
from simulators.night import NoSuchMoment, local

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

ZONE = ZoneInfo("Europe/Amsterdam")
LONGEST = timedelta(days=2)
SHORTEST_KEY = 16  # bytes


def add_record(commands: "Commands") -> None:
    """Add `record` to the commands."""
    adding = commands.add_parser("record", help="write a night that happened, without names")
    adding.add_argument("path", metavar="NAME", type=places.new_night, help="of the night")
    adding.add_argument(
        "--from", dest="begins", required=True, type=_moment, help="local: 2026-01-12T22:30"
    )
    adding.add_argument("--to", dest="ends", required=True, type=_moment, help="local")
    adding.add_argument("--organisation", default="", help="one provider's; by its external id")
    adding.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="the same key gives the same pseudonyms; without, a new one that is forgotten",
    )
    adding.set_defaults(run=record_one)


def _moment(text: str) -> datetime:
    """A local moment, or one with its own offset; whole minutes."""
    try:
        read = datetime.fromisoformat(text)
        moment = local(text, ZONE) if read.tzinfo is None else read.astimezone(UTC)
    except (NoSuchMoment, ValueError) as error:
        raise ArgumentTypeError(f"{text!r}: give local time as 2026-01-12T22:30") from error
    if moment.second or moment.microsecond:
        raise ArgumentTypeError(f"{text!r}: give whole minutes")
    return moment


def record_one(given: Namespace) -> int:
    """Write NAME.yaml; 0 done, 1 it could not, 2 wrong arguments."""
    path = given.path
    if wrong := list(_wrong(given)):
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    wanted = Wanted(given.begins, given.ends, ZONE, given.organisation)
    try:
        key = secrets.token_bytes(32) if given.key is None else given.key.read_bytes()
        with ExitStack() as stack:
            recording = uvloop.run(_recorded(_database(stack), wanted, key, path.name))
        with path.open("x") as file:
            file.write(recording.text)
    except (NoSuchOrganisation, NoSuchWeek, OSError) as error:
        print(f"nachtwacht: {error}", file=sys.stderr)
        return 1
    print(*_told(recording, path), sep="\n")
    return 0


def _wrong(given: Namespace) -> Iterator[str]:
    if not timedelta() < given.ends - given.begins <= LONGEST:
        yield "--to must be after --from, at most two days"
    if given.key is not None and not given.key.is_file():
        yield f"--key {given.key}: there is no such file; make one: openssl rand -hex 32 > FILE"
    elif given.key is not None and given.key.stat().st_size < SHORTEST_KEY:
        yield f"--key {given.key}: a key has {SHORTEST_KEY} bytes or more"


def _database(stack: ExitStack) -> str:
    """The hub's own database; nothing is written there."""
    settings = read_settings()
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    if not settings.embedded:
        raise SystemExit(
            "nachtwacht: set NACHTWACHT_DATABASE_URL to the hub's database (reading is enough),"
            " or NACHTWACHT_EMBEDDED=true for the embedded one."
        )
    return stack.enter_context(running(settings.data, say=print)).url


async def _recorded(url: str, wanted: Wanted, key: bytes, name: str) -> Recording:
    async with reading(url) as store:
        return await record(store, wanted, key, name)


def _told(recording: Recording, path: Path) -> Iterator[str]:
    yield (
        f"Written: {path}: {recording.messages} messages, {recording.alerts} alerts, "
        f"{recording.answers} answers of people. Play it with `nachtwacht night check {path}`."
    )
    if not recording.messages and not recording.alerts:
        yield "Nothing happened there: look at the date, the database and --organisation."
    for why, many in sorted(recording.left_out.items()):
        yield f"Left out: {many} ({why})."
    yield "Names, addresses and free text are not in it. Look at it before you give it away."
