"""A taken port is no reason not to start, and is said."""

import socket

from hub.demo.ports import free_port, listening_at


def test_the_next_free_port_is_taken_and_said() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        with listening_at("127.0.0.1", wanted, "pages", said.append) as found:
            port = found.getsockname()[1]
    assert port > wanted
    assert said == [f"Port {wanted} is taken; the pages are at port {port}."]


def test_any_free_port_will_do_when_none_was_asked_for() -> None:
    said: list[str] = []
    assert free_port("127.0.0.1", 0, "pages", said.append) > 0
    assert said == []
