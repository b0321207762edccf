"""MQTT 3.1.1 and 5.0 as values: bytes in, packets out, and back. No I/O."""
