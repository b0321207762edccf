"""Whom messages are about, and the locks that come first: clients by id, else device or gateway."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from escalation.modes import is_test
from hub.decoders.heard import Heard
from hub.incoming.becoming import test_press
from hub.store.care import Subject
from hub.store.straight import Asked
from hub.store.unit_of_work import UnitOfWork
from hub.waiting.pressed import is_waiting


async def lock_subjects(
    uow: UnitOfWork, heard: Sequence[Heard], *first: Asked
) -> Mapping[UUID, Subject]:
    """Lock everybody these messages are about, in one order; whom each message is about.

    What is asked `first` goes before it, on the same trip.
    """
    clients = {one.device.client_id for one in heard if one.device and one.device.client_id}
    homes = {one.device.home_id for one in heard if one.device and one.device.home_id}
    known = await uow.care.lock_at_home(clients, homes, *first)
    found: dict[UUID, Subject] = {}
    pressed = set[UUID]()
    for one in sorted(heard, key=_gateway_and_device):
        device = one.device
        subject = None if device is None else known.subject(device.client_id, device.home_id)
        if subject is not None and await _is_not_known_to_be_there(uow, one, subject, pressed):
            subject = None
        found[one.id] = subject or await _unbound(uow, one)
    return found


async def _is_not_known_to_be_there(
    uow: UnitOfWork, heard: Heard, subject: Subject, pressed: set[UUID]
) -> bool:
    """Whether it was given to them and never pressed since, and is not tested just now.

    One press is the test; a second before somebody said so may be a call for help. `pressed` are
    the devices whose first press is among these messages.
    """
    device = heard.device
    if device is None or not device.untested:
        return False
    if not is_test(subject.modes, heard.arrival.received_at):
        return True
    if test_press(heard, subject) is None:
        return False
    again = device.id in pressed or await is_waiting(uow, device.id)
    pressed.add(device.id)
    return again


def _gateway_and_device(heard: Heard) -> tuple[UUID, bytes]:
    device = b"" if heard.device is None else heard.device.id.bytes
    return heard.arrival.principal.gateway_id, device


async def _unbound(uow: UnitOfWork, heard: Heard) -> Subject:
    device, principal = heard.device, heard.arrival.principal
    device_id = None if device is None else device.id
    await uow.devices.lock_unbound(principal.gateway_id, device_id)
    home = await uow.care.subject(None, await uow.devices.home_of_gateway(principal.gateway_id))
    if device is None and home is not None:
        return home
    return uow.care.nobody(principal.organisation_id, device_id or _stranger(heard))


def _stranger(heard: Heard) -> UUID:
    """Stand for a device nobody registered: of two behind one gateway, each has its own wearer."""
    gateway_id = heard.arrival.principal.gateway_id
    if heard.key is None or heard.crowded:
        return gateway_id
    return uuid5(gateway_id, f"{heard.adapter}/{heard.key}")
