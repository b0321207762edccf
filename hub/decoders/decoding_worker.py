"""One worker process of a third party's adapter: started, asked, given up on, and ended."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hub.decoders.decoding_wire import LENGTH, MOST_ANSWER

POLITE = 5  # a third of the hub's share, where processors are scarce
CHANCES = 4  # for one that would work and has no processor, each as long as an answer may take
SECOND = os.sysconf("SC_CLK_TCK")  # in the units of /proc


class UncleanStop(Exception):
    """A worker had to be killed, or died, over one message; the text says why, in a few words."""


async def start(command: Sequence[str], environment: Mapping[str, str]) -> "Worker":
    """Start a process that answers questions. Raises UncleanStop where that cannot be."""
    try:
        _, worker = await asyncio.get_running_loop().subprocess_exec(
            Worker,
            *command,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise UncleanStop("no worker could be started") from error
    worker.gives_way()
    return worker


def starved(state: str, used: float, within: float) -> bool:
    """Whether a process is kept from working, by its state and its seconds of a processor.

    One that waits (not R) waits for something of its own; one that had half of what it may is slow.
    """
    return state == "R" and used < within / 2


class Worker(asyncio.SubprocessProtocol):
    """One process; it is asked one thing at a time."""

    def __init__(self) -> None:
        self.alive = True
        self._said = bytearray()
        self._heard, self._ended = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process: Any = transport

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        assert isinstance(data, bytes)
        self._said += data
        self._heard.set()

    def process_exited(self) -> None:
        self.alive = False
        self._heard.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self.alive = False
        self._heard.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set()

    def gives_way(self) -> None:
        """Let it give way to the hub from its first import on, which is most of what it costs.

        A session of its own is weighed as one against all of the hub (sched(7), autogroup), and
        its nice level then counts for nothing: the session must give way too.
        """
        pid = self._process.get_pid()
        with suppress(OSError):
            level = min(os.getpriority(os.PRIO_PROCESS, 0) + POLITE, 19)
            os.setpriority(os.PRIO_PROCESS, pid, level)
            Path(f"/proc/{pid}/autogroup").write_text(str(level))

    async def ask(self, asked: bytes, within: float) -> bytes:
        """Send a question and wait so many seconds for its answer. Raises UncleanStop."""
        if self._said:
            raise UncleanStop("it spoke out of turn")
        self._process.get_pipe_transport(0).write(asked)
        return await self.answer(within)

    async def answer(self, within: float) -> bytes:
        """Wait for one whole answer. Raises UncleanStop.

        Where the processors are all taken it may take longer: who had no turn is not to blame.
        """
        _, before = self.had()
        for _ in range(CHANCES):
            await self._wait(within)
            state, used = self.had()
            if self._complete() or not starved(state, used - before, within):
                break
        if not self._complete():
            raise UncleanStop("no answer in time")
        answer = bytes(self._said[LENGTH.size :])
        self._said.clear()
        return answer

    async def _wait(self, within: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self._complete():
                    await self._more()
        for _ in range(2):  # it may have come while this loop itself stood still
            await asyncio.sleep(0)

    def had(self) -> tuple[str, float]:
        """What it is doing (R: it works, or would), and its seconds of a processor so far."""
        try:
            said = Path(f"/proc/{self._process.get_pid()}/stat").read_text("utf-8", "replace")
        except OSError:
            return "", 0.0
        fields = said.rpartition(")")[2].split()
        return fields[0], (int(fields[11]) + int(fields[12])) / SECOND

    async def _more(self) -> None:
        if not self.alive:
            raise UncleanStop("its process ended")
        self._heard.clear()
        await self._heard.wait()

    def _complete(self) -> bool:
        if len(self._said) < LENGTH.size:
            return False
        (size,) = LENGTH.unpack_from(self._said)
        if size > MOST_ANSWER or len(self._said) > LENGTH.size + size:
            raise UncleanStop("its answer is too large")
        return len(self._said) - LENGTH.size == int(size)

    async def end(self) -> None:
        """Kill it, with whatever it started, and wait until it is gone."""
        if self._process.get_returncode() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.get_pid(), signal.SIGKILL)
        self.alive = False
        self._process.close()
        await self._ended.wait()
