"""A PostgreSQL server of our own in the data folder, for the demo, development and tests.

The command that starts it owns it and stops it; other commands attach. It asks for a password,
listens on 127.0.0.1 and in a folder of its own only, and is as durable as any other server. It
survives every kill: a half-made cluster is made again, a server whose owner died is taken over.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO

from psycopg.errors import DuplicateDatabase, ObjectInUse, UniqueViolation
from sqlalchemy import URL

from hub.store.cluster import NAME, ClusterFailed, Place, Say, make_cluster
from hub.store.postmaster import Postmaster, leave_no_stranger, read_where
from hub.store.programs import (
    NoPrograms,
    NotAllowed,
    Programs,
    RunAs,
    find_programs,
    plain_environment,
    run_as,
)

START_LIMIT = 180.0  # seconds; recovery after a crash on a slow disk takes long
LOOK_EVERY = 0.05
SAY_EVERY = 5.0
LONGEST_SOCKET = 107 - len("/.s.PGSQL.65535")  # bytes, what a socket's address can hold
MOST_LOG = 5_000_000  # bytes kept over a restart
PASSING = ("still in use", "Address already in use")  # refusals that end by themselves
DURABLE: Mapping[str, str] = MappingProxyType({})
SETTINGS = MappingProxyType(
    {
        "listen_addresses": "127.0.0.1",
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "max_wal_size": "1GB",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "max_locks_per_transaction": "128",  # a table with a partition a day locks many
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # The text of a statement and the detail of an error may hold what a client told us.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
)


class EmbeddedFailed(Exception):
    """The embedded server cannot be used; the message says why and what helps."""


class InUse(Exception):
    """Another command owns the embedded server."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. `owned` says that leaving `running` stops it."""

    port: int
    owned: bool
    log: Path
    address: URL = field(repr=False)

    @property
    def url(self) -> str:
        """The address of the hub's database, with its password: never log it."""
        return self.database(NAME)

    def database(self, name: str) -> str:
        """Give the address of another database of this server, with its password."""
        return self.address.set(database=name).render_as_string(hide_password=False)


def _quietly(_line: str) -> None:
    """Say nothing."""


@contextmanager
def running(
    data: Path, settings: Mapping[str, str] = DURABLE, *, say: Say = _quietly
) -> Iterator[Server]:
    """Run the embedded server of a data folder for as long as the block lasts, or attach to it.

    `settings` are added to those of the server where this command starts it; `say` is told, in
    lines for people, what takes long. Blocks for a second or so. Raises EmbeddedFailed.
    """
    place, lock = _open(data)
    with lock:
        if not _own_or_wait(lock, place):
            yield _server(place, owned=False)
            return
        postmaster = _take_over(place, say) or _start(place, settings, say)
        try:
            _make_database(place)
            yield _server(place, owned=True)
        finally:
            postmaster.stop()


def forget(data: Path) -> None:
    """Remove the embedded server and everything in it, stopping one that was left behind.

    Raises InUse while another command owns it. A data folder without one is left as it is.
    """
    if not (data / "postgres").exists():
        return
    place, lock = _open(data)
    with lock:
        if not _taken(lock):
            raise InUse(f"Another command is using the database in {data}; stop that one first.")
        if left := place.postmaster():
            left.stop()
        for made in (place.cluster, place.sockets, *place.half_made()):
            shutil.rmtree(made, ignore_errors=True)
        for file in (place.password, place.log):
            file.unlink(missing_ok=True)


def _open(data: Path) -> tuple[Place, IO[bytes]]:
    try:
        place = Place.under(data)
        lock = open(place.lock, "ab", opener=_private)  # noqa: SIM115 - our caller closes it
    except OSError as error:
        raise EmbeddedFailed(
            f"The data folder {data} cannot be used ({error.strerror}: {error.filename}). "
            "Set NACHTWACHT_DATA to a folder of your own."
        ) from error
    # A forked child that outlives us would go on holding the lock.
    os.register_at_fork(after_in_child=lock.close)
    return place, lock


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _server(place: Place, *, owned: bool) -> Server:
    where = read_where(place.cluster)
    if where is None:
        raise EmbeddedFailed(f"The embedded database stopped; {place.log} says why.")
    return Server(where.port, owned, place.log, place.address(where))


