"""What runs in a worker: one third party's adapter, under limits, answering over a pipe.

Started by `decoding` as a process of its own. The pipe is taken away from the adapter before
its code is loaded: what it prints is lost, what it reads is empty.
"""

import _thread
import ctypes
import os
import resource
import signal
import site
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, BinaryIO

from adapters.contract import Binding, Inbound, InboundAdapter, Outcome, Rejected
from hub.contain import contained
from hub.decoders.decoding_wire import (
    LENGTH,
    BrokenAnswer,
    frame,
    next_question,
    read_key,
    read_outcome,
    said_of,
)
from hub.decoders.translation import NoSuchAdapter, identify, load, manifest_of, translate
from hub.store.values import encode

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
FORBIDDEN = (
    "os.exec",
    "os.fork",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.spawn",
    "socket.",
    "subprocess.",
)

STARTS_A_THREAD = {
    "start_new", "start_new_thread", "start_joinable_thread",
    "_start_new_thread", "_start_joinable_thread",
}  # fmt: skip


def run(name: str, value: str, memory: int) -> None:
    """Load the adapter of an entry point, say what it is, and answer until the hub hangs up."""
    asked, answers = _take_the_pipe()
    _limit(memory)
    sys.meta_path.append(_Installed)
    adapter = _load(name, value, answers)
    if adapter is None:
        return
    while (question := next_question(asked)) is not None:
        _send(answers, _answer(adapter, *question))


def _take_the_pipe() -> tuple[BinaryIO, BinaryIO]:
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return asked, answers


class _Installed:
    """Finds what only the environment's own start-up code knows of: editable installations.

    That code takes as long as the rest of a worker's start: it is run (python -S leaves it out)
    once an adapter asks for something that is not found without it.
    """

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is that nobody else found, as `sys.meta_path` wants it."""
        sys.meta_path.remove(cls)
        site.main()
        found = (one.find_spec(name, path, target) for one in sys.meta_path)
        return next((one for one in found if one is not None), None)


def _limit(memory: int) -> None:
    """Bound its memory, let it die with the hub, and start nothing.

    A guard against mistakes: code written to break out of its process can.
    """
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    sys.addaudithook(_refuse)
    for module in (_thread, threading):
        for name in vars(module).keys() & STARTS_A_THREAD:
            setattr(module, name, _no_thread)


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"an adapter is pure: {event} is not allowed")


def _load(name: str, value: str, answers: BinaryIO) -> InboundAdapter | None:
    said: dict[str, Any] = {"cannot": f"adapter {name!r} cannot be loaded"}
    adapter: InboundAdapter | None = None
    with contained("adapter cannot be loaded", adapter=name) as loading:
        try:
            adapter = load(name, value)
            said = {"ready": encode(manifest_of(adapter))}
        except NoSuchAdapter as error:
            said = {"cannot": str(error)}
    if loading.error is not None:
        said["cannot"] += f": {type(loading.error).__name__}"
    _send(answers, frame(said))
    return adapter if "ready" in said else None


def _answer(adapter: InboundAdapter, inbound: Inbound, binding: Binding | None) -> bytes:
    """Ask the adapter, and hold what it says to the contract as the hub will."""
    broken = Rejected("adapter_error", "what the adapter gave cannot be written down")
    with contained("answer cannot be written down"):
        try:
            if binding is None:
                return _checked(identify(adapter, inbound), read_key)
            return _checked(translate(adapter, inbound, binding), read_outcome)
        except BrokenAnswer as error:
            broken = Rejected("adapter_error", f"what it gave breaks the contract: {error}")
    return frame(said_of(broken))


def _checked(answer: Outcome | str | None, read: Callable[[bytes], object]) -> bytes:
    written = frame(said_of(answer))
    read(written[LENGTH.size :])
    return written


def _no_thread(*_: object) -> None:
    raise PermissionError("an adapter is pure: no threads")


def _send(answers: BinaryIO, answer: bytes) -> None:
    answers.write(answer)
    answers.flush()
