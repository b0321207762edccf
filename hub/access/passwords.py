"""Passwords that people choose: argon2, beside the event loop.

One hash costs some 150 ms of a core. argon2 leaves the interpreter free while it works, so a
small pool of threads keeps the loop going and bounds what a storm of sign-ins can take.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Makes and checks password hashes in threads of its own; close it when done."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")
        self._decoy = self._threads.submit(self._hasher.hash, "the password of nobody at all")

    async def hashed(self, password: str) -> str:
        """Say how this password is stored."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def fits(self, stored: str | None, password: str) -> bool:
        """Say whether the password fits; for nobody (`None`) it takes as long and never does."""
        against = await asyncio.wrap_future(self._decoy) if stored is None else stored
        loop = asyncio.get_running_loop()
        fitted = await loop.run_in_executor(self._threads, self._verified, against, password)
        return fitted and stored is not None

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verified(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
