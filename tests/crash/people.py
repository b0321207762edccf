"""Pretender people: a webhook that remembers every call, and can leave a caller waiting."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class People:
    """Who was called, with which key. Whoever's name is in `silent` gets no answer."""

    url: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def keys(self, name: str) -> list[str]:
        """The keys of every call to somebody, in order."""
        return [key for who, key in tuple(self.calls) if who == name]


@contextmanager
def at_home() -> Iterator[People]:
    """People who can be called for as long as the block lasts."""
    people = People()

    class Telephone(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            name = self.path.rsplit("/", 1)[-1]
            people.calls.append((name, self.headers["Idempotency-Key"]))
            if name in people.silent:
                people.ended.wait()
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Telephone)
    server.daemon_threads = True
    people.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield people
    finally:
        people.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
