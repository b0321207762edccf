"""The command line, as somebody types it."""

import asyncio
from dataclasses import dataclass

import pytest

from hub.cli import main

SECRET = "a secret of the hub, long enough for it"


@dataclass(frozen=True)
class Command:
    """`nachtwacht` with the words that begin every call of one test file."""

    capsys: pytest.CaptureFixture[str]
    begin: tuple[str, ...] = ()

    def of(self, *begin: str) -> "Command":
        """Give the same command line, of which these words are always typed first."""
        return Command(self.capsys, begin)

    async def __call__(self, *words: str, status: int = 0) -> str:
        """Run it; what it said: on standard output, or on the other where it was to fail."""
        assert await asyncio.to_thread(main, [*self.begin, *words]) == status
        said = self.capsys.readouterr()
        return said.err if status else said.out
