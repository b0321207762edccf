"""What came of bringing records into the registry, and who brought them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from hub.access.viewer import Viewer
from hub.registry.records import Record, Trouble
from hub.store.care_files import Rows
from hub.store.records import Change, Key

NewId = Callable[[str, str, str], UUID]  # of a noun, an organisation and a name


@dataclass(frozen=True, slots=True)
class Who:
    """Who brings them: a user, or a command on the machine itself."""

    by: str
    user_id: UUID | None = None


def who_of(viewer: Viewer) -> Who:
    """Say who changes the registry: somebody who is signed in."""
    return Who(viewer.name, viewer.user_id)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was brought: how many of each noun are new, changed and the same; or what is wrong.

    `hit` are the clients whose plans hang on the changes; `rows` is what a proof of those would
    read after a dry run. `records` are those that brought the `changes`, in the same order. `later`
    are the changes that `bringing.finish` has still to write.
    """

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    records: Sequence[Record] = ()
    troubles: Sequence[Trouble] = ()
    later: Sequence[Change] = ()
    hit: Sequence[UUID] = ()
    rows: Rows | None = None


def new_ids() -> NewId:
    """Give new things ids, the same ones each time they are brought."""
    given: dict[Key, UUID] = {}
    return lambda *key: given.setdefault(key, uuid4())


class Refused(Exception):
    """Nothing was written, or nothing may be; the outcome says why. Leaves no trace."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("nothing was written")
        self.outcome = outcome
