"""The demo: an invented region, a rehearsal hub, and pretenders who play it."""
