"""Pretenders: devices and people who speak public protocols and know nothing of the hub's code."""
