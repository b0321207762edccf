"""The registry as its records are asked for and written: per noun, many at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.feed import CHANNEL
from hub.registry import plans
from hub.registry.fields import Field, Lies, Noun
from hub.registry.nouns import CLIENTS, NOUNS
from hub.store.many import many, put
from hub.store.records import (
    Change,
    Key,
    Row,
    Stored,
    body_of,
    name_of,
    owner_of,
    read_field,
    rewritten,
    row_of,
    stored,
)
from hub.store.straight import Straight
from hub.store.tables import agreements, contacts, organisations, registry_changes

AT_ONCE = 5_000  # rows in a statement
LOOKING = "10min"  # who only looks holds nobody up
THINKING = 30_000  # milliseconds; every other session of the hub has two seconds
LOCK = 7_220_011  # any number: who changes the registry holds this until the commit
Answered = tuple[int, Any]  # how many rows, and the sum of their hashes
Seal = Sequence[tuple[sa.Select[Any], Answered]]
HOLD = sa.text("""
SELECT set_config('lock_timeout', '10s', true), pg_advisory_xact_lock(:lock),
       set_config('lock_timeout', '1s', true)
""")
LOCK_CLIENTS = b"""
SELECT id FROM clients WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""


class Registered:
    """Reads and writes of the registry in one unit of work."""

    def __init__(self, db: AsyncConnection, straight: Straight) -> None:
        self.db, self.straight = db, straight
        self._asked: list[sa.Select[Any]] = []

    async def hold(self) -> None:
        """Let nobody else change the registry until this is committed.

        Somebody's import may be written at this moment: it is waited for, longer than for a row.
        """
        await self.db.execute(HOLD, {"lock": LOCK})

    async def only_look(self) -> None:
        """Let everything be read as it is at this moment; nothing can be written."""
        await self.db.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        await self.db.execute(
            sa.text(f"SET LOCAL idle_in_transaction_session_timeout = '{LOOKING}'")
        )

    async def seal(self) -> Seal:
        """Note what everything asked so far was answered, to see later whether it still is."""
        return [(asked, await self._answered(asked)) for asked in self._asked]

    async def still(self, seal: Seal) -> bool:
        """Say whether all that was asked then would be answered in the same way now."""
        for asked, answered in seal:
            if await self._answered(asked) != answered:
                return False
        return True

    async def _ask(self, asked: sa.Select[Any]) -> Sequence[Row]:
        self._asked.append(asked)
        rows: Sequence[Row] = (await self.db.execute(asked)).all()
        return rows

    async def _answered(self, asked: sa.Select[Any]) -> Answered:
        """What an answer comes to, in whatever order: only the database reads it."""
        answer = asked.order_by(None).subquery("answer")
        row = sa.cast(sa.literal_column("answer"), sa.Text)
        both = sa.func.count(), sa.func.sum(sa.func.hashtextextended(row, 0))
        found: Any = (await self.db.execute(sa.select(*both).select_from(answer))).one()
        return found[0], found[1]

    async def take_time(self) -> None:
        """Let this transaction think for longer: a large import compares before it writes."""
        await self.db.execute(
            sa.text(f"SET LOCAL idle_in_transaction_session_timeout = {THINKING}")
        )

    async def things(
        self,
        noun: Noun,
        owners: Iterable[str] | None = None,
        names: Iterable[str] | None = None,
        *,
        after: str = "",
        most: int | None = None,
        naming: tuple[Field, UUID] | None = None,
    ) -> dict[Key, Stored]:
        """Read things by their owners' external ids and their names; None is everybody's, all.

        `naming` are those that refer to this id in that field.
        """
        name, owner = name_of(noun), owner_of(noun)
        asked = sa.select(
            name.label("name_"),
            owner.label("owner_"),
            *(noun.table.c[one].label(f"key_{one}") for one in noun.keys),
            *([] if noun.shared else [noun.table.c.organisation_id]),
            *(read_field(noun, one).label(f"f_{one.name}") for one in noun.fields),
        ).order_by(*([] if noun.shared else [owner]), name)
        if owners is not None and not noun.shared:
            asked = asked.where(owner.in_(list(owners)))
        if names is not None:
            asked = asked.where(name == _any_of(names, sa.Text))
        if naming is not None:
            asked = asked.where(noun.table.c[naming[0].at] == naming[1])
        if most is not None:
            asked = asked.where(name > after).limit(most)
        rows = await self._ask(asked)
        called = await self._called(rows) if noun.name == "agreements" else {}
        return {(noun.name, row.owner_, row.name_): stored(noun, row, called) for row in rows}

    async def _called(self, rows: Sequence[Row]) -> Mapping[str, str]:
        """Say how the contacts are called that are named inside these agreements."""
        found = [one for row in rows for one in plans.contacts_in(body_of(row))]
        replaced = [body[plans.INSTEAD] for row in rows if plans.INSTEAD in (body := body_of(row))]
        return {**await self.contacts_called(found), **await self._agreements_called(replaced)}

    async def _agreements_called(self, ids: Sequence[str]) -> Mapping[str, str]:
        if not ids:
            return {}
        asked = sa.select(agreements.c.id, agreements.c.external_id)
        mine = sa.cast(agreements.c.id, sa.Text) == _any_of(ids, sa.Text)
        return {str(row.id): row.external_id for row in await self._ask(asked.where(mine))}

    async def contacts_called(self, found: Sequence[str]) -> Mapping[str, str]:
        """Say how these contacts are called, with their organisation before it, by id."""
        if not found:
            return {}
        asked = (
            sa.select(contacts.c.id, contacts.c.external_id, organisations.c.external_id.label("o"))
            .join(organisations, organisations.c.id == contacts.c.organisation_id)
            .where(sa.cast(contacts.c.id, sa.Text) == _any_of(sorted(set(found)), sa.Text))
        )
        return {str(row.id): f"{row.o}/{row.external_id}" for row in await self._ask(asked)}

    async def ids(self, noun: str, owner: str, names: Iterable[str]) -> dict[str, UUID]:
        """Say which ids these external ids have; who is not there is left out."""
        table = NOUNS[noun].table
        asked = sa.select(table.c.external_id, table.c.id).where(
            table.c.external_id == _any_of(names, sa.Text)
        )
        if not NOUNS[noun].shared:
            own = sa.select(organisations.c.id).where(organisations.c.external_id == owner)
            asked = asked.where(table.c.organisation_id == own.scalar_subquery())
        return {row.external_id: row.id for row in await self._ask(asked)}

    async def write(self, noun: Noun, changes: Sequence[Change], fresh: Mapping[str, Any]) -> None:
        """Write what changed and what is new; `fresh` is for columns only a new row is given.

        What changed comes first: what is new may take the place it leaves. Raises psycopg.Error.
        """
        changed = [row_of(one) for one in changes if one.before is not None]
        new = [{**row_of(one), **fresh} for one in changes if one.before is None]
        if changed and noun is CLIENTS:
            ids = sorted(row["id"] for row in changed)
            await self.straight.rows(LOCK_CLIENTS, {"ids": ids})  # as whoever hears an alarm does
        if changed:
            await self._put(rewritten(noun.table, changed[0], noun.keys), changed)
        if new:
            await self._put(many(noun.table, new[0]), new)
        await self._list(noun, changes)

    async def _put(self, statement: bytes, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows some thousands at a time: a session may not be silent, nor busy, for long."""
        for first in range(0, len(rows), AT_ONCE):
            await put(self.straight, statement, rows[first : first + AT_ONCE])

    async def remove(self, change: Change) -> None:
        """Take away what never counted, or what can only be there or not."""
        own = [change.noun.table.c[name] == value for name, value in change.key.items()]
        await self.db.execute(sa.delete(change.noun.table).where(*own))

    async def called(self, organisation_id: UUID) -> str:
        """Say what an organisation is called."""
        own = sa.select(organisations.c.external_id).where(organisations.c.id == organisation_id)
        return str((await self.db.execute(own)).scalar_one())

    async def _list(self, noun: Noun, changes: Sequence[Change]) -> None:
        """Write the lists of these things anew."""
        listed = noun.listing
        if listed is None:
            return
        field_ = next(one for one in noun.fields if one.lies is Lies.LISTED)
        changed = [
            one
            for one in changes
            if (one.before or {}).get(field_.name, []) != one.after[field_.name]
        ]
        if not changed:
            return
        own = listed.table.c[listed.own]
        await self.db.execute(
            sa.delete(listed.table).where(own == _any_of([one.key["id"] for one in changed]))
        )
        rows = [
            {
                listed.own: one.key["id"],
                listed.other: one.ids[field_.name, other],
                **({} if noun.shared else {"organisation_id": one.organisation_id}),
            }
            for one in changed
            for other in one.after[field_.name]
        ]
        if rows:
            await self._put(many(listed.table, rows[0]), rows)

    async def remember(
        self, changes: Sequence[Change], user_id: UUID | None, by: str, now: datetime
    ) -> None:
        """Put on record who changed what, when; every hub drops what it remembers."""
        if not changes:
            return
        rows = [
            {
                "organisation_id": one.organisation_id,
                "at": now,
                "user_id": user_id,
                "by": by,
                "noun": one.noun.name,
                "name": one.name,
                "before": one.before,
                "after": one.after,
            }
            for one in changes
        ]
        await self._put(many(registry_changes, rows[0]), rows)
        await self.db.execute(sa.select(sa.func.pg_notify(CHANNEL, "registry")))

    async def changes(self, noun: Noun, owner: UUID | None, name: str) -> Sequence[Row]:
        """List what was changed of one thing, the newest first."""
        asked = sa.select(registry_changes).where(
            registry_changes.c.organisation_id.is_not_distinct_from(owner),
            registry_changes.c.noun == noun.name,
            registry_changes.c.name == name,
        )
        return (await self.db.execute(asked.order_by(registry_changes.c.id.desc()))).all()


def _any_of(some: Iterable[Any], sort: type[Any] = sa.Uuid) -> sa.ColumnElement[Any]:
    """Any of these; one parameter, however many they are."""
    return sa.any_(sa.literal(list(some), sa.ARRAY(sort)))
