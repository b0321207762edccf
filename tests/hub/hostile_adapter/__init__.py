"""A third party's adapter that does whatever its payload says, all of it wrong but `press`."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from adapters.contract import Binding, Decoded, Edge, Inbound, Kind, Rejected

ANSWERS = 4  # what the worker writes its answers to
libc = ctypes.CDLL(None)
hoard: list[bytes] = []


def identify(inbound: Inbound) -> str | None:
    """Each topic is a device."""
    return inbound.topic


def decode(inbound: Inbound, binding: Binding) -> Any:
    """Do what the payload says."""
    return DEEDS[inbound.payload.decode()](binding.device)


def press(device: str, **more: Any) -> Any:
    return Decoded((Edge(device, Kind.BUTTON, **more),))


def spin(_: str) -> Any:
    while True:
        pass


def spin_and_catch_everything(device: str) -> Any:
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    return spin(device)


def hunger(_: str) -> Any:
    while True:
        hoard.append(bytes(10_000_000))


def deep(device: str) -> Any:
    return deep(device)


def deeper(device: str) -> Any:
    sys.setrecursionlimit(1 << 30)
    return deep(device)


def print_much(device: str) -> Any:
    print("x" * 1_000_000, flush=True)
    sys.stderr.write("x" * 1_000_000)
    os.write(1, b"\xff" * 100_000)
    return press(device)


def close_input(device: str) -> Any:
    sys.stdin.close()
    os.close(0)
    return press(device)


def close_everything(device: str) -> Any:
    os.closerange(0, 100)
    return press(device)


def speak_out_of_turn(device: str) -> Any:
    libc.write(ANSWERS, b"\0\0\0\2{}", 6)
    return press(device)


def endless_frame(_: str) -> Any:
    libc.write(ANSWERS, b"\xff" * 100, 100)
    raise SystemExit


def own_frame(said: bytes) -> Callable[[str], Any]:
    """An answer that the hub's own code in the worker would never give."""

    def deed(_: str) -> Any:
        frame = len(said).to_bytes(4) + said
        libc.write(ANSWERS, frame, len(frame))
        return spin("")

    return deed


def fork(_: str) -> Any:
    return os.fork()


def thread(_: str) -> Any:
    threading.Thread(target=spin, args=("",), daemon=True).start()


def call_home(_: str) -> Any:
    import socket

    return socket.create_connection(("127.0.0.1", 1))


def run_program(_: str) -> Any:
    return subprocess.run(["sleep", "60"], check=False)


def raising(error: BaseException) -> Callable[[str], Any]:
    def deed(_: str) -> Any:
        raise error

    return deed


def giving(answer: Any) -> Callable[[str], Any]:
    return lambda _: answer


def circle(device: str) -> Any:
    value: dict[str, Any] = {}
    value["self"] = value
    return press(device, value=value)


DEEDS: dict[str, Callable[[str], Any]] = {
    "press": press,
    # no answer at all
    "spin": spin,
    "spin and catch everything": spin_and_catch_everything,
    "sys.exit": raising(SystemExit(0)),
    "interrupt": raising(KeyboardInterrupt()),
    "os._exit": lambda _: os._exit(0),
    "abort": lambda _: os.abort(),
    "segmentation fault": lambda _: ctypes.string_at(0),
    "kill itself": lambda _: libc.kill(os.getpid(), signal.SIGKILL),
    "stop itself": lambda _: libc.kill(os.getpid(), signal.SIGSTOP),
    "close everything": close_everything,
    "endless frame": endless_frame,
    "deeper": deeper,
    # an answer that is none
    "hunger": hunger,
    "deep": deep,
    "fork": fork,
    "thread": thread,
    "call home": call_home,
    "run a program": run_program,
    "kill the hub": lambda _: os.kill(os.getppid(), signal.SIGKILL),
    "nothing": giving(None),
    "a number": giving(5),
    "no readings": giving(Decoded(None)),  # type: ignore[arg-type]
    "too many": lambda device: Decoded((Edge(device, Kind.BUTTON),) * 51),
    "a function": lambda device: press(device, value={"x": spin}),
    "a list": lambda device: press(device, value={"x": [1, 2]}),
    "a circle": circle,
    "giant text": lambda device: press(device, value={"x": "x" * 10_000_000}),
    "long text": lambda device: press(device, value={"x": "x" * 5_000}),
    "many values": lambda device: press(device, value={str(one): one for one in range(99)}),
    "giant number": lambda device: press(device, value={"x": 10**400}),
    "no number": lambda device: press(device, value={"x": float("nan")}),
    "a kind of its own": lambda device: Decoded((Edge(device, "alarm.moon"),)),  # type: ignore[arg-type]
    "no moment": lambda device: press(device, occurred_at="yesterday"),
    "no zone": lambda device: press(device, occurred_at=datetime(2026, 1, 5)),  # noqa: DTZ001
    "no flag": lambda device: press(device, test="maybe"),
    "another device": lambda _: press("neighbour"),
    "a wrong refusal": giving(Rejected(5, None)),  # type: ignore[arg-type]
    "an exception": raising(ValueError("mevrouw Jansen")),
    "an exit in a group": raising(BaseExceptionGroup("both", [SystemExit()])),
    "not JSON": own_frame(b"\xff\xfe"),
    "deep JSON": own_frame(b"[" * 100_000),
    "another object": own_frame(b'{"is":"decoded","readings":[{"is":"edge"}]}'),
    # harmless, however odd
    "print": print_much,
    "close its input": close_input,
    "kill the hub past us": lambda _: libc.kill(os.getppid(), signal.SIGKILL),
    "speak out of turn": speak_out_of_turn,
}
NO_ANSWER = (
    "spin", "spin and catch everything", "sys.exit", "interrupt", "os._exit", "abort",
    "segmentation fault", "kill itself", "stop itself", "close everything", "endless frame",
    "deeper", "an exit in a group", "not JSON", "deep JSON", "another object",
)  # fmt: skip
HARMLESS = ("press", "print", "close its input")
OTHERS = ("kill the hub past us", "speak out of turn")
WRONG = tuple(one for one in DEEDS if one not in (*NO_ANSWER, *HARMLESS, *OTHERS))
