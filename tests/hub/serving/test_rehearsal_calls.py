"""A rehearsal never wakes a real daughter."""

import pytest

from adapters.contract import Call
from hub.serving.calling import to_this_machine_only


class Outside:
    """Whoever is called, wherever they are."""

    def __init__(self) -> None:
        self.called: list[str] = []

    async def send(self, call: Call) -> tuple[int, bytes]:
        self.called.append(call.url)
        return 200, b""


def call(url: str) -> Call:
    return Call("POST", url, {}, b"{}")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8390/people/sanne", "http://[::1]/sanne", "http://localhost/sanne"]
)
async def test_a_rehearsal_calls_pretenders_on_this_machine(url: str) -> None:
    outside = Outside()
    assert await to_this_machine_only(outside.send)(call(url)) == (200, b"")
    assert outside.called == [url]


@pytest.mark.parametrize(
    "url",
    [
        "https://telephone.example/sanne",
        "http://127.0.0.1.telephone.example/sanne",
        "http://127.0.0.1@telephone.example/sanne",
        "http://192.0.2.7/sanne",
        "http://[::ffff:192.0.2.7]/sanne",
        "http://[broken/sanne",
        "",
    ],
)
async def test_a_rehearsal_calls_nobody_else(url: str) -> None:
    outside = Outside()
    with pytest.raises(ConnectionError):
        await to_this_machine_only(outside.send)(call(url))
    assert not outside.called
