"""A message that is too large: its beginning is kept, the rest is read past and thrown away."""

from dataclasses import dataclass, replace

from hub.sources.mqtt.packets import Publish


@dataclass(slots=True)
class Passing:
    """A PUBLISH on its way past; `left` bytes of it are still to come, and none of them is kept."""

    publish: Publish
    discarded: int
    left: int

    def swallow(self, buffer: bytearray) -> bool:
        """Throw away what is there of it; True once all of it has gone by."""
        gone = min(self.left, len(buffer))
        del buffer[:gone]
        self.left -= gone
        return not self.left


def shortened(publish: Publish, kept: int) -> tuple[Publish, int]:
    """The message with the first `kept` bytes of its payload, and how many that leaves out."""
    return replace(publish, payload=publish.payload[:kept]), max(len(publish.payload) - kept, 0)
