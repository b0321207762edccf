"""The virtual stage: the whole hub on a real database, no sockets, and the clock in the hand.

Read `play` first. Everything the hub is given (time, ids, randomness) is given by the night and
its seed, so that the same seed gives the same journal, byte for byte.
"""
