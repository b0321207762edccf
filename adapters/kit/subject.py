"""What is being checked, and how a check says what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.contract import InboundAdapter
from adapters.kit.asking import Answer, Failed, ask
from adapters.kit.fixtures import Fixture
from adapters.manifest import Manifest

MUTANTS = 2_000


class Wrong(Exception):
    """A check failed: `witness` is what was seen where, `remedy` what its maker can do."""

    def __init__(self, witness: str, remedy: str) -> None:
        super().__init__(witness)
        self.witness, self.remedy = witness, remedy


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter with its manifest and recorded messages; of each so many mutants are made."""

    adapter: InboundAdapter
    manifest: Manifest
    fixtures: tuple[Fixture, ...]
    mutants: int = MUTANTS

    def answers(self) -> Iterator[tuple[Fixture, Answer]]:
        """What it makes of each recorded message. Raises Wrong."""
        for fixture in self.fixtures:
            yield fixture, self.ask(fixture)

    def ask(self, fixture: Fixture) -> Answer:
        """What it makes of one recorded message. Raises Wrong."""
        try:
            return ask(self.adapter, fixture)
        except Failed as error:
            raise Wrong(f"{fixture.about!r}: {error}", "decode every recorded message") from error
