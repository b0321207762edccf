"""Every screen of a signed-in person, for the application to take in."""

from hub.routes import (
    absences,
    adapters,
    alert,
    board,
    client_plan,
    duty,
    inspector,
    modes,
    own_password,
    pairing,
    plans,
    pressed,
    screen_parts,
    stream,
    troubles,
)

ROUTERS = (
    screen_parts.router,
    board.router,
    alert.router,
    troubles.router,
    inspector.router,
    adapters.router,
    modes.router,
    own_password.router,
    plans.router,
    client_plan.router,
    pairing.router,
    pressed.router,
    duty.router,
    absences.router,
    stream.router,
)