def _taken(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _own_or_wait(lock: IO[bytes], place: Place) -> bool:
    """Become the owner (True), or wait for the owner's server (False); the owner may also die."""
    for _ in _looking():
        if _taken(lock):
            return True
        if place.answers(NAME):
            return False
    raise EmbeddedFailed(
        f"Another command owns the database in {place.folder} and its server does not answer; "
        f"{place.log} may say why."
    )


def _looking(say: Say = _quietly) -> Iterator[None]:
    """Look again and again until the limit, saying now and then that it lasts."""
    began = time.monotonic()
    said = 0.0
    while (passed := time.monotonic() - began) < START_LIMIT:
        if passed - said > SAY_EVERY:
            said = passed
            say(f"Waiting for the database server ({passed:.0f} s).")
        yield
        time.sleep(LOOK_EVERY)  # noqa: TID251 - waits for another process, not for an alert


def _take_over(place: Place, say: Say) -> Postmaster | None:
    """Adopt the server of an owner that was killed; None when there is none."""
    if (left := place.postmaster()) is None:
        return None
    say("Taking over the database server that an earlier command left running.")
    for _ in _looking(say):
        if not left.alive():
            return None
        if place.answers("postgres"):
            return left
    raise EmbeddedFailed(
        f"A database server that was left running (process {left.pid}) does not answer; "
        f"stop it. {place.log} may say why."
    )


def _start(place: Place, settings: Mapping[str, str], say: Say) -> Postmaster:
    try:
        programs, role = _whole_cluster(place, say, durable=settings.get("fsync") != "off")
    except (NoPrograms, NotAllowed, ClusterFailed) as error:
        raise EmbeddedFailed(str(error)) from error
    say("Starting the embedded database server.")
    for _ in _looking(say):
        leave_no_stranger(place.cluster)
        shutil.rmtree(place.sockets, ignore_errors=True)
        place.sockets.mkdir(mode=0o700)
        role.give(place.sockets)
        command = [*role.prefix, str(programs.folder / "postgres"), "-D", str(place.cluster)]
        for name, value in {**SETTINGS, **_listening(place), **settings}.items():
            command += ["-c", f"{name}={value}"]
        if postmaster := _launch(command, place, say):
            return postmaster
    raise EmbeddedFailed(f"The database server does not start:\n{_said(place.log, 0)}")


def _whole_cluster(place: Place, say: Say, *, durable: bool) -> tuple[Programs, RunAs]:
    """Find programs that fit the cluster, or make a cluster; never lose one that is there."""
    if place.cluster.exists():
        programs = find_programs(place.made_with())
        return programs, run_as(place.cluster, programs)
    programs = find_programs(None)
    role = run_as(place.cluster, programs)
    say("Making an embedded database (once; a few seconds).")
    make_cluster(place, programs, role, durable=durable)
    return programs, role


def _listening(place: Place) -> dict[str, str]:
    """Pick a free port, and a socket where its path is short and plain enough."""
    path = str(place.sockets)
    fits = len(os.fsencode(path)) <= LONGEST_SOCKET and not set(path) & set(',"@')
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        port = any_free.getsockname()[1]
    return {"port": str(port), "unix_socket_directories": path if fits else ""}


def _launch(command: list[str], place: Place, say: Say) -> Postmaster | None:
    """Start the server and wait until it answers; None when trying again may help."""
    with open(place.log, "ab", opener=_private) as log:
        if log.tell() > MOST_LOG:
            log.truncate(0)
        before = log.tell()
        child = subprocess.Popen(  # noqa: S603 - a program we found, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=plain_environment(),
            start_new_session=True,  # Ctrl-C is for the hub, which still needs its database
        )
    postmaster = Postmaster(child.pid, place.cluster, child)
    try:
        return _answering(postmaster, place, before, say)
    except BaseException:
        postmaster.stop()
        raise


def _answering(postmaster: Postmaster, place: Place, before: int, say: Say) -> Postmaster | None:
    for _ in _looking(say):
        if not postmaster.alive():
            said = _said(place.log, before)
            if any(passing in said for passing in PASSING):
                return None
            raise EmbeddedFailed(f"The database server does not start:\n{said}")
        where = read_where(place.cluster)
        if where is not None and where.pid == postmaster.pid and place.answers("postgres"):
            return postmaster
    raise EmbeddedFailed(f"The database server does not answer:\n{_said(place.log, before)}")


def _said(log: Path, before: int) -> str:
    """Give the last lines of what the server said since its log was `before` bytes long."""
    lines = log.read_bytes()[before:].decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-10:])


def _make_database(place: Place) -> None:
    """Make the hub's database unless it is there; a killed owner's may still be in the making."""
    for _ in _looking():
        if place.answers(NAME):
            return
        if (connection := place.connect("postgres")) is None:
            raise EmbeddedFailed(f"The embedded database stopped; {place.log} says why.")
        with connection, suppress(DuplicateDatabase, UniqueViolation, ObjectInUse):
            connection.execute(f"CREATE DATABASE {NAME}")
    raise EmbeddedFailed(f"The hub's database cannot be made; {place.log} may say why.")
