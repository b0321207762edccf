"""The files of one embedded server: where they are, how they are made, how they are reached."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL

from hub.store.postmaster import Postmaster, Where, read_where
from hub.store.programs import Programs, RunAs, plain_environment

NAME = "nachtwacht"  # of the role and of the database
Say = Callable[[str], None]


class ClusterFailed(Exception):
    """The files of a server cannot be made or used; the message says why and what helps."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything of one embedded server is kept: a folder of its own in the data folder."""

    folder: Path

    @classmethod
    def under(cls, data: Path) -> "Place":
        """Make the folder in the data folder. Raises OSError."""
        data = data.resolve()
        data.mkdir(parents=True, exist_ok=True)
        place = cls(data / "postgres")
        # Root's server runs as somebody else, who must be able to pass.
        place.folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
        return place

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory; there only when it is whole."""
        return self.folder / "cluster"

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket."""
        return self.folder / "socket"

    @property
    def password(self) -> Path:
        """The file with the password, for its owner's eyes only."""
        return self.folder / "password"

    @property
    def lock(self) -> Path:
        """The file whose `flock` says who owns the server."""
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    def half_made(self) -> list[Path]:
        """Clusters that were never finished."""
        return list(self.folder.glob("making-*"))

    def made_with(self) -> int:
        """Say which major version made the cluster. Raises ClusterFailed without a password."""
        if not self.password.exists():
            raise ClusterFailed(
                f"The password of the embedded database is gone ({self.password}). Put it back, "
                "or start afresh with `make demo-reset`, which forgets the data."
            )
        return int((self.cluster / "PG_VERSION").read_text(encoding="ascii"))

    def postmaster(self) -> Postmaster | None:
        """Find the server of this place when it is alive, ready or not."""
        where = read_where(self.cluster)
        if where is None:
            return None
        found = Postmaster(where.pid, self.cluster)
        return found if found.alive() else None

    def address(self, where: Where) -> URL:
        """Give the address of the hub's database; the socket first: faster, and out of reach."""
        return URL.create(
            "postgresql+psycopg",
            username=NAME,
            password=self.password.read_text(encoding="ascii"),
            host=None if where.sockets else "127.0.0.1",
            port=None if where.sockets else where.port,
            database=NAME,
            query={"host": where.sockets, "port": str(where.port)} if where.sockets else {},
        )

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]] | None":
        """Connect when the server is up and has that database; the caller closes it."""
        where = read_where(self.cluster)
        if where is None or not where.ready or not self.password.exists():
            return None
        url = self.address(where).set(drivername="postgresql", database=database)
        with suppress(psycopg.OperationalError):
            return psycopg.connect(
                url.render_as_string(hide_password=False), connect_timeout=10, autocommit=True
            )
        return None

    def answers(self, database: str) -> bool:
        """Say whether the server of this place is up and has that database."""
        if (connection := self.connect(database)) is None:
            return False
        connection.close()
        return True


def make_cluster(place: Place, programs: Programs, role: RunAs, *, durable: bool) -> None:
    """Make a new cluster with a new password; it is there whole or not at all.

    Whoever connects, in whatever way, must give the password. Raises ClusterFailed.
    """
    for left in place.half_made():
        shutil.rmtree(left, ignore_errors=True)
    _new_password(place.password, role)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=place.folder))
    role.give(making)
    command = [*role.prefix, str(programs.folder / "initdb"), "-D", str(making), "-U", NAME]
    command += [f"--pwfile={place.password}", "--auth=scram-sha-256", "--no-instructions"]
    command += ["--encoding=UTF8", "--locale=C", *([] if durable else ["--no-sync"])]
    done = subprocess.run(  # noqa: S603 - a program we found, no shell
        command, capture_output=True, text=True, check=False, env=plain_environment()
    )
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise ClusterFailed(
            f"The embedded database cannot be made in {place.folder}:\n"
            f"{done.stderr.strip() or done.stdout.strip()}\n"
            "If that folder is the trouble, set NACHTWACHT_DATA to another one."
        )
    making.rename(place.cluster)
    _settle(place.folder)


def _new_password(path: Path, role: RunAs) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    role.give(path)


def _settle(folder: Path) -> None:
    """Have a new name in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
