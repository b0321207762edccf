"""Puts on record whose alerts somebody saw on a board: once each, while they stand there.

A board is sent several times a second, so a line for each sending would drown the access log.
"""

from itertools import chain
from uuid import UUID

from escalation.model import Lane
from hub.access.viewer import Viewer
from hub.clock import Clock
from hub.store.board import Board
from hub.store.unit_of_work import Store

NOTHING: frozenset[UUID] = frozenset()


def shown_on(board: Board) -> frozenset[UUID]:
    """Which alerts a board shows."""
    return frozenset(row.id for row in chain(board.rows, board.beyond, board.resolved))


class Looks:
    """Who has seen which alerts on the boards of this hub; a hub that restarts asks anew."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self._seen: dict[tuple[UUID, Lane], frozenset[UUID]] = {}

    async def record(self, viewer: Viewer, lane: Lane, shown: frozenset[UUID]) -> None:
        """Write a line for each client of each alert this viewer had not seen before.

        What is no longer shown is forgotten: when it comes back, that is another look.
        """
        whose = viewer.user_id, lane
        if fresh := shown - self._seen.get(whose, NOTHING):
            async with self.store.transaction(viewer) as uow:
                await uow.access.looked_at_board(viewer, sorted(fresh), self.clock())
        self._seen[whose] = shown
