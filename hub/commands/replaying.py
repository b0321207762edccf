"""`nachtwacht messages replay`: what an adapter, as it is now, would make of stored messages.

Nothing is written: a replayed event never rings.
"""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from adapters.contract import Level
from hub.decoders.finding import load_adapters
from hub.decoders.heard import Heard
from hub.decoders.mapped import mapped_adapter
from hub.decoders.reading import Reader
from hub.incoming.becoming import stored
from hub.sources.arrival import Arrival, Principal
from hub.store.messages import pairs
from hub.store.unit_of_work import Store, open_store

A_PAGE = 500
MESSAGES = sa.text("""
SELECT m.id, m.received_at, m.topic, m.payload, m.qos, m.duplicate, m.replayed, m.outcome,
       m.reason, m.content_type, m.user_properties, m.gateway_id, m.organisation_id,
       o.external_id AS organisation,
       g.external_id AS gateway, g.adapters,
       ARRAY(SELECT e.kind FROM events e WHERE e.message_id = m.id ORDER BY e.kind) AS kinds
FROM messages m JOIN organisations o ON o.id = m.organisation_id
JOIN gateways g ON g.id = m.gateway_id
WHERE m.adapter = :adapter AND m.outcome IN ('decoded', 'ignored', 'rejected', 'quarantined')
  AND (m.received_at, m.id) > (:at, CAST(:id AS uuid)) AND m.reason NOT LIKE 'too_large%'
ORDER BY m.received_at, m.id LIMIT :most
""")


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add the command and what belongs to it; its parser."""
    messages = commands.add_parser("messages", help="read stored messages again: replay")
    actions = messages.add_subparsers(required=True, metavar="action")
    replay = actions.add_parser(
        "replay", help="say what an adapter would now make of stored messages, and write nothing"
    )
    replay.add_argument("--adapter", required=True, help="the adapter's name, as installed here")
    replay.add_argument(
        "--since", required=True, type=_moment, help="from this moment, as 2026-01-12T22:00Z"
    )
    replay.add_argument(
        "--dry-run", required=True, action="store_true", help="needed: there is no other way"
    )
    return messages


def main(asked: argparse.Namespace, url: str, mappings: Path | None = None) -> int:
    """Carry a parsed command out; 0, also where there are differences. Raises NoSuchAdapter."""
    store = open_store(url, size=2, statement_timeout=30)
    asyncio.run(_replayed(store, asked.adapter, asked.since, mappings))
    return 0


async def _replayed(store: Store, adapter: str, since: datetime, mappings: Path | None) -> None:
    read = different = 0
    try:
        mapped = mapped_adapter(adapter, mappings)
        known = load_adapters((adapter,)) if mapped is None else {adapter: mapped}
        reader = Reader(store, known, uuid4)
        at, after = since - timedelta(microseconds=1), UUID(int=2**128 - 1)
        while rows := await _page(store, adapter, at, after):
            for row in rows:
                read += 1
                for line in differences(row, await reader.hear(arrival_of(row))):
                    different += 1
                    print(f"{row.received_at.isoformat()} {row.id} {row.topic}: {line}")
            at, after = rows[-1].received_at, rows[-1].id
    finally:
        await store.close()
    print(f"{read} messages read again, {different} differences. Nothing was stored.")


async def _page(store: Store, adapter: str, at: datetime, after: UUID) -> Sequence[Any]:
    values = {"adapter": adapter, "at": at, "id": after, "most": A_PAGE}
    async with store.transaction() as uow:
        return (await uow.db.execute(MESSAGES, values)).all()


def arrival_of(row: Any) -> Arrival:
    """A stored message as it came in; the row names its gateway and organisation too."""
    principal = Principal(
        row.gateway_id,
        row.organisation_id,
        row.organisation,
        row.gateway,
        frozenset(row.adapters),
    )
    return Arrival(
        principal,
        row.topic,
        row.payload,
        row.qos,
        row.received_at,
        row.duplicate,
        row.replayed,
        content_type=row.content_type,
        user_properties=pairs(row.user_properties),
    )


def differences(row: Any, heard: Heard) -> Iterator[str]:
    """Say how a message would now end otherwise: its outcome, its reason, or what it tells of.

    What it tells of is compared where something was recorded: a copy, or a level that was known,
    is no event.
    """
    now = stored(heard)
    if now.outcome.value != row.outcome:
        yield f"{_said(row.outcome, row.reason)} -> {_said(now.outcome.value, now.reason)}"
    elif now.outcome.value in ("rejected", "quarantined") and now.reason != row.reason:
        yield f"{row.reason} -> {now.reason}"
    elif now.outcome.value == "decoded" and row.kinds:
        kinds = {one.kind.value for one in heard.readings if one.kind is not None}
        edges = {
            one.kind.value
            for one in heard.readings
            if one.kind is not None and not isinstance(one, Level)
        }
        gone, new = sorted(set(row.kinds) - kinds), sorted(edges - set(row.kinds))
        if gone:
            yield f"would no longer say {', '.join(gone)}"
        if new:
            yield f"would say {', '.join(new)}"


def _said(outcome: str, reason: str) -> str:
    return f"{outcome} ({reason})" if reason else outcome


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: give 2026-01-12T22:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r}: say the zone, as in 2026-01-12T22:00Z")
    return moment.astimezone(UTC)
