"""Makes a night of what happened in a hub, without a name of anybody in it."""
