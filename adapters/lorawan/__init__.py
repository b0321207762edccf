"""LoRaWAN devices: what their bytes mean, whichever network server brought them.

The bytes are decoded here, never read from a server's own codec: the same bytes come out
differently with each version of those.
"""
