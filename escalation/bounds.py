"""How long it can take at most until somebody is called, with a moment at which it does."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Bound:
    """The longest it can take for a kind until somebody is called, and when that is so."""

    longest: timedelta | None
    witness: datetime

    def __gt__(self, other: "Bound") -> bool:
        """Whether it takes longer; never is longest."""
        if self.longest is None or other.longest is None:
            return self.longest is None and other.longest is not None
        return self.longest > other.longest


@dataclass(frozen=True, slots=True)
class Bounds:
    """For one kind and priority: the first professional, and somebody who can go."""

    professional: Bound
    somebody: Bound

    def worst(self, other: "Bounds") -> "Bounds":
        """The worst of both, each with its own witness."""
        return Bounds(
            max(self.professional, other.professional),
            max(self.somebody, other.somebody),
        )

    def moved(self, later: timedelta) -> "Bounds":
        """The same, with witnesses so much later."""
        professional, somebody = self.professional, self.somebody
        return Bounds(
            Bound(professional.longest, professional.witness + later),
            Bound(somebody.longest, somebody.witness + later),
        )
