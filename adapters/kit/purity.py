"""Watches what an adapter calls: no clock, no luck, no files, no network."""

import gc
import sys
from collections.abc import Callable
from random import Random
from types import FrameType, TracebackType
from typing import Any, Self

_CLOCK = frozenset({
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
    "process_time", "sleep", "localtime", "gmtime", "ctime",
})  # fmt: skip
_NOW = frozenset({"now", "utcnow", "today"})
_OPEN = frozenset({"open", "open_code", "FileIO"})
_WORLDLY = frozenset({"socket", "ssl", "subprocess", "threading", "multiprocessing", "http.client"})
# The library reads its own files when it is first asked for a zone, a codec or a module.
_MAY = ("importlib", "_frozen_importlib", "zoneinfo", "_strptime", "encodings", "linecache")


class Impure(BaseException):
    """An adapter reached for the world; the text says with which call, and where."""


class Watch:
    """While it lasts, a call that is not pure raises Impure; `seen` is the first one.

    Calls are seen by the interpreter's own profiling, so it does not matter how a function was
    imported or what it is called there.
    """

    def __init__(self) -> None:
        self.seen = ""
        self._collects = gc.isenabled()

    def __enter__(self) -> Self:
        gc.disable()  # what is collected now is not the adapter's, and may look at the clock
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        sys.setprofile(None)
        if self._collects:
            gc.enable()

    def _look(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call":
            said = _of_library(function)
        elif event == "call" and frame.f_globals.get("__name__") in _WORLDLY:
            said = f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"
        else:
            return
        if said and not self.seen and not _of_the_library(frame):
            self.seen = f"{said} at {_place(frame)}"
            raise Impure(self.seen)


def _of_library(function: Callable[..., object]) -> str:
    name, owner = function.__name__, getattr(function, "__self__", None)
    module = getattr(owner, "__name__", "") if type(owner) is type(sys) else ""
    if module == "time" and name in _CLOCK:
        return f"time.{name}"
    if name in _NOW and isinstance(owner, type):
        return f"{owner.__name__}.{name}"
    if isinstance(owner, Random):
        return f"random.{name}"
    if module in ("posix", "nt") and name != "fspath":
        return f"os.{name}"
    if module in ("_io", "io") and name in _OPEN:
        return name
    return f"socket.{name}" if module == "_socket" else ""


def _of_the_library(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith(_MAY):
            return True
        frame = frame.f_back
    return False


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}"
