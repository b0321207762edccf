"""Translates strangers' languages, in and out: pure, no clock, no I/O."""
