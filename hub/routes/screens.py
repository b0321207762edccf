"""Every screen of a signed-in person, for the application to take in."""

from hub.routes import (
    adapters,
    alert,
    board,
    inspector,
    modes,
    plans,
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
    plans.router,
    stream.router,
)
