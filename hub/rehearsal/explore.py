"""Searches nights nobody wrote for one that breaks a promise, and makes it as small as it goes.

The hub that is searched is the virtual stage's: what is found plays again from its file alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from hub.rehearsal.account import Account
from hub.rehearsal.database import empty
from hub.rehearsal.play import rehearse_on
from hub.rehearsal.promises import Broken
from hub.serving.stores import Stores
from simulators.invention import Data, invent, smaller
from simulators.night_file import NightRefused
from simulators.night_reading import load

Ended = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A promise that a night broke, and the smallest night that still breaks it, as a file."""

    seed: int
    broken: Broken
    file: Path
    tried: int


class Explorer:
    """Plays invented nights on an empty database of rehearsals; files go to `folder`.

    `tell` hears of every night played. A promise that was found broken is not searched again.
    """

    def __init__(
        self, pools: Stores, url: str, folder: Path, tell: Callable[[Account], None]
    ) -> None:
        self.pools, self.url, self.folder, self.tell = pools, url, folder, tell
        self.found: list[Found] = []

    async def search(self, seed: int, ended: Ended) -> Found | None:
        """Play the night of one seed; what it breaks that was not found before, made small."""
        night = invent(seed)
        account = await self._played(night)
        known = {one.broken.promise for one in self.found}
        fresh = [one for one in account.broken if one.promise not in known]
        if not fresh:
            return None
        night, broken, tried = await self._shrunk(night, fresh[0], ended)
        found = Found(seed, broken, self._kept(night, broken), tried)
        self.found.append(found)
        return found

    async def _shrunk(self, night: Data, broken: Broken, ended: Ended) -> tuple[Data, Broken, int]:
        tried = 0
        shrinks = True
        while shrinks and not ended():
            shrinks = False
            for candidate in smaller(night):
                if ended():
                    break
                tried += 1
                same = await self._breaks(candidate, broken.promise)
                if same is not None:
                    night, broken, shrinks = candidate, same, True
                    break
        return night, broken, tried

    async def _breaks(self, night: Data, promise: str) -> Broken | None:
        try:
            account = await self._played(night)
        except NightRefused:  # what was left out is something the rest needs
            return None
        return next((one for one in account.broken if one.promise == promise), None)

    async def _played(self, night: Data) -> Account:
        path = self.folder / "exploring.yaml"
        path.write_text(written(night))
        try:
            read = load(path)
        finally:
            path.unlink()
        empty(self.url)
        account = await rehearse_on(self.pools, read)
        self.tell(account)
        return account

    def _kept(self, night: Data, broken: Broken) -> Path:
        path = self.folder / f"found_{night['seed']}.yaml"
        words = f"# Found by `nachtwacht night explore`: {broken.promise}.\n# {broken.what}\n"
        path.write_text(words + written(night | {"title": broken.promise}))
        return path


def written(night: Data) -> str:
    """A night as the text of its file."""
    text: str = yaml.safe_dump(night, sort_keys=False, allow_unicode=True, width=100)
    return text
