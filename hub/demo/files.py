"""What the demo keeps in its data folder, besides its database.

`demo.json` is there only while the demo answers: scripts may wait for it. In between it is set
aside, as it is the only place that knows the passwords.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub.demo.region import ACCOUNTS, GATEWAYS, SOMEBODIES
from hub.demo.seeding import Keys

PENDANT = "p-anna"


@dataclass(frozen=True, slots=True)
class Files:
    """The demo's files under one data folder."""

    data: Path

    @property
    def demo(self) -> Path:
        """For scripts, while the demo answers."""
        return self.data / "demo.json"

    @property
    def aside(self) -> Path:
        """The same, while it does not."""
        return self.data / "demo.stopped.json"

    @property
    def clock(self) -> Path:
        """Where the demo's clock was."""
        return self.data / "demo.clock"

    def set_aside(self) -> None:
        """Say to scripts that the demo does not answer (any more)."""
        if self.demo.exists():
            self.demo.replace(self.aside)

    def keys(self) -> Keys | None:
        """Read the secrets of an earlier run; None when there was none, or they were lost."""
        if not self.aside.exists():
            return None
        try:
            return Keys(**json.loads(self.aside.read_text())["keys"])
        except (ValueError, KeyError, TypeError):
            return None

    def publish(self, http: str, mqtt: tuple[str, int], keys: Keys) -> dict[str, Any]:
        """Write `demo.json` (mode 0600), whole or not at all, and give what is in it."""
        user = "/".join(GATEWAYS[0])
        content = {
            "http": http,
            "mqtt_host": mqtt[0],
            "mqtt_port": mqtt[1],
            "gateway_user": user,
            "gateway_password": keys.gateways[user],
            "api_token": keys.tokens["script"],
            "logins": logins(keys),
            "example_topic": f"in/{user}/native/{PENDANT}",
            "example_payload": json.dumps({"kind": "alarm.button"}),
            "keys": asdict(keys),
        }
        self.keep(content)
        self.aside.replace(self.demo)
        return content

    def keep(self, content: dict[str, Any]) -> None:
        """Write the set-aside file, readable by its owner only."""
        fresh = self.aside.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        fresh.replace(self.aside)

    def forget(self) -> None:
        """Remove all of them."""
        for path in (self.demo, self.aside, self.clock):
            path.unlink(missing_ok=True)


def logins(keys: Keys) -> list[dict[str, str]]:
    """Who may sign in, and how."""
    names = {one.id: one.name for one in SOMEBODIES}
    return [
        {
            "login": one.login,
            "password": keys.logins[one.login],
            "role": one.role,
            "name": names[one.contact],
        }
        for one in ACCOUNTS
        if one.by_password
    ]
