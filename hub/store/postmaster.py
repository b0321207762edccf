"""A running PostgreSQL server as its cluster and the process table show it."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # PostgreSQL's words for two ways to stop
PATIENCE = ((FAST, 60.0), (IMMEDIATE, 15.0))  # seconds; after a crash stop the log is replayed
LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Where:
    """What a server writes about itself in its cluster; `ready` once it takes connections."""

    pid: int
    port: int
    sockets: str
    ready: bool


def read_where(cluster: Path) -> Where | None:
    """Read what the last server of a cluster wrote; None when it stopped properly.

    The server may be dead all the same.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid = int(lines[0])
        if len(lines) < 8:
            return Where(pid, 0, "", ready=False)
        return Where(pid, int(lines[3]), lines[4], ready=lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def leave_no_stranger(cluster: Path) -> None:
    """Keep a dead server's mark from stopping the next one. Only for who holds the lock.

    A server does not start while the process in the mark lives, though after a restart of the
    machine that number may be anybody's. Our own number is its parent's, which it allows; the
    rest of the mark stays, so that it still waits for the last of the old server's children.
    """
    mark = cluster / "postmaster.pid"
    try:
        _, *rest = mark.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except ValueError:
        mark.unlink()  # empty: the machine lost power while it was written
        return
    mark.write_text("\n".join([str(os.getpid()), *rest, ""]), encoding="utf-8")


class Postmaster:
    """The first process of a server: `child` when we started it, else only its number is known."""

    def __init__(
        self, pid: int, cluster: Path, child: "subprocess.Popen[bytes] | None" = None
    ) -> None:
        self.pid, self.cluster, self.child = pid, cluster, child

    def alive(self) -> bool:
        """Say whether it runs, and is not another process that got its number."""
        if self.child is not None:
            return self.child.poll() is None
        if not Path("/proc/self/cmdline").exists():
            return _exists(self.pid)
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.cluster) in words

    def stop(self) -> None:
        """Stop it, at most a minute kindly; who is still connected is disconnected."""
        for how, patience in PATIENCE:
            if not self.alive():
                return
            try:
                os.kill(self.pid, how)
            except ProcessLookupError:
                return
            self._wait(patience)

    def _wait(self, patience: float) -> None:
        began = time.monotonic()
        while self.alive() and time.monotonic() - began < patience:
            time.sleep(LOOK_EVERY)  # noqa: TID251 - waits for a process, not for an alert


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
