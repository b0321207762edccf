"""One thing of the registry changed by somebody at a page: read and judged as any import is."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from hub.access.viewer import Viewer
from hub.registry.activating import Think, carried_in
from hub.registry.bringing import begun, never_seen
from hub.registry.fields import Noun
from hub.registry.outcome import Outcome, Refused, new_ids, who_of
from hub.registry.records import Place, Sent, understood
from hub.store.unit_of_work import Store, UnitOfWork

Fields = Callable[[UnitOfWork, str], Awaitable[Mapping[str, Any]]]


async def put(
    store: Store, viewer: Viewer, noun: Noun, fields_of: Fields, now: datetime, think: Think
) -> Outcome:
    """Bring one thing of the viewer's organisation; a field that is left out stays as it is.

    `fields_of` says its fields, given the unit of work and what the organisation is called.
    Raises Refused with everything that is wrong, by field.
    """
    new_id = new_ids()

    async def work(uow: UnitOfWork) -> Outcome:
        own = await uow.registered.called(viewer.organisation_id)
        fields = await fields_of(uow, own)
        records, wrong = understood([Sent(noun, fields, Place())], own, only=True)
        if wrong:
            raise Refused(Outcome(troubles=wrong))
        return await begun(uow.registered, records, now, new_id, never_seen())

    return await carried_in(store, work, who_of(viewer), now, think, viewer)
