"""Real hubs: `nachtwacht serve` in processes of their own, to be killed, stopped and gone on."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.demo.ports import lasting_port

ROOT = Path(__file__).parents[2]
SECRET = "s" * 32
STARTS_WITHIN = 60.0
STOPS_WITHIN = 30.0
LOOK_EVERY = 0.01


def until(true: Callable[[], object], what: str, within: float = 30.0) -> None:
    """Wait for something another process does; AssertionError when it takes too long."""
    never, looks = threading.Event(), int(within / LOOK_EVERY)
    for _ in range(looks):
        if true():
            return
        never.wait(LOOK_EVERY)
    raise AssertionError(f"not within {within:.0f} s: {what}")


class Hub:
    """One hub, on the same ports at every start. The database knows its sessions by its name."""

    def __init__(self, url: str, folder: Path, name: str = "hub") -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self.http_port, self.mqtt_port = lasting_port(), lasting_port()
        kept = {key: said for key, said in os.environ.items() if not key.startswith("NACHTWACHT_")}
        self.environment = kept | {
            "NACHTWACHT_DATABASE_URL": url,
            "NACHTWACHT_SECRET": SECRET,
            "NACHTWACHT_DATA": str(folder),
            "NACHTWACHT_HTTP_PORT": str(self.http_port),
            "NACHTWACHT_MQTT_PORT": str(self.mqtt_port),
            "PGAPPNAME": name,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, without waiting until it serves."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self

    def serves(self) -> bool:
        """Whether its front door answers."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.mqtt_port), 1):
            return True
        return False

    def until_it_serves(self) -> Self:
        until(self.serves, f"{self.name} serves", STARTS_WITHIN)
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        assert self.process is not None
        self.signal(signal.SIGTERM)
        status = self.process.wait(STOPS_WITHIN)
        self.process = None
        return status

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


@contextmanager
def paused(hub: Hub) -> Iterator[None]:
    """A hub that stands still, as on a machine that is frozen for a while."""
    hub.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        hub.signal(signal.SIGCONT)
