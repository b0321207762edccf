"""What the registry's routes have in common: who may change what, and how bodies are described."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends

from hub.access.viewer import Viewer
from hub.registry.duty import TURNS
from hub.registry.fields import Noun
from hub.registry.nouns import NOUNS, ORGANISATIONS, REGIONS
from hub.registry.records import Record
from hub.routes.dependencies import INTEGRATOR, NotForThisRole, role
from hub.store.registered import Registered

Integrator = Annotated[Viewer, Depends(role(INTEGRATOR))]
NounName = StrEnum("NounName", {one: one for one in NOUNS})  # type: ignore[misc]


async def may_change(registered: Registered, own: str, record: Record) -> None:
    """Let only those change what is shared who are part of it. Raises NotForThisRole."""
    if not record.noun.shared:
        return
    if record.noun is ORGANISATIONS and record.name == own:
        return
    if record.noun is TURNS:
        there = await registered.things(TURNS, names=[record.name])
        before = [one.values["region"] for one in there.values()]
        wanted = {*before, record.values.get("region")}
        regions = await registered.things(REGIONS, names=sorted(filter(None, wanted)))
        if all(own in one.values["members"] for one in regions.values()):
            return
    raise NotForThisRole


def schema_of(noun: Noun) -> dict[str, Any]:
    """Describe the fields of a noun as JSON Schema."""
    shapes = {one.name: {**one.sort.schema, "description": one.about} for one in noun.fields}
    return {"title": noun.name, "type": "object", "description": noun.about, "properties": shapes}


def sending(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a body for OpenAPI."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
