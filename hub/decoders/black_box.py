"""Keeps outside the process what is being decoded, so that a hub that was killed shows by what.

A small file in the data folder, mapped into memory: writing costs no system call, and what was
written outlives the process. It holds digests and ids only.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from uuid import UUID, uuid4

DIGEST = 16
SLOT = DIGEST + 16  # a digest, and the id of the organisation whose message it is
SLOTS = 64
EMPTY = bytes(SLOT)


def digest_of(gateway_id: UUID, topic: str, payload: bytes) -> bytes:
    """What a message is known by, whenever it comes again from the same gateway."""
    digest = blake2b(payload, digest_size=DIGEST, key=gateway_id.bytes)
    digest.update(b"\0" + topic.encode("utf-8", "surrogatepass"))
    return digest.digest()


class BlackBox:
    """Holds what is being decoded at this moment; what does not fit is not held."""

    def __init__(self, folder: Path | None = None) -> None:
        """Make a box in this folder; without one, it is lost with the process."""
        self._path = None if folder is None else folder / f"{uuid4()}.decoding"
        self._file = -1 if self._path is None else _owned(self._path)
        self._held = mmap.mmap(self._file, SLOT * SLOTS)
        self._free = list(range(SLOTS))

    @contextmanager
    def holding(self, digest: bytes, organisation_id: UUID) -> Iterator[None]:
        """Hold a message while the block runs."""
        if not self._free:
            yield
            return
        at = self._free.pop() * SLOT
        self._held[at : at + SLOT] = digest + organisation_id.bytes
        try:
            yield
        finally:
            self._held[at : at + SLOT] = EMPTY
            self._free.append(at // SLOT)

    def close(self) -> None:
        """Take the box away: this hub stops as it should."""
        self._held.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)


def left_behind(folder: Path) -> list[tuple[bytes, UUID]]:
    """What hubs that are gone were decoding when they were killed; their boxes are removed."""
    found: list[tuple[bytes, UUID]] = []
    for path in sorted(folder.glob("*.decoding")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # its hub lives
                continue
            found += _slots(file.read(SLOT * SLOTS))
            path.unlink(missing_ok=True)
    return found


def _owned(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    os.ftruncate(file, SLOT * SLOTS)
    return file


def _slots(held: bytes) -> Iterator[tuple[bytes, UUID]]:
    for at in range(0, len(held) - SLOT + 1, SLOT):
        slot = held[at : at + SLOT]
        if slot != EMPTY:
            yield slot[:DIGEST], UUID(bytes=slot[DIGEST:])
