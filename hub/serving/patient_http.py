"""HTTP as uvicorn speaks it, with an end to how long and how large a request may be on its way."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class PatientHttp(HttpToolsProtocol):
    """Cuts who opens connections and dribbles: 408 when a request does not come in time.

    The header must be there within `header_within` seconds of the connection, or of its first
    byte where one is kept alive, and take up no more than `header_bytes`; the body within
    `body_within` of that. An answer, such as a stream, may take as long as it likes.
    """

    header_within = 10.0
    body_within = 60.0
    header_bytes = 64 * 1024

    _waiting: asyncio.TimerHandle | None = None
    _in_header = True
    _header_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait(self.header_within)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is nothing to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came, up to a header that is too large."""
        if self._waiting is None:
            self._in_header, self._header_size = True, 0
            self._wait(self.header_within)
        self._header_size += len(data) if self._in_header else 0
        super().data_received(data)
        if self._in_header and self._header_size > self.header_bytes:
            self._refuse("431 Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        """Wait for the body from here on."""
        self._in_header = False
        self._wait(self.body_within)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole; the next one begins with its first byte."""
        self._stop_waiting()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(seconds, self._took_too_long)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _took_too_long(self) -> None:
        self._waiting = None
        if self._in_header and self._is_answering():
            return  # the request before; we may not even be reading
        if self.flow.read_paused:
            self._wait(self.body_within)  # it is we who do not take the body in
            return
        self._refuse("408 Request Timeout")

    def _is_answering(self) -> bool:
        # Uvicorn has None here before the first request, whatever it says of the type.
        return getattr(self.cycle, "response_complete", True) is False

    def _refuse(self, status: str) -> None:
        if self.transport.is_closing():
            return
        if not self._is_answering():
            answer = f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(answer.encode())
        self.transport.close()
